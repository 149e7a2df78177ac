"""One holder at a time in the whole installation: session locks that the server frees if the holder dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg

from application.database import Connection, Database

# Two integers: the one-integer form is the event store's, see safe_position().
_KEY = "hashtext(current_schema() || ' ' || %s), hashtext(%s)"


@contextmanager
def held(database: Database, purpose: str, name: str) -> Iterator[bool]:
    """Whether this block holds the lock; it never waits for it. Takes a connection of its own.

    Installations in other schemas of the database do not meet. A lost connection loses the lock and
    tells nobody: what it guards must bear a second holder, and only works worse.
    """
    with leading(database, purpose, name) as is_ours:
        yield is_ours is not None


@contextmanager
def leading(database: Database, purpose: str, name: str) -> Iterator[Callable[[], bool] | None]:
    """As `held`, for what is to end when the lock is lost: None, or a question whether it still is ours.

    The question goes to the server; the answer is no once the connection is gone.
    """
    connection = database.dedicated()
    try:
        row = connection.execute(f"SELECT pg_try_advisory_lock({_KEY})", (purpose, name)).fetchone()
        alone = row is not None and bool(row[0])
        try:
            yield (lambda: _answers(connection)) if alone else None
        finally:
            # The server would free it too, but only some time after the connection is closed.
            if alone:
                with suppress(psycopg.Error):
                    connection.execute(f"SELECT pg_advisory_unlock({_KEY})", (purpose, name))
    finally:
        connection.close()


def _answers(connection: Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True
