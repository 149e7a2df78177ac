"""Sums while a build is loaded: each lane adds up in a table of its own, so that none waits for another."""

from __future__ import annotations

from psycopg import sql

from application.database import Connection
from projections.projection import Projection, Sums

LANES = 2
"""Connections that load side by side: a machine that also serves has few cores to spare."""


def lane_table(projection: Projection, sums: Sums, lane: int) -> str:
    """Where one lane adds up what belongs into a table of sums."""
    return f"{projection.relation(sums.table)}_lane{lane}"


def create_lanes(connection: Connection, projection: Projection) -> None:
    """The lanes' own tables, like those that they stand for."""
    for lane in range(LANES):
        for sums in projection.sums:
            query = sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)")
            own, like = lane_table(projection, sums, lane), projection.relation(sums.table)
            connection.execute(query.format(sql.Identifier(own), sql.Identifier(like)))


def named_on_lane(projection: Projection, lane: int, text: str) -> str:
    """`text` with the tables of this build, but the lane's own for those of sums."""
    for sums in projection.sums:
        text = text.replace(f"{{{sums.table}}}", lane_table(projection, sums, lane))
    return projection.named(text)


def join_lanes(connection: Connection, projection: Projection) -> None:
    """Add the lanes up into the table that they stand for, and drop them; in the caller's transaction."""
    for sums in projection.sums:
        lanes = [sql.Identifier(lane_table(projection, sums, lane)) for lane in range(LANES)]
        connection.execute(_joined(connection, projection, sums, lanes))
        connection.execute(sql.SQL("DROP TABLE {}").format(sql.SQL(", ").join(lanes)))


def drop_lanes(connection: Connection, projection: Projection) -> None:
    """Drop what a load that was given up has left."""
    for sums in projection.sums:
        for lane in range(LANES):
            query = sql.SQL("DROP TABLE IF EXISTS {}")
            connection.execute(query.format(sql.Identifier(lane_table(projection, sums, lane))))


def _joined(
    connection: Connection, projection: Projection, sums: Sums, lanes: list[sql.Identifier]
) -> sql.Composed:
    relation = projection.relation(sums.table)
    found = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " ORDER BY attnum",
        (relation,),
    ).fetchall()
    shown = [
        sql.Identifier(name) if name in sums.key else sql.SQL("sum({})").format(sql.Identifier(name))
        for (name,) in found
    ]
    return sql.SQL("INSERT INTO {} SELECT {} FROM ({}) AS lane GROUP BY {}").format(
        sql.Identifier(relation),
        sql.SQL(", ").join(shown),
        sql.SQL(" UNION ALL ").join(sql.SQL("TABLE {}").format(lane) for lane in lanes),
        sql.SQL(", ").join(sql.Identifier(name) for name in sums.key),
    )
