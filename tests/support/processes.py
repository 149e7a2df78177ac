"""Looks at the processes of this machine, and waits for a condition with a deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psutil


def eventually(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll until `condition` holds; fail with `what` when the time is over."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        pause.wait(0.02)


def command_lines(part: str) -> list[str]:
    """The command lines of all live processes that mention `part`."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = " ".join(process.info["cmdline"] or [])
        if part in line and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(line)
    return found


def alive(pid: int) -> bool:
    """Whether the process runs: a zombie does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
