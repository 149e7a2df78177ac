"""What was known when: a row about once a second while the log moves, since no clock orders commits."""

from __future__ import annotations

from datetime import datetime

from application.database import Database


def write_watermark(database: Database) -> int | None:
    """Note how far the log has got. Call it about once a second from any number of processes.

    Answers the position noted, None if the log has not moved or another process is at it.
    """
    with database.autocommit() as connection:
        row = connection.execute("SELECT write_watermark()").fetchone()
    return row[0] if row is not None else None


def known_at(database: Database, instant: datetime) -> int:
    """The position up to which every fact was committed at an instant: 0 before the first one."""
    with database.autocommit() as connection:
        row = connection.execute(
            "SELECT coalesce(max(position), 0) FROM watermark WHERE at <= %s", [instant]
        ).fetchone()
    assert row is not None
    position: int = row[0]
    return position
