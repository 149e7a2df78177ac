"""Ports of this machine that can be listened on now."""

from __future__ import annotations

import contextlib
import socket


def probe(host: str, port: int) -> int:
    """The port, or any for 0, if it can be listened on. Raises OSError, with what the system says, if not."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        return int(listener.getsockname()[1])


def any_free(host: str, preferred: int = 0, *, not_this: int = 0) -> int:
    """`preferred` if it can be listened on, else a port that can."""
    if preferred != not_this:
        with contextlib.suppress(OSError):
            return probe(host, preferred)
    while (found := probe(host, 0)) == not_this:
        pass
    return found
