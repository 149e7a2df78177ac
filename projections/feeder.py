"""Feeds a build, whole or by its shards, and hands it over from one number of shards to another."""

from __future__ import annotations

from dataclasses import dataclass

from application.database import Connection
from projections.checkpoint import BuildGoneError, Shard, ShardsChangedError
from projections.projection import Projection
from projections.runner import PAGE, Runner

_SHARDS = """
SELECT FROM projection_shard WHERE name = %s AND version = ANY(%s) ORDER BY version, shard FOR UPDATE
"""
_BUILDS = "SELECT FROM projection WHERE name = %s AND version = ANY(%s) ORDER BY version FOR UPDATE"
_HELD = """
SELECT version, position, coalesce((SELECT max(position) FROM projection_shard AS shard
    WHERE shard.name = projection.name AND shard.version = projection.version), position)
FROM projection WHERE name = %s AND version = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Held:
    """Where a build stands: every shard has come as far as `position`, the first of them to `farthest`."""

    position: int
    farthest: int


class Feeder:
    """Keeps a build at the log's end: one shard of it, or all there are, in turns. As a Runner, one thread.

    A feeder of all goes on when the number of shards changes; that of one raises ShardsChangedError.
    """

    def __init__(self, projection: Projection, *, page_size: int = PAGE, shard: Shard | None = None) -> None:
        self.projection = projection
        self._page_size = page_size
        self._shard = shard
        self._runners: list[Runner] = []

    def take_up(self, connection: Connection) -> None:
        """Take up the checkpoints of a build that is there. Raises BuildGoneError, ShardsChangedError."""
        self._runners = self._made(shards_of(connection, self.projection))
        for runner in self._runners:
            runner.take_up(connection)

    def resume(self) -> None:
        """Look again where the build stands: a crash of the database takes back what was not yet safe."""
        for runner in self._runners:
            runner.resume()

    def page(self, connection: Connection, until: int) -> bool:
        """Apply a page of each shard that is behind; False when there is nothing left to apply."""
        try:
            more = [runner.page(connection, until) for runner in self._runners]
        except ShardsChangedError:
            if self._shard is not None:
                raise
            self.take_up(connection)
            return True
        return any(more)

    def run_to(self, connection: Connection, until: int) -> None:
        """Apply all pages up to `until`, which is safe to read."""
        while self.page(connection, until):
            pass

    def _made(self, shards: int) -> list[Runner]:
        own = self._shard
        if own is not None and own.of != shards:
            name = self.projection.relation(self.projection.name)
            raise ShardsChangedError(f"{name} is fed by {shards} shards now, not by {own.of}")
        if shards == 1:
            return [Runner(self.projection, page_size=self._page_size)]
        chosen = [own] if own is not None else [Shard(number, shards) for number in range(1, shards + 1)]
        # As many events to a page as one of the whole has: a page costs something of its own.
        size = self._page_size * shards
        return [Runner(self.projection, page_size=size, shard=each) for each in chosen]


def shards_of(connection: Connection, projection: Projection) -> int:
    """By how many shards a build is fed. Raises BuildGoneError."""
    row = connection.execute(
        "SELECT shards FROM projection WHERE name = %s AND version = %s",
        (projection.name, projection.version),
    ).fetchone()
    if row is None:
        raise BuildGoneError(projection.relation(projection.name))
    return int(row[0])


def hold(connection: Connection, *builds: Projection) -> list[Held]:
    """Let nobody move any checkpoint of these builds of one model until the transaction ends.

    Shards before their build, as each page does. They are locked again at the end, for the case that they
    have just come to be: that may deadlock, and whoever is told so tries again.
    """
    key = (builds[0].name, [build.version for build in builds])
    connection.execute(_SHARDS, key)
    connection.execute(_BUILDS, key)
    connection.execute(_SHARDS, key)
    found = {version: Held(*at) for version, *at in connection.execute(_HELD, key).fetchall()}
    for build in builds:
        if build.version not in found:
            raise BuildGoneError(build.relation(build.name))
    return [found[build.version] for build in builds]


def hand_over(connection: Connection, projection: Projection, shards: int) -> bool:
    """Have a build fed by so many shards from now on, all from one position; False if it was so already.

    Whatever shards there were are brought level first; their runners find their checkpoints gone.
    """
    if shards_of(connection, projection) == shards:
        return False
    feeder = Feeder(projection)
    feeder.take_up(connection)
    with connection.transaction():
        (ahead,) = hold(connection, projection)
    feeder.run_to(connection, ahead.farthest)
    with connection.transaction():
        (held,) = hold(connection, projection)
        if shards_of(connection, projection) == shards:
            return False
        feeder.run_to(connection, held.farthest)
        _exchange(connection, projection, shards)
    return True


def _exchange(connection: Connection, projection: Projection, shards: int) -> None:
    key = (projection.name, projection.version)
    connection.execute("DELETE FROM projection_shard WHERE name = %s AND version = %s", key)
    connection.execute("UPDATE projection SET shards = %s WHERE name = %s AND version = %s", (shards, *key))
    if shards > 1:
        connection.execute(
            "INSERT INTO projection_shard (name, version, shard, of, position)"
            " SELECT name, version, number, shards, position"
            " FROM projection, generate_series(1, shards) AS number WHERE name = %s AND version = %s",
            key,
        )
