"""Tells open pages and feeds that the log has moved: one poll per process, however many follow it.

A follower is told of a position only when the read models that pages show have reached it, so that
the page it then asks for has the change.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import anyio
import structlog
from anyio import to_thread
from psycopg import OperationalError

from projections.shown import moved_streams, shown_position
from web.metrics import RequestMetrics
from web.services import Services

POLL_SECONDS = 0.4
_MOST_STREAMS = 2_000
_KEPT_CHANGES = 64
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """What became visible between two polls. `streams` None: too many to name, look again at everything."""

    after: int
    position: int
    streams: frozenset[tuple[UUID, UUID | None]] | None


async def until_lost(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The stream, ended in order when the database goes: its reader comes back with the last id it has."""
    try:
        async for message in stream:
            yield message
    except OperationalError as error:
        _log.warning("a stream ended without database", error=type(error).__name__)


class LiveHub:
    """Polls while somebody follows. `stopping` ends every stream, so that the server can stop in time."""

    def __init__(self, services: Services, metrics: RequestMetrics) -> None:
        self._services = services
        self._metrics = metrics
        self._followers = 0
        self._position = 0
        self._changes: deque[Change] = deque(maxlen=_KEPT_CHANGES)
        self._stopping = False
        self._moved: anyio.Event | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Poll as long as the block lasts, then let every follower go."""
        self._moved = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._poll)
            try:
                yield
            finally:
                self.stop()
                tasks.cancel_scope.cancel()

    def is_stopping(self) -> bool:
        """Whether streams must end."""
        return self._stopping

    def stop(self) -> None:
        """End every stream now."""
        self._stopping = True
        self._wake()

    def _wake(self) -> None:
        if self._moved is not None:
            self._moved.set()
            self._moved = anyio.Event()

    async def _poll(self) -> None:
        while not self.is_stopping():
            await anyio.sleep(POLL_SECONDS)
            if self._followers == 0:
                continue
            try:
                change = await to_thread.run_sync(self._look, self._position)
            except Exception as error:
                _log.warning("the log was not looked at", error=str(error))
                continue
            if change is not None:
                self.see(change)

    def see(self, change: Change) -> None:
        """Remember a change, the next in order, and wake who waits for it."""
        self._position = change.position
        self._changes.append(change)
        self._wake()

    def _look(self, after: int) -> Change | None:
        position = shown_position(self._services.database)
        if position <= after:
            return None
        if after == 0:
            return Change(position, position, frozenset())
        return Change(after, position, moved_streams(self._services.database, after, position, _MOST_STREAMS))

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Counts a follower for the length of the block."""
        self._followers += 1
        self._metrics.live_pages.inc()
        try:
            yield
        finally:
            self._followers -= 1
            self._metrics.live_pages.dec()

    async def wait(self, seconds: float) -> None:
        """Until the log moves, the server stops, or the time is over."""
        moved = self._moved
        if self.is_stopping() or moved is None:
            return
        with anyio.move_on_after(seconds):
            await moved.wait()

    def since(self, position: int) -> Change | None:
        """All that became visible after a position; None when nothing did."""
        if position >= self._position:
            return None
        if position < (self._changes[0].after if self._changes else self._position):
            return Change(position, self._position, None)
        parts = [change.streams for change in self._changes if change.position > position]
        if any(part is None for part in parts):
            return Change(position, self._position, None)
        return Change(position, self._position, frozenset().union(*(part for part in parts if part)))
