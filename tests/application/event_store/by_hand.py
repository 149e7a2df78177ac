"""Connections and statements by which a test interleaves writers and a reader by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from application.database import Connection, Database
from application.ids import new_id

_INSERT = """
INSERT INTO event
    (stream_id, version, topic, state, event_id, actor, occurred_at, recorded_at, correlation_id,
     release, digest)
VALUES (%s, 1, 'test.counted.v1', '{"number": 1, "text": "um"}', %s, 'x', now(), now(), %s, '0', '')
RETURNING position
"""

HELD = """
SELECT min(((classid::bigint & 65535) << 32) | objid::bigint) FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND mode = 'ShareLock' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint >> 16 = 'event'::regclass::oid::bigint & 32767
"""


@contextmanager
def opened(database: Database) -> Iterator[Connection]:
    connection = database.dedicated()
    try:
        yield connection
    finally:
        connection.close()


def write(connection: Connection) -> int:
    """One fact of a new stream, in whatever transaction is open."""
    return one(connection, _INSERT, new_id(), new_id(), new_id())


def one(connection: Connection, statement: str, *parameters: object) -> int:
    row = connection.execute(statement.encode(), parameters or None).fetchone()
    assert row is not None
    value: int = row[0]
    return value


def page(connection: Connection, after: int, until: int) -> list[int]:
    rows = connection.execute(
        "SELECT position FROM event WHERE position > %s AND position <= %s ORDER BY position", (after, until)
    )
    return [position for (position,) in rows]
