"""The private files of an installation in LASTRO_HOME: made once, readable by their owner alone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

MASTER_KEY = "master.key"
DEMO_PASSWORD = "demo-password"  # noqa: S105 - a file name


def kept(home: Path, name: str, make: Callable[[], str]) -> str:
    """What the file says; the first time, what `make` gives. Two processes at once agree on one."""
    path = home / name
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        _write_once(path, make())
    return path.read_text(encoding="ascii").strip()


def _write_once(path: Path, text: str) -> None:
    """Under its name the file is whole and on the disk, or it is not there: nobody reads half a key."""
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # only its owner reads it
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first
            os.link(draft, path)
    finally:
        os.unlink(draft)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """A new name is on the disk once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
