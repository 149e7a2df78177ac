"""SIGTERM, SIGINT and SIGHUP ask a process to end in order; a second one does not interrupt that."""

from __future__ import annotations

import signal
from threading import Event

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def stop_on_signals() -> Event:
    """An event that is set by the first of them. For the main thread."""
    stopping = Event()
    for one in SIGNALS:
        signal.signal(one, lambda *_: stopping.set())
    return stopping
