"""Where an embedded server keeps its files, so that the account it runs as can reach them and no one else."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from deploy.local.identity import reachable, unprivileged
from deploy.local.process import Identity

_OWN = Path("/var/lib/lastro")
_COPIES = Path("/var/cache/lastro")
_ROOM = 4 << 30


def folder_for(home: Path, name: str, identity: Identity | None) -> Path:
    """`home`/`name`; if root's home cannot be entered by the server's user, a folder under /var/lib."""
    if identity is None or reachable(home.absolute(), identity):
        return home.absolute() / name
    return _OWN / str(home.absolute()).strip("/").replace("/", "-") / name


def give(folder: Path, identity: Identity | None) -> None:
    """Nobody but the server's user enters the folder."""
    folder.chmod(0o700)
    if identity is not None:
        os.chown(folder, identity.user, identity.group)


def throwaway_home() -> Path:
    """A new folder that the server's user can pass through, in memory where that has room."""
    home = Path(tempfile.mkdtemp(prefix="lastro-", dir=_memory_root() or temporary_root()))
    home.chmod(0o711)
    return home


def temporary_root() -> Path:
    """A short path (a socket's address ends at 107 bytes) that an unprivileged user can pass through."""
    chosen = Path(tempfile.gettempdir())
    return chosen if len(str(chosen)) < 60 and reachable(chosen, unprivileged(chosen)) else Path("/tmp")  # noqa: S108


def cached_copy(name: str, write: Callable[[Path], None]) -> Path:
    """/var/cache/lastro/`name`, written once by `write` into a folder that is then put there whole.

    Its name says its content, so it is never written again; two who write it at once are no trouble.
    """
    copy = _COPIES / name
    if copy.exists():
        return copy
    _COPIES.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(dir=_COPIES))
    building.chmod(0o755)
    write(building)
    try:
        building.rename(copy)
    except OSError:
        shutil.rmtree(building)
        if not copy.exists():
            raise
    return copy


def _memory_root() -> Path | None:
    """A file system in memory with room for a test run: databases are copied twenty times faster there."""
    memory = Path("/dev/shm")  # noqa: S108
    if not memory.is_dir() or not os.access(memory, os.W_OK | os.X_OK):
        return None
    return memory if shutil.disk_usage(memory).free > _ROOM else None
