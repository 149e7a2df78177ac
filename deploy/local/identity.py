"""Who the embedded database runs as: root never, since PostgreSQL refuses it and would be right to."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path

from deploy.local.process import Identity

_CANDIDATES = ("lastro", "postgres", "nobody")
"""Accounts tried in this order when root starts us; `lastro` exists where an operator made it."""


def unprivileged(data: Path) -> Identity | None:
    """None when we are nobody special ourselves; for root, the owner of `data` or a system account."""
    if os.geteuid() != 0:
        return None
    try:
        owner = data.stat()
    except OSError:
        owner = None
    if owner is not None and owner.st_uid != 0:
        return Identity(owner.st_uid, owner.st_gid)
    for name in _CANDIDATES:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(account.pw_uid, account.pw_gid)
    raise RuntimeError("root may not run PostgreSQL and there is no account `nobody`: run as another user")


def reachable(path: Path, identity: Identity | None) -> bool:
    """Whether `identity` may pass through every folder down to `path` (those that exist)."""
    if identity is None:
        return True
    folders = [path, *path.parents]
    return all(_passable(folder, identity) for folder in folders if folder.exists())


def _passable(folder: Path, identity: Identity) -> bool:
    found = folder.stat()
    if found.st_uid == identity.user:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == identity.group:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)
