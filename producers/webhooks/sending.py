"""One attempt to hand over a message by HTTP: to a checked address, within bounds, and no further."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
import h11
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from application.webhooks.addresses import Target, WebhookUrlInvalidError, parse_target, refusal_of

type Resolve = Callable[[str, int], Sequence[str]]
"""The IP addresses of a host name; blocks, and raises OSError."""

type Headers = Sequence[tuple[str, str]]

_MOST_ADDRESSES = 4
_MOST_HEADERS = 32 * 1024
_MOST_BODY = 4 * 1024
"""Of an answer: the rest is never read."""

_EXCERPT = 500
_RECEIVE = 8 * 1024
_RESOLVERS = 64


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `status` None: no answer, and `reason` says why; `reason` beside a status: why it does
    not count. `retry_after` is the header as it came."""

    status: int | None
    reason: str | None
    latency_ms: int
    excerpt: str = ""
    retry_after: str | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the other side took the message over."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long an attempt may take, in seconds."""

    connect: float = 5.0
    total: float = 15.0


@dataclass(slots=True)
class _Exchange:
    """What is known so far: an answer that drips on after its status is one."""

    status: int | None = None
    retry_after: str | None = None
    body: bytearray = field(default_factory=bytearray)


class _RefusedError(Exception):
    """Nothing was sent; the message is a code."""


def system_resolver(host: str, port: int) -> list[str]:
    """As the machine resolves names."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(entry[4][0]) for entry in found]


class Sender:
    """Sends from an event loop; one instance for many endpoints at once. Follows no redirect."""

    def __init__(
        self,
        *,
        agent: str,
        allow_private: bool = False,
        resolve: Resolve = system_resolver,
        trust: ssl.SSLContext | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        self._agent = agent
        self._allow_private = allow_private
        self._resolve = resolve
        self._trust = trust or ssl.create_default_context()
        self._bounds = bounds or Bounds()
        self._resolvers = anyio.CapacityLimiter(_RESOLVERS)

    async def send(self, url: str, headers: Headers, body: bytes) -> Answer:
        """POST once. Raises nothing that the other side, or the way there, has done."""
        started = time.monotonic()
        exchange = _Exchange()
        reason = None
        try:
            with anyio.fail_after(self._bounds.total):
                await self._post(
                    parse_target(url, allow_private=self._allow_private), headers, body, exchange
                )
        except Exception as error:
            reason = _reason(error)
            if reason is None:
                raise
        milliseconds = int((time.monotonic() - started) * 1000)
        if exchange.status is None:
            return Answer(None, reason or "closed", milliseconds)
        reason = "redirect" if 300 <= exchange.status < 400 else None
        return Answer(
            exchange.status, reason, milliseconds, _excerpt(bytes(exchange.body)), exchange.retry_after
        )

    async def _post(self, target: Target, headers: Headers, body: bytes, exchange: _Exchange) -> None:
        addresses = await self._checked(target)
        stream = await self._connected(target, addresses)
        try:
            connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEADERS)
            own = (
                ("Host", target.authority),
                ("User-Agent", self._agent),
                ("Connection", "close"),
                ("Content-Length", str(len(body))),
            )
            request = h11.Request(method="POST", target=target.path, headers=[*own, *headers])
            for event in (request, h11.Data(data=body), h11.EndOfMessage()):
                await stream.send(connection.send(event) or b"")
            await _answered(connection, stream, exchange)
        finally:
            await anyio.aclose_forcefully(stream)

    async def _checked(self, target: Target) -> list[str]:
        """Where the host is now; refused whole if one of its addresses is inside. Raises _RefusedError."""
        if refusal_of(target.host, allow_private=True) is None:
            addresses = [target.host]
        else:
            found = await anyio.to_thread.run_sync(
                self._resolve, target.host, target.port, abandon_on_cancel=True, limiter=self._resolvers
            )
            addresses = list(dict.fromkeys(found))
        if not addresses:
            raise _RefusedError("unresolved")
        if any(refusal_of(each, allow_private=self._allow_private) for each in addresses):
            raise _RefusedError("address_refused")
        return addresses[:_MOST_ADDRESSES]

    async def _connected(self, target: Target, addresses: Sequence[str]) -> ByteStream:
        """To a checked address itself: the name is not asked for again, the certificate has to bear it."""
        stream = None
        for number, address in enumerate(addresses, start=1):
            try:
                with anyio.fail_after(self._bounds.connect):
                    stream = await anyio.connect_tcp(address, target.port)
                    break
            except (OSError, TimeoutError):
                if number == len(addresses):
                    raise
        assert stream is not None
        if target.scheme == "http":
            return stream
        try:
            return await TLSStream.wrap(
                stream, hostname=target.host, ssl_context=self._trust, standard_compatible=False
            )
        except BaseException:
            await anyio.aclose_forcefully(stream)
            raise


async def _answered(connection: h11.Connection, stream: ByteStream, exchange: _Exchange) -> None:
    while True:
        event: Any = connection.next_event()
        if event is h11.NEED_DATA:
            try:
                connection.receive_data(await stream.receive(_RECEIVE))
            except anyio.EndOfStream:
                connection.receive_data(b"")
        elif isinstance(event, h11.Response):
            exchange.status = event.status_code
            asked = dict(event.headers).get(b"retry-after", b"")
            exchange.retry_after = asked.decode("latin-1") or None
        elif isinstance(event, h11.Data):
            exchange.body += bytes(event.data[: _MOST_BODY - len(exchange.body)])
            if len(exchange.body) >= _MOST_BODY:
                return
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            return


def _reason(error: Exception) -> str | None:
    """A code for what went wrong outside; None for a mistake of ours."""
    match error:
        case TimeoutError():
            return "timeout"
        case _RefusedError():
            return str(error)
        case WebhookUrlInvalidError():
            return "address_refused"
        case socket.gaierror() | UnicodeError():
            return "unresolved"
        case ssl.SSLCertVerificationError():
            return "certificate"
        case ssl.SSLError():
            return "tls"
        case h11.RemoteProtocolError():
            return "protocol"
        case anyio.BrokenResourceError() | anyio.EndOfStream() | ConnectionResetError() | BrokenPipeError():
            return "closed"
        case OSError():
            return "unreachable"
        case _:
            return None


def _excerpt(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text).strip()[:_EXCERPT]
