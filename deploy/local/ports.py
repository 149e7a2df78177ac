"""Ports of this machine that can be listened on now."""

from __future__ import annotations

import contextlib
import fcntl
import socket

_BACKLOG = 2048


def probe(host: str, port: int) -> int:
    """The port, or any for 0, if it can be listened on. Raises OSError, with what the system says, if not."""
    with _bound(host, port) as listener:
        return int(listener.getsockname()[1])


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there, or on any port for 0: nobody else gets the port until it is closed.

    Raises OSError, with what the system says.
    """
    listener = _bound(host, port, listens=True)
    if listener.fileno() > 2:
        return listener
    with listener:  # where standard files are closed: a child would take it for one of them
        return socket.socket(fileno=fcntl.fcntl(listener, fcntl.F_DUPFD_CLOEXEC, 3))


def any_free(host: str, preferred: int = 0, *, not_this: int = 0) -> int:
    """`preferred` if it can be listened on, else a port that can."""
    if preferred != not_this:
        with contextlib.suppress(OSError):
            return probe(host, preferred)
    while (found := probe(host, 0)) == not_this:
        pass
    return found


def _bound(host: str, port: int, *, listens: bool = False) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        if listens:  # of two that are bound, the first one to listen has the port
            listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener
