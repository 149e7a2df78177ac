"""One instant for two builds: both at the same position, seen by as many connections as wanted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from psycopg import sql

from application.database import Connection, Database
from projections.feeder import Feeder, hold
from projections.projection import Projection
from projections.runner import configure

_TRIES = 500
_PAUSE_SECONDS = 0.01


class BuildsNotLevelError(Exception):
    """The two builds could not be brought to one position: both are far behind, or fail. See their status."""


@dataclass(frozen=True, slots=True)
class Level:
    """Connections inside one snapshot in which both builds stand at `position`. Feeding goes on meanwhile."""

    position: int
    connections: tuple[Connection, ...]


@contextmanager
def level(database: Database, pair: tuple[Projection, Projection], count: int = 2) -> Iterator[Level]:
    """Bring two builds to one position, and open `count` connections that see them there."""
    with ExitStack() as stack:
        connections = [stack.enter_context(database.dedicated()) for _ in range(count)]
        feeder = stack.enter_context(database.dedicated())
        configure(feeder)
        position, snapshot = _meet(feeder, connections[0], pair)
        for connection in connections[1:]:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(snapshot))
        yield Level(position, tuple(connections))


def _meet(feeder: Connection, first: Connection, pair: tuple[Projection, Projection]) -> tuple[int, str]:
    """Hold both checkpoints for a moment; unless they agree, let go and feed the one that is behind."""
    feeders = [Feeder(each) for each in pair]
    for one in feeders:
        one.take_up(feeder)
    for _ in range(_TRIES):
        with feeder.transaction():
            held = hold(feeder, *pair)
            farthest = max(each.farthest for each in held)
            if all(each.position == farthest for each in held):
                first.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                row = first.execute("SELECT pg_export_snapshot()").fetchone()
                assert row is not None, "a SELECT without FROM returns a row"
                return farthest, str(row[0])
        for one in feeders:
            one.resume()
            one.run_to(feeder, farthest)
        time.sleep(_PAUSE_SECONDS)
    raise BuildsNotLevelError(BuildsNotLevelError.__doc__)
