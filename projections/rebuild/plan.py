"""The plan of a bulk load: up to which position, and which streams at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import class_row

from application.database import Connection
from application.event_store.reading import safe_position
from projections.builds import State, advance
from projections.installation import create_tables, lock_installation
from projections.projection import Projection
from projections.rebuild.lanes import create_lanes
from projections.runner import older_topics

RANGE_EVENTS = 20_000
"""Events of a range: a second's work, and what is done again after a crash."""

_SAMPLED_BLOCKS = 3_000
_LAST = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class Range:
    """Streams from one id to another, both included. `events` is an estimate."""

    number: int
    first_stream: UUID
    last_stream: UUID
    events: int
    done: bool


def start(connection: Connection, projection: Projection, range_events: int = RANGE_EVENTS) -> None:
    """Create the build's tables and its plan, in one transaction: a crash leaves all of it or nothing."""
    base = safe_position(connection)
    ranges = _ranges(connection, projection, range_events) if projection.by_stream else []
    with connection.transaction():
        lock_installation(connection)
        if not advance(connection, projection, State.ASKED, State.LOADING):
            return
        create_tables(connection, projection)
        create_lanes(connection, projection)
        key = (projection.name, projection.version)
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO projection_range (name, version, number, first_stream, last_stream, events)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                [(*key, each.number, each.first_stream, each.last_stream, each.events) for each in ranges],
            )
        events = sum(each.events for each in ranges) or _sample(connection, projection)[1]
        connection.execute(
            "UPDATE projection_build SET base = %s, events = %s, started_at = now()"
            " WHERE name = %s AND version = %s",
            (base, events, *key),
        )


def ranges_of(connection: Connection, projection: Projection) -> list[Range]:
    """The ranges of a build that is being loaded, and which of them are done."""
    query = (
        "SELECT number, first_stream, last_stream, events, done_at IS NOT NULL AS done FROM projection_range"
        " WHERE name = %s AND version = %s ORDER BY number"
    )
    with connection.cursor(row_factory=class_row(Range)) as cursor:
        return cursor.execute(query, (projection.name, projection.version)).fetchall()


def _ranges(connection: Connection, projection: Projection, range_events: int) -> list[Range]:
    """Cut the ids where a sample says that so many events lie between them."""
    streams, events = _sample(connection, projection)
    count = max(1, min(len(streams), round(events / range_events)))
    cuts = [streams[len(streams) * number // count] for number in range(1, count)]
    return [
        Range(number, first, last, events // count, done=False)
        for number, (first, last) in enumerate(_between(sorted(set(cuts))))
    ]


def _between(cuts: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    firsts = [UUID(int=0), *cuts]
    lasts = [*(UUID(int=cut.int - 1) for cut in cuts), _LAST]
    return list(zip(firsts, lasts, strict=True))


def _sample(connection: Connection, projection: Projection) -> tuple[list[UUID], int]:
    """The streams of a sample of the model's events, in order, and about how many events there are in all.

    A long log is sampled by blocks, a short one read whole.
    """
    topics = [*projection.topics, *older_topics(projection)]
    row = connection.execute(
        "SELECT least(100.0, 100.0 * %s / greatest(pg_relation_size('event')"
        " / current_setting('block_size')::integer, 1))::float8",
        (_SAMPLED_BLOCKS,),
    ).fetchone()
    assert row is not None, "a SELECT without FROM returns a row"
    percent = float(row[0])
    rows = connection.execute(
        "SELECT stream_id FROM event TABLESAMPLE SYSTEM (%s) WHERE topic = ANY(%s) ORDER BY stream_id",
        (percent, topics),
    ).fetchall()
    return [stream for (stream,) in rows], round(len(rows) * 100 / percent)
