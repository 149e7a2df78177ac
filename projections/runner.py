"""The runner of one read model: pages up to the safe position, each committed with its checkpoint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from application.database import Connection
from application.event_store.reading import safe_position
from application.event_store.upcasters import UPCASTERS
from projections.checkpoint import OF_SHARD, OvertakenError, Shard, checkpoint
from projections.installation import build_indexes, install
from projections.page import Page, page_source, upcast_values
from projections.parking import (
    MANY,
    POISON,
    ProjectionBrokenError,
    cause_in,
    count_waiting,
    most_parked,
    park,
    reason_in,
)
from projections.projection import Projection, statements

PAGE = 10_000
"""Positions per page. The longest page takes about as long as a reader may wait for its own write."""

_LIVE_PAGE = 500
"""Pages up to this size repeat one prepared plan; a larger one is worth a plan of its own."""

log = structlog.get_logger(__name__)


class PoisonError(Exception):
    """A rebuild met a fact that it cannot apply. Correct the code, then ask for the rebuild again."""

    def __init__(self, position: int, topic: str, reason: str) -> None:
        super().__init__(f"position {position}, {topic}: {reason}")
        self.position = position
        self.topic = topic
        self.reason = reason


@dataclass(slots=True)
class _Work:
    """What a page has cost so far: streams parked while it was cut into pieces."""

    after: int
    until: int
    parked: int = 0
    most: int = MANY


class Runner:
    """Keeps one model at the log's end. Not thread-safe: one runner, one thread, one connection.

    Two runners of the same model, in one process or in two, exclude each other by the checkpoint's row: the
    second waits, finds the page done, and goes on behind it.

    `strict` raises PoisonError where a live model would park a stream. Once the tables are dropped, every
    call raises BuildGoneError. With a `shard` only its streams are applied, from its own checkpoint; when
    there are other shards than these, every call raises ShardsChangedError.
    """

    def __init__(
        self,
        projection: Projection,
        *,
        page_size: int = PAGE,
        strict: bool = False,
        shard: Shard | None = None,
    ) -> None:
        self.projection = projection
        self._shard = shard
        self._checkpoint = checkpoint(projection, shard)
        self.page_size = page_size
        self.strict = strict
        self._older = older_topics(projection)
        self._apply = statements(projection.apply) if isinstance(projection.apply, str) else ()
        self._position: int | None = None
        self._settled = False
        self._installed = False
        self._broken = False

    def resume(self) -> None:
        """Look again where the model stands: a crash of the database takes back what was not yet safe."""
        self._position = None
        self._settled = False

    def install(self, connection: Connection) -> None:
        """Create the tables if they are missing, and take up the checkpoint."""
        install(connection, self.projection)
        self.take_up(connection)

    def take_up(self, connection: Connection) -> None:
        """Take up the checkpoint of a build that is there; it is not made again once it is dropped."""
        self._position = self._checkpoint.read(connection)
        self._installed = True

    @property
    def position(self) -> int:
        """How far the model has come, as this runner knows."""
        return self._position or 0

    def run_to(self, connection: Connection, until: int) -> int:
        """Apply all pages up to `until`, no further than the safe position; return the position reached."""
        while self.page(connection, until):
            pass
        return self._position or 0

    def page(self, connection: Connection, until: int) -> bool:
        """Apply one page of the events up to `until`; False when there is nothing left to apply.

        `connection` is in autocommit mode. Raises what no single event can be blamed for.
        """
        if self._position is None:
            (self.take_up if self._installed else self.install)(connection)
        after = self._position or 0
        if after >= until:
            if not self._settled:
                build_indexes(connection, self.projection)
                self._settled = True
            return False
        upto = min(until, after + self.page_size)
        try:
            self._step(connection, after, upto, _Work(after, upto))
            self._broken = False
        except OvertakenError:
            self._position = self._checkpoint.read(connection)
        return True

    def _step(self, connection: Connection, after: int, until: int, work: _Work) -> None:
        try:
            self._apply_range(connection, after, until)
        except POISON as error:
            if self._broken:
                raise self._broken_by(error) from cause_in(self.projection, error)
            if until - after == 1:
                self._park(connection, until, error, work)
                return
            middle = (after + until) // 2
            self._step(connection, after, middle, work)
            self._step(connection, middle, until, work)

    def _apply_range(self, connection: Connection, after: int, until: int) -> None:
        with connection.transaction():
            parked = self._checkpoint.move(connection, after, until)
            page = self._cut(connection, after, until, parked=parked)
            if parked:
                count_waiting(connection, page, self._older, OF_SHARD if self._shard else "")
            if callable(self.projection.apply):
                self.projection.apply(connection, page)
            for statement in self._apply:
                page.execute(connection, statement)
            self._checkpoint.end(connection)
        self._position = until

    def _cut(self, connection: Connection, after: int, until: int, *, parked: bool) -> Page:
        values: dict[str, object] = {
            "after": after,
            "until": until,
            "topics": list(self.projection.topics),
            "name": self.projection.name,
            "model_version": self.projection.version,
            **(self._shard.values if self._shard else {}),
        }
        only = OF_SHARD if self._shard else ""
        upcast = (
            upcast_values(connection, values, self._older, parked=parked, only=only) if self._older else {}
        )
        return Page(
            after=after,
            until=until,
            source=page_source(parked=parked, upcast=bool(upcast), only=only),
            values={**values, **upcast},
            named=self.projection.named,
            prepare=until - after <= _LIVE_PAGE,
            older=self._older,
        )

    def _park(self, connection: Connection, position: int, error: Exception, work: _Work) -> None:
        if self.strict:
            raise poison(connection, self.projection, position, error) from cause_in(self.projection, error)
        work.parked += 1
        if work.parked == MANY + 1:
            work.most = most_parked(connection, self.projection, work.after, work.until, self._shard)
        if work.parked > work.most:
            self._broken = True
            raise self._broken_by(error) from cause_in(self.projection, error)
        with connection.transaction():
            self._checkpoint.move(connection, position - 1, position)
            park(connection, self.projection, position, error)
            self._checkpoint.end(connection)
        self._position = position
        log.error(
            "stream parked",
            projection=self.projection.name,
            position=position,
            reason=reason_in(self.projection, error),
        )

    def _broken_by(self, error: Exception) -> ProjectionBrokenError:
        return ProjectionBrokenError(f"{self.projection.name}: {reason_in(self.projection, error)}")


def older_topics(projection: Projection) -> list[str]:
    """Topics of older programs that become those of this model on their way into the page."""
    return [older for topic in projection.topics for older in UPCASTERS.sources(topic)[1:]]


def poison(connection: Connection, projection: Projection, position: int, error: Exception) -> PoisonError:
    """What is told of a fact that cannot be applied."""
    row = connection.execute("SELECT topic FROM event WHERE position = %s", (position,)).fetchone()
    return PoisonError(position, "?" if row is None else str(row[0]), reason_in(projection, error))


def catch_up(connection: Connection, runners: Iterable[Runner]) -> int:
    """Bring every model up to the safe position, once, and return that position."""
    until = safe_position(connection)
    for runner in runners:
        runner.run_to(connection, until)
    return until


def configure(connection: Connection) -> None:
    """Settings of a connection that only feeds read models.

    A page and its checkpoint are lost or kept together, so that a commit need not wait for the disk. Plans go
    from the page to the rows by key: a plan is kept, and the statistics of a table that has just been filled
    still say that it is empty.
    """
    for setting in ("synchronous_commit", "jit", "enable_hashjoin", "enable_mergejoin", "enable_seqscan"):
        connection.execute(f"SET {setting} = off")
    connection.execute("SET work_mem = '64MB'")
