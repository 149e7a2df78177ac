"""The pool of PostgreSQL connections; every one sees one schema, in UTC, through search_path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import orjson
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import ConnectionPool

type Connection = psycopg.Connection[tuple[Any, ...]]

_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class Database:
    """One database in one schema. Made once per process; safe to share between threads.

    A connection is lent for a block, and waited for up to `timeout` seconds. It raises psycopg's errors as
    they are. Broken connections are thrown away, so the next block gets a new one.
    """

    def __init__(self, url: str, schema: str = "lastro", max_size: int = 8, *, timeout: float = 30.0) -> None:
        if not _SCHEMA.fullmatch(schema):
            raise ValueError(f"not a plain schema name: {schema!r}")
        self.schema = schema
        self.url = _with_session(url, schema)
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            self.url,
            min_size=0,
            max_size=max_size,
            open=True,
            timeout=timeout,
            kwargs={"autocommit": True},
            configure=_configure,
        )

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection inside a transaction: committed when the block ends, rolled back when it raises."""
        with self._pool.connection() as connection, connection.transaction():
            yield connection

    @contextmanager
    def autocommit(self) -> Iterator[Connection]:
        """A connection whose statements each commit for themselves."""
        with self._pool.connection() as connection:
            yield connection

    def dedicated(self) -> Connection:
        """A connection outside the pool, in autocommit, for the caller to keep and close (LISTEN, locks)."""
        connection = psycopg.connect(self.url, autocommit=True)
        _configure(connection)
        return connection

    def discard_broken(self) -> None:
        """Replace idle connections that died, as after a restart of the server."""
        self._pool.check()

    def close(self) -> None:
        """Close every connection. Idempotent."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _with_session(url: str, schema: str) -> str:
    """The address with our session settings behind the caller's own `options`."""
    given = conninfo_to_dict(url).get("options") or ""
    return make_conninfo(url, options=f"{given} -c search_path={schema} -c TimeZone=UTC".strip())


def _configure(connection: psycopg.Connection[Any]) -> None:
    set_json_loads(orjson.loads, connection)
    set_json_dumps(orjson.dumps, connection)
