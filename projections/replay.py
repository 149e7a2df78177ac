"""Replay of parked streams: what waits is applied in order, as if it had never failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import structlog

from application.database import Connection
from application.event_store.upcasters import UPCASTERS
from projections.builds import build
from projections.checkpoint import hold_stream
from projections.page import Page, stream_source, upcast_values
from projections.parking import POISON, reason_in
from projections.projection import Projection, statements

CHUNK = 10_000
"""Events of one stream that are folded at once."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one parked stream in one model.

    `applied` events went through; `waiting` is 0, or how many wait still behind `position`, and `reason` why.
    """

    projection: str
    projection_version: int
    stream_id: UUID
    applied: int
    waiting: int
    position: int | None
    topic: str | None
    reason: str | None

    @property
    def is_whole(self) -> bool:
        """Whether the rows are what they would be had nothing ever failed."""
        return self.waiting == 0


def replay_all(
    connection: Connection, models: Iterable[Projection], stream: UUID | None = None
) -> Iterator[Replayed]:
    """Replay what every build of these models has parked (or one stream of it), build by build.

    By the code as it is now, where its rows fit the build's tables: it is the code that was corrected. Else
    by the definition that the build was made from.
    """
    by_name = {model.name: model for model in models}
    parked = connection.execute(
        "SELECT DISTINCT projection, projection_version FROM projection_parked"
        " WHERE projection = ANY(%s) AND (%s::uuid IS NULL OR stream_id = %s) ORDER BY 1, 2",
        (list(by_name), stream, stream),
    ).fetchall()
    for name, version in parked:
        projection = _for_build(connection, by_name[name], version)
        if projection is not None:
            yield from replay_parked(connection, projection, stream)


def _for_build(connection: Connection, model: Projection, version: int) -> Projection | None:
    found = build(connection, model.name, version)
    if found is None:
        return None
    made = found.bound(model)
    if made is None or _fits(made, model):
        return replace(model, version=version)
    return made


def _fits(made: Projection, model: Projection) -> bool:
    return (made.table, made.tables, set(made.topics)) == (model.table, model.tables, set(model.topics))


def replay_parked(
    connection: Connection, projection: Projection, stream: UUID | None = None
) -> Iterator[Replayed]:
    """Replay the streams that this version of the model has parked (or one of them), oldest failure first.

    `connection` is in autocommit mode: each stream is a transaction of its own, which holds the model's
    runner back. What is parked while this runs is left for the next call. Raises what no event can be
    blamed for.
    """
    parked = connection.execute(
        "SELECT stream_id FROM projection_parked WHERE projection = %s AND projection_version = %s"
        " AND (%s::uuid IS NULL OR stream_id = %s) ORDER BY position",
        (projection.name, projection.version, stream, stream),
    ).fetchall()
    for (stream_id,) in parked:
        replayed = replay_stream(connection, projection, stream_id)
        if replayed is not None:
            yield replayed


def replay_stream(connection: Connection, projection: Projection, stream: UUID) -> Replayed | None:
    """Apply what waits in one stream; at an event that fails again it stays parked, with the new reason.

    None when it is not parked (any more): another replay was faster.
    """
    with connection.transaction():
        # The checkpoint's row first, as the runner does: no event of the stream may slip in between.
        reached = hold_stream(connection, projection, stream)
        parked = connection.execute(
            "DELETE FROM projection_parked WHERE projection = %s AND projection_version = %s"
            " AND stream_id = %s RETURNING position, parked_at",
            (projection.name, projection.version, stream),
        ).fetchone()
        if reached is None or parked is None:
            return None
        replay = _Replay(connection, projection, stream)
        positions = replay.waiting(parked[0], reached)
        error = replay.advance(positions)
        replayed = replay.outcome(positions, error)
        if error is not None:
            _park_again(connection, replayed, parked[1])
    log.info(
        "stream replayed" if replayed.is_whole else "stream stays parked",
        projection=projection.name,
        stream=str(stream),
        applied=replayed.applied,
        reason=replayed.reason,
    )
    return replayed


class _Replay:
    def __init__(self, connection: Connection, projection: Projection, stream: UUID) -> None:
        self._connection = connection
        self._projection = projection
        self._stream = stream
        self._older = [older for topic in projection.topics for older in UPCASTERS.sources(topic)[1:]]
        self._applied = 0

    def waiting(self, first: int, last: int) -> list[int]:
        """The positions of what the model wants of the stream, from the failed event to its checkpoint."""
        rows = self._connection.execute(
            "SELECT position FROM event WHERE stream_id = %s AND position >= %s AND position <= %s"
            " AND topic = ANY(%s) ORDER BY position",
            (self._stream, first, last, [*self._projection.topics, *self._older]),
        )
        return [position for (position,) in rows]

    def advance(self, positions: Sequence[int]) -> Exception | None:
        """Apply these events up to the first that fails, and answer why it does."""
        for start in range(0, len(positions), CHUNK):
            error = self._step(positions[start : start + CHUNK])
            if error is not None:
                return error
        return None

    def outcome(self, positions: Sequence[int], error: Exception | None) -> Replayed:
        """What is to be told."""
        failed = None if error is None else positions[self._applied]
        row = self._connection.execute("SELECT topic FROM event WHERE position = %s", [failed]).fetchone()
        return Replayed(
            projection=self._projection.name,
            projection_version=self._projection.version,
            stream_id=self._stream,
            applied=self._applied,
            waiting=len(positions) - self._applied,
            position=failed,
            topic=None if row is None else str(row[0]),
            reason=None if error is None else reason_in(self._projection, error),
        )

    def _step(self, positions: Sequence[int]) -> Exception | None:
        try:
            with self._connection.transaction():
                self._apply(positions[0] - 1, positions[-1])
        except POISON as error:
            if len(positions) == 1:
                return error
            middle = len(positions) // 2
            return self._step(positions[:middle]) or self._step(positions[middle:])
        self._applied += len(positions)
        return None

    def _apply(self, after: int, until: int) -> None:
        page = self._page(after, until)
        apply = self._projection.apply
        if callable(apply):
            apply(self._connection, page)
            return
        for statement in statements(apply):
            page.execute(self._connection, statement)

    def _page(self, after: int, until: int) -> Page:
        values: dict[str, object] = {
            "after": after,
            "until": until,
            "topics": list(self._projection.topics),
            "stream": self._stream,
        }
        upcast = upcast_values(self._connection, values, self._older, parked=False) if self._older else {}
        return Page(
            after=after,
            until=until,
            source=stream_source(upcast=bool(upcast)),
            values={**values, **upcast},
            named=self._projection.named,
            older=self._older,
        )


def _park_again(connection: Connection, replayed: Replayed, parked_at: object) -> None:
    connection.execute(
        "INSERT INTO projection_parked"
        " (projection, projection_version, stream_id, position, topic, reason, events, parked_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            replayed.projection,
            replayed.projection_version,
            replayed.stream_id,
            replayed.position,
            replayed.topic,
            replayed.reason,
            replayed.waiting,
            parked_at,
        ),
    )
