"""Whether a port can be listened on, asked before anything is started that would have to stop again."""

from __future__ import annotations

import socket


class PortTakenError(Exception):
    """The address cannot be listened on: stop what does, or choose another port."""


def require_free(host: str, port: int) -> None:
    """Raise PortTakenError, with what the system says, if the port cannot be listened on now."""
    try:
        _probe(host, port)
    except OSError as error:
        raise PortTakenError(
            f"cannot listen on {host}, port {port} ({error.strerror}): stop what uses it, or give"
            " another --port"
        ) from error


def free_port(preferred: int) -> int:
    """The preferred port of this machine if it is free, else any that is."""
    try:
        return _probe("127.0.0.1", preferred)
    except OSError:
        return _probe("127.0.0.1", 0)


def _probe(host: str, port: int) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return int(probe.getsockname()[1])
