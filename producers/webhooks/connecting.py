"""Connects to where a host is now, once every address of it was checked; the name is not asked for twice."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence

import anyio
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from application.webhooks.addresses import Target, refusal_of

type Resolve = Callable[[str, int], Sequence[str]]
"""The IP addresses of a host name; blocks, and raises OSError."""

_MOST_ADDRESSES = 4
_RESOLVERS = 64


class RefusedError(Exception):
    """Nothing was connected to; the message is a code (`unresolved`, `address_refused`)."""


def system_resolver(host: str, port: int) -> list[str]:
    """As the machine resolves names."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(entry[4][0]) for entry in found]


class Connector:
    """For one event loop."""

    def __init__(
        self, resolve: Resolve, trust: ssl.SSLContext, *, allow_private: bool, seconds: float
    ) -> None:
        self._resolve = resolve
        self._trust = trust
        self._allow_private = allow_private
        self._seconds = seconds
        self._resolvers = anyio.CapacityLimiter(_RESOLVERS)

    async def connect(self, target: Target) -> ByteStream:
        """A stream to one of its addresses; over TLS the certificate has to bear its name.

        Raises RefusedError, TimeoutError, OSError, ssl.SSLError.
        """
        stream = await self._reached(await self._checked(target), target.port)
        if target.scheme == "http":
            return stream
        try:
            return await TLSStream.wrap(
                stream, hostname=target.host, ssl_context=self._trust, standard_compatible=False
            )
        except BaseException:
            await anyio.aclose_forcefully(stream)
            raise

    async def _checked(self, target: Target) -> list[str]:
        """Refused whole if one of the addresses is inside."""
        if refusal_of(target.host, allow_private=True) is None:
            addresses = [target.host]
        else:
            found = await anyio.to_thread.run_sync(
                self._resolve, target.host, target.port, abandon_on_cancel=True, limiter=self._resolvers
            )
            addresses = list(dict.fromkeys(found))
        if not addresses:
            raise RefusedError("unresolved")
        if any(refusal_of(each, allow_private=self._allow_private) for each in addresses):
            raise RefusedError("address_refused")
        return addresses[:_MOST_ADDRESSES]

    async def _reached(self, addresses: Sequence[str], port: int) -> ByteStream:
        for address in addresses[:-1]:
            try:
                with anyio.fail_after(self._seconds):
                    return await anyio.connect_tcp(address, port)
            except (OSError, TimeoutError):
                continue
        with anyio.fail_after(self._seconds):
            return await anyio.connect_tcp(addresses[-1], port)
