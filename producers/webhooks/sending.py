"""One attempt to hand over a message by HTTP: within bounds, and no further than to the checked address."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
import h11
from anyio.abc import ByteStream

from application.webhooks.addresses import Target, WebhookUrlInvalidError, parse_target
from producers.webhooks.connecting import Connector, RefusedError, Resolve, system_resolver

type Headers = Sequence[tuple[str, str]]

_MOST_HEADERS = 32 * 1024
_MOST_BODY = 4 * 1024
"""Of an answer: the rest is never read."""

_EXCERPT = 500
_RECEIVE = 8 * 1024
_IDLE_SECONDS = 10.0
"""A connection is used again within so long: what it leads to was checked as lately."""

_MOST_IDLE = 64


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


@dataclass(slots=True)
class _Line:
    """A connection, and how far the talk on it has got."""

    stream: ByteStream
    talk: h11.Connection
    idle_since: float = 0.0

    def is_reusable(self) -> bool:
        """Whether the answer came whole, with nothing behind it, and both sides go on."""
        return (
            self.talk.our_state is h11.DONE
            and self.talk.their_state is h11.DONE
            and self.talk.trailing_data == (b"", False)
        )


class Sender:
    """Sends from one event loop, for many endpoints at once. Follows no redirect. To be closed."""

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
        self._bounds = bounds or Bounds()
        self._connector = Connector(
            resolve,
            trust or ssl.create_default_context(),
            allow_private=allow_private,
            seconds=self._bounds.connect,
        )
        self._idle: dict[tuple[str, str, int], _Line] = {}

    async def send(self, url: str, headers: Headers, body: bytes) -> Answer:
        """POST once. Raises nothing that the other side, or the way there, has done."""
        started = time.monotonic()
        exchange = _Exchange()
        reason = None
        try:
            with anyio.fail_after(self._bounds.total):
                target = parse_target(url, allow_private=self._allow_private)
                await self._post(target, headers, body, exchange)
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

    async def tidy(self) -> None:
        """Close what was not used for a while."""
        late = time.monotonic() - _IDLE_SECONDS
        for key in [key for key, line in self._idle.items() if line.idle_since < late]:
            await anyio.aclose_forcefully(self._idle.pop(key).stream)

    async def aclose(self) -> None:
        """Close what is kept open."""
        while self._idle:
            _, line = self._idle.popitem()
            await anyio.aclose_forcefully(line.stream)

    async def _post(self, target: Target, headers: Headers, body: bytes, exchange: _Exchange) -> None:
        own = (("Host", target.authority), ("User-Agent", self._agent), ("Content-Length", str(len(body))))
        request = h11.Request(method="POST", target=target.path, headers=[*own, *headers])
        kept = await self._kept(target)
        if kept is not None:
            try:
                await self._talked(target, kept, request, body, exchange)
            except (anyio.BrokenResourceError, h11.RemoteProtocolError, OSError):
                if exchange.status is not None:
                    raise
            if exchange.status is not None:
                return  # else it was closed meanwhile: once more, on a new one
        stream = await self._connector.connect(target)
        line = _Line(stream, h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEADERS))
        await self._talked(target, line, request, body, exchange)

    async def _talked(
        self, target: Target, line: _Line, request: h11.Request, body: bytes, exchange: _Exchange
    ) -> None:
        whole = False
        try:
            for event in (request, h11.Data(data=body), h11.EndOfMessage()):
                await line.stream.send(line.talk.send(event) or b"")
            await _answered(line, exchange)
            whole = line.is_reusable() and len(self._idle) < _MOST_IDLE
        finally:
            if not whole:
                await anyio.aclose_forcefully(line.stream)
        if whole:
            line.talk.start_next_cycle()
            line.idle_since = time.monotonic()
            await self._keep(target, line)

    async def _keep(self, target: Target, line: _Line) -> None:
        key = (target.scheme, target.host, target.port)
        other, self._idle[key] = self._idle.get(key), line
        if other is not None:
            await anyio.aclose_forcefully(other.stream)

    async def _kept(self, target: Target) -> _Line | None:
        """One that leads there, if it is fresh."""
        await self.tidy()
        return self._idle.pop((target.scheme, target.host, target.port), None)


async def _answered(line: _Line, exchange: _Exchange) -> None:
    while True:
        event: Any = line.talk.next_event()
        if event is h11.NEED_DATA:
            try:
                line.talk.receive_data(await line.stream.receive(_RECEIVE))
            except anyio.EndOfStream:
                line.talk.receive_data(b"")
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
        case RefusedError():
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
