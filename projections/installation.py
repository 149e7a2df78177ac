"""Versioned tables: each version of a read model has its own, a view without version shows the live one."""

from __future__ import annotations

from psycopg import sql

from application.database import Connection
from projections.projection import Projection, statements

_LOCK = 0x6C61_7374
"""First half of our two-integer advisory locks; the one-integer form belongs to the event store."""

_INSTALL, _INDEX = 1, 2


def install(connection: Connection, projection: Projection) -> None:
    """Create the version's tables if they are not there; the first version installed is live at once."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK, _INSTALL))
        if _installed(connection, projection):
            return
        run_all(connection, projection, projection.table)
        live = connection.execute("SELECT FROM projection WHERE name = %s AND live", (projection.name,))
        key = (projection.name, projection.version)
        connection.execute("INSERT INTO projection (name, version) VALUES (%s, %s)", key)
        if live.rowcount == 0:
            _show(connection, projection)


def build_indexes(connection: Connection, projection: Projection) -> None:
    """Build the indexes that a bulk load does without, once."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK, _INDEX))
        done = connection.execute(
            "UPDATE projection SET indexed = true WHERE name = %s AND version = %s AND NOT indexed",
            (projection.name, projection.version),
        )
        if done.rowcount:
            run_all(connection, projection, projection.indexes)


def promote(connection: Connection, projection: Projection) -> None:
    """Show this version to readers, in one short transaction; the tables of the old one stay."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK, _INSTALL))
        connection.execute("UPDATE projection SET live = false WHERE name = %s AND live", (projection.name,))
        _show(connection, projection)


def is_live(connection: Connection, projection: Projection) -> bool:
    """Whether readers see this version."""
    row = connection.execute(
        "SELECT live FROM projection WHERE name = %s AND version = %s", (projection.name, projection.version)
    ).fetchone()
    return row is not None and bool(row[0])


def run_all(connection: Connection, projection: Projection, text: str) -> None:
    """Run statements of the model's own SQL files."""
    for statement in statements(text):
        connection.execute(projection.named(statement))


def _installed(connection: Connection, projection: Projection) -> bool:
    found = connection.execute(
        "SELECT FROM projection WHERE name = %s AND version = %s", (projection.name, projection.version)
    )
    return found.rowcount > 0


def _show(connection: Connection, projection: Projection) -> None:
    for table in projection.relations:
        view, shown = sql.Identifier(table), sql.Identifier(projection.relation(table))
        connection.execute(sql.SQL("DROP VIEW IF EXISTS {}").format(view))
        connection.execute(sql.SQL("CREATE VIEW {} AS SELECT * FROM {}").format(view, shown))
    key = (projection.name, projection.version)
    connection.execute("UPDATE projection SET live = true WHERE name = %s AND version = %s", key)
