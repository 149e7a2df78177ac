"""By how many shards read models are fed: what was asked of the installation, and how each build stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from application.database import Connection
from projections.builds import FED, builds, tell_feeders
from projections.checkpoint import MOST_SHARDS, Shard
from projections.feeder import hand_over
from projections.projection import Projection


class WorkerShardRefusedError(Exception):
    """The read models are fed by another number of shards than this worker was started for.

    Start it with `--shard K/N` of the N that `lastro projections shards` shows, or change that N.
    """


@dataclass(frozen=True, slots=True)
class ShardStanding:
    """How far one shard of a build has come; `of` is 1 for a build that is fed whole."""

    name: str
    version: int
    live: bool
    shard: int
    of: int
    position: int
    lag_positions: int


_STANDINGS = """
SELECT name, version, live, coalesce(shard, 1) AS shard, coalesce(of, 1) AS of,
    coalesce(cut.position, projection.position) AS position,
    greatest(last_value - coalesce(cut.position, projection.position), 0) AS lag_positions
FROM event_position, projection LEFT JOIN projection_shard AS cut USING (name, version)
ORDER BY name, version, shard
"""


def wanted_shards(connection: Connection) -> int:
    """By how many shards the models are to be fed that can be."""
    row = connection.execute("SELECT shards FROM worker_shards").fetchone()
    return 1 if row is None else int(row[0])


def refuses(shard: Shard, shards: int) -> bool:
    """Whether a worker of this shard has no place where there are so many."""
    return shard.of != shards


def refusal(shard: Shard, shards: int) -> str:
    """What is told to whoever started it."""
    return (
        f"the read models are fed by {shards} shard{'s' if shards > 1 else ''}, and this worker was started"
        f" for {shard}: start it with --shard K/{shards}, or `lastro projections shards {shard.of}`"
    )


def admit(connection: Connection, shard: Shard) -> None:
    """Raises WorkerShardRefusedError unless there are as many shards as the worker was started for."""
    shards = wanted_shards(connection)
    if refuses(shard, shards):
        raise WorkerShardRefusedError(refusal(shard, shards))


def ask_for_shards(
    connection: Connection, models: Sequence[Projection], shards: int, asked_by: str
) -> list[tuple[str, int]]:
    """Have every build that rests on single streams fed by so many shards; answer those handed over.

    Running workers of another number stop feeding at once. Each build is handed over at one position; what is
    far behind is fed up to it first. May be called again: what is done is done.
    """
    if not 1 <= shards <= MOST_SHARDS:
        raise ValueError(f"1 to {MOST_SHARDS} shards, not {shards}")
    connection.execute(
        "INSERT INTO worker_shards (shards, changed_by) VALUES (%s, %s) ON CONFLICT (single) DO UPDATE"
        " SET shards = excluded.shards, changed_by = excluded.changed_by, changed_at = now()",
        (shards, asked_by),
    )
    tell_feeders(connection)
    by_name = {model.name: model for model in models}
    changed = []
    for build in builds(connection, by_name):
        bound = build.bound(by_name[build.name])
        if (
            build.state in FED
            and bound is not None
            and bound.by_stream
            and hand_over(connection, bound, shards)
        ):
            changed.append((build.name, build.version))
    tell_feeders(connection)
    return changed


def shard_standings(connection: Connection) -> list[ShardStanding]:
    """Every shard of every build, in order."""
    with connection.cursor(row_factory=class_row(ShardStanding)) as cursor:
        return cursor.execute(_STANDINGS).fetchall()
