"""The private files of an installation in LASTRO_HOME: made once, readable by their owner alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

MASTER_KEY = "master.key"
DEMO_PASSWORD = "demo-password"  # noqa: S105 - a file name


def kept(home: Path, name: str, make: Callable[[], str]) -> str:
    """What the file says; the first time, what `make` gives. Two processes at once agree on one."""
    path = home / name
    try:
        home.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        text = make()
        file.write(f"{text}\n")
    return text
