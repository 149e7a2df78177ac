"""Whether a port can be listened on, asked before anything is started that would have to stop again."""

from __future__ import annotations

from deploy.local.ports import any_free, probe


class PortTakenError(Exception):
    """The address cannot be listened on: stop what does, or choose another port."""


def require_free(host: str, port: int) -> None:
    """Raise PortTakenError, with what the system says, if the port cannot be listened on now."""
    try:
        probe(host, port)
    except OSError as error:
        raise PortTakenError(
            f"cannot listen on {host}, port {port} ({error.strerror}): stop what uses it, or give"
            " another --port"
        ) from error


def free_port(preferred: int) -> int:
    """The preferred port of this machine if it is free, else any that is."""
    return any_free("127.0.0.1", preferred)
