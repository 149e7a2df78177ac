"""Versioned tables: each build of a read model has its own, a view without version shows the live one."""

from __future__ import annotations

from psycopg import sql

from application.database import Connection
from projections.builds import State, add
from projections.projection import Projection, statements

_LOCK = 0x6C61_7374
"""First half of our two-integer advisory locks; the one-integer form belongs to the event store."""

_INSTALL, _INDEX = 1, 2


def install(connection: Connection, projection: Projection) -> None:
    """Create the build's tables if they are not there; the first build of a model is live at once."""
    with connection.transaction():
        lock_installation(connection)
        if is_installed(connection, projection):
            return
        live = connection.execute("SELECT FROM projection WHERE name = %s AND live", (projection.name,))
        first = live.rowcount == 0
        add(connection, projection, State.LIVE if first else State.READY)
        create_tables(connection, projection)
        if first:
            show(connection, projection)


def lock_installation(connection: Connection) -> None:
    """One transaction at a time creates, shows or drops tables."""
    connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK, _INSTALL))


def create_tables(connection: Connection, projection: Projection) -> None:
    """The empty tables of a build and its checkpoint."""
    run_all(connection, projection, projection.table)
    key = (projection.name, projection.version)
    connection.execute("INSERT INTO projection (name, version) VALUES (%s, %s)", key)


def build_indexes(connection: Connection, projection: Projection) -> None:
    """Build the indexes that a bulk load does without, once."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK, _INDEX))
        # Before any table: a shard that has locked some of them would wait for an index and be waited for.
        connection.execute(
            "SELECT FROM projection_shard WHERE name = %s AND version = %s ORDER BY shard FOR UPDATE",
            (projection.name, projection.version),
        )
        if mark_indexed(connection, projection):
            run_all(connection, projection, projection.indexes)


def mark_indexed(connection: Connection, projection: Projection) -> bool:
    """Note that the build has its indexes; False if that was known."""
    done = connection.execute(
        "UPDATE projection SET indexed = true WHERE name = %s AND version = %s AND NOT indexed",
        (projection.name, projection.version),
    )
    return done.rowcount > 0


def is_installed(connection: Connection, projection: Projection) -> bool:
    """Whether the build's tables are there."""
    found = connection.execute(
        "SELECT FROM projection WHERE name = %s AND version = %s", (projection.name, projection.version)
    )
    return found.rowcount > 0


def is_live(connection: Connection, projection: Projection) -> bool:
    """Whether readers see this build."""
    row = connection.execute(
        "SELECT live FROM projection WHERE name = %s AND version = %s", (projection.name, projection.version)
    ).fetchone()
    return row is not None and bool(row[0])


def run_all(connection: Connection, projection: Projection, text: str) -> None:
    """Run statements of the model's own SQL files."""
    for statement in statements(text):
        connection.execute(projection.named(statement))


def show(connection: Connection, projection: Projection) -> None:
    """Let the views show this build, and note it as the live one. Part of the caller's transaction."""
    for table in projection.relations:
        view, shown = sql.Identifier(table), sql.Identifier(projection.relation(table))
        connection.execute(sql.SQL("DROP VIEW IF EXISTS {}").format(view))
        connection.execute(sql.SQL("CREATE VIEW {} AS SELECT * FROM {}").format(view, shown))
    key = (projection.name, projection.version)
    connection.execute("UPDATE projection SET live = false WHERE name = %s AND live", key[:1])
    connection.execute("UPDATE projection SET live = true WHERE name = %s AND version = %s", key)
