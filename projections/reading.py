"""One transaction of a page's queries, with a limit on how long any of them may take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import sql

from application.database import Connection, Database


@contextmanager
def reading(database: Database, timeout: str = "3s") -> Iterator[Connection]:
    """A connection whose statements raise psycopg's QueryCanceled after `timeout`."""
    with database.connection() as connection:
        connection.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(timeout))
        yield connection
