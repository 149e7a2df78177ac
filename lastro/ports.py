"""Ports that a process listens on, asked before anything is started that would have to stop again."""

from __future__ import annotations

import errno
import socket

from deploy.local.ports import listening, probe


class PortTakenError(Exception):
    """The address cannot be listened on: stop what does, or choose another port."""


class SocketUnusableError(Exception):
    """What `--socket` names is no socket that listens: whoever starts `lastro web` hands an open one on."""


def require_free(host: str, port: int) -> None:
    """Raise PortTakenError, with what the system says, if the port cannot be listened on now."""
    try:
        probe(host, port)
    except OSError as error:
        raise _taken(host, port, error) from error


def held(host: str, port: int) -> socket.socket:
    """The port, held until the socket is closed. Raises PortTakenError."""
    try:
        return listening(host, port)
    except OSError as error:
        raise _taken(host, port, error) from error


def held_or_any(host: str, preferred: int) -> socket.socket:
    """The preferred port if it is free, else any that is, likewise. Raises PortTakenError."""
    try:
        return listening(host, preferred)
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            return held(host, 0)
        raise _taken(host, preferred, error) from error


def handed_on(number: int) -> socket.socket:
    """The socket that whoever started this process opened for it. Raises SocketUnusableError."""
    try:
        found = socket.socket(fileno=number)
    except OSError as error:
        raise SocketUnusableError(f"{number} is no socket of this process ({error.strerror})") from error
    is_tcp = found.type == socket.SOCK_STREAM and found.family in (socket.AF_INET, socket.AF_INET6)
    if is_tcp and found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        found.set_inheritable(False)
        return found
    found.detach()
    raise SocketUnusableError(f"{number} is a socket that does not listen for TCP")


def _taken(host: str, port: int, error: OSError) -> PortTakenError:
    return PortTakenError(
        f"cannot listen on {host}, port {port} ({error.strerror}): stop what uses it, or give another --port"
    )
