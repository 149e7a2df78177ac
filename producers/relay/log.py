"""What the relay asks of the log: is it still the one that was published, and how much is not yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from application.database import Database
from producers.relay.positions import Place
from producers.relay.problems import LogRestoredError

COUNTED_LAG = 100_000
"""Lag beyond this many facts is reported as this many."""

_BEHIND = """
SELECT (SELECT count(*) FROM (SELECT FROM event WHERE position > %(position)s
                              ORDER BY position LIMIT %(most)s) AS counted),
       coalesce((SELECT greatest(extract(epoch FROM clock_timestamp() - recorded_at), 0)::float8
                 FROM event WHERE position > %(position)s ORDER BY position LIMIT 1), 0)
"""


@dataclass(frozen=True, slots=True)
class Behind:
    """`seconds` is the age of the oldest fact that is not published."""

    events: int
    seconds: float


def require_same(database: Database, places: Iterable[Place], prefix: str) -> None:
    """Raise LogRestoredError if the log has not these very facts at these positions."""
    wanted = {place.position: place.event_id for place in places if place.event_id is not None}
    with database.autocommit() as connection:
        rows = connection.execute(
            "SELECT position, event_id FROM event WHERE position = ANY(%s)", [list(wanted)]
        ).fetchall()
    there: dict[int, UUID] = dict(rows)
    for position, event_id in sorted(wanted.items()):
        if there.get(position) != event_id:
            raise LogRestoredError(position, event_id, there.get(position), prefix)


def has_facts(database: Database, topics: list[str], until: int) -> bool:
    """Whether any fact of these topics was recorded up to a position."""
    with database.autocommit() as connection:
        row = connection.execute(
            "SELECT EXISTS (SELECT FROM event WHERE topic = ANY(%s) AND position <= %s)", (topics, until)
        ).fetchone()
    return row is not None and bool(row[0])


def behind(database: Database, position: int) -> Behind:
    """How much was recorded after a position."""
    with database.autocommit() as connection:
        row = connection.execute(_BEHIND, {"position": position, "most": COUNTED_LAG}).fetchone()
    assert row is not None
    return Behind(int(row[0]), float(row[1]))
