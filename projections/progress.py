"""How far the read models are: waiting for one's own write, lag and parked streams for health and metrics."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from application.database import Database

COUNTED_LAG = 100_000
"""Lag beyond this many events is reported as this many: counting on would cost more than it tells."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.05


@dataclass(frozen=True, slots=True)
class ProjectionStatus:
    """One version of a read model. `lag_seconds` is the age of the oldest event not yet applied."""

    name: str
    version: int
    live: bool
    position: int
    lag_events: int
    lag_seconds: float
    parked_streams: int
    parked_events: int


@dataclass(frozen=True, slots=True)
class ParkedStream:
    """A stream that a model could not take further, with the first event that failed and why."""

    projection: str
    projection_version: int
    stream_id: UUID
    position: int
    topic: str
    reason: str
    events: int
    parked_at: datetime
    live: bool


def wait_for(
    database: Database, position: int, timeout: float = 5.0, names: Collection[str] | None = None
) -> bool:
    """Wait until the live read models (`names`, or all) show `position`; False after `timeout` seconds.

    This is how a page reads the write that led to it. A parked stream does not hold anyone up.
    """
    deadline = time.monotonic() + timeout
    pause = _FIRST_PAUSE
    while not _reached(database, position, names):
        if time.monotonic() >= deadline:
            return False
        time.sleep(min(pause, max(0.0, deadline - time.monotonic())))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
    return True


def facts_behind(database: Database, name: str) -> int:
    """How many facts a live model has still to show; those of other models are counted with them."""
    with database.autocommit() as connection:
        row = connection.execute(
            "SELECT greatest((SELECT max(position) FROM event) - position, 0)"
            " FROM projection WHERE live AND name = %s",
            (name,),
        ).fetchone()
    return row[0] if row is not None and row[0] is not None else 0


_STATUS = """
SELECT name, version, live, position, behind.events AS lag_events,
       coalesce(greatest(extract(epoch FROM clock_timestamp() - oldest.recorded_at), 0), 0)::float8
           AS lag_seconds,
       parked.streams AS parked_streams, parked.events AS parked_events
FROM projection
CROSS JOIN LATERAL (SELECT count(*) AS events FROM
                    (SELECT FROM event WHERE event.position > projection.position
                     ORDER BY event.position LIMIT %s) AS counted) AS behind
LEFT JOIN LATERAL (SELECT recorded_at FROM event WHERE event.position > projection.position
                   ORDER BY event.position LIMIT 1) AS oldest ON true
CROSS JOIN LATERAL (SELECT count(*) AS streams, coalesce(sum(events), 0)::bigint AS events
                    FROM projection_parked WHERE projection = name AND projection_version = version) AS parked
ORDER BY name, version
"""


def projection_statuses(database: Database) -> list[ProjectionStatus]:
    """Every installed version of every read model, by name and version."""
    rows = class_row(ProjectionStatus)
    with database.connection() as connection, connection.cursor(row_factory=rows) as cursor:
        return cursor.execute(_STATUS, (COUNTED_LAG,)).fetchall()


def parked_streams(database: Database, limit: int = 200, *, stream: UUID | None = None) -> list[ParkedStream]:
    """The parked streams of every build (or one stream), oldest failure first; `live` if readers see it."""
    query = (
        "SELECT parked.*, coalesce(live, false) AS live FROM projection_parked AS parked"
        " LEFT JOIN projection ON name = projection AND version = projection_version"
        " WHERE %s::uuid IS NULL OR stream_id = %s ORDER BY parked.position, projection, version LIMIT %s"
    )
    rows = class_row(ParkedStream)
    with database.connection() as connection, connection.cursor(row_factory=rows) as cursor:
        return cursor.execute(query, (stream, stream, limit)).fetchall()


def _reached(database: Database, position: int, names: Collection[str] | None) -> bool:
    query = (
        "SELECT count(*) FILTER (WHERE position < %s), count(*) FROM projection"
        " WHERE live AND (%s::text[] IS NULL OR name = ANY(%s::text[]))"
    )
    chosen = None if names is None else list(names)
    with database.connection() as connection:
        row = connection.execute(query, (position, chosen, chosen)).fetchone()
    assert row is not None, "an aggregate returns a row"
    behind, found = row
    return bool(behind == 0 and found >= (1 if chosen is None else len(chosen)))
