"""The statements that append: one INSERT in one round trip, or COPY from twenty facts on."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import LiteralString

from application.database import Connection
from application.event_store.encoding import COLUMNS, COPY_HEAD, COPY_TAIL, Commit

COPY_FROM = 20
"""From this many facts on COPY costs less than one INSERT."""

_BLOCK = 128
"""Rows per write of COPY: the server parses one block while we digest the next."""

_COLUMNS: LiteralString = ", ".join(COLUMNS)
_INSERT: LiteralString = f"INSERT INTO event ({_COLUMNS}) VALUES "  # noqa: S608 - our own constant
_VALUES: LiteralString = "(%s, %s, %s::uuid, %s, %s::jsonb, %s, %s::uuid, %s, %s, %s, %s::uuid, %s, %s)"
_COPY: LiteralString = f"COPY event ({_COLUMNS}) FROM STDIN (FORMAT binary)"


def append(connection: Connection, commit: Commit, also: Callable[[Connection], None] | None) -> int:
    """Write the rows in one transaction, after what `also` does in it; answer the last position.

    `connection` is in autocommit. The table itself announces and numbers the rows, in their order.
    """
    if also is None:
        return _write(connection, commit)
    with connection.transaction():
        also(connection)
        return _write(connection, commit)


def recorded_positions(connection: Connection, commit: Commit) -> list[int] | None:
    """The positions of these very facts if they are committed, else None."""
    ids = [str(event_id) for event_id in commit.event_ids]
    found: dict[str, int] = dict(
        connection.execute(
            "SELECT event_id::text, position FROM event WHERE event_id = ANY(%s::uuid[])", [ids]
        ).fetchall()
    )
    return [found[event_id] for event_id in ids] if ids and len(found) == len(ids) else None


def _write(connection: Connection, commit: Commit) -> int:
    count = len(commit.facts)
    if count == 0:
        return 0
    return _copy(connection, commit) if count >= COPY_FROM else _insert(connection, commit)


def _insert(connection: Connection, commit: Commit) -> int:
    rows = connection.execute(_statement(len(commit.facts)), commit.parameters(), prepare=True).fetchall()
    position: int = rows[-1][0]
    return position


@cache
def _statement(count: int) -> LiteralString:
    return _INSERT + ", ".join([_VALUES] * count) + " RETURNING position"


def _copy(connection: Connection, commit: Commit) -> int:
    with connection.cursor() as cursor:
        with cursor.copy(_COPY) as copy:
            copy.write(COPY_HEAD)
            for start in range(0, len(commit.facts), _BLOCK):
                copy.write(commit.copy_lines(start, start + _BLOCK))
            copy.write(COPY_TAIL)
        last = cursor.execute("SELECT currval('event_position')").fetchone()
    assert last is not None
    position: int = last[0]
    return position
