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

_RECONNECT_SECONDS = 1.0
"""The pool gives up on a server that is down after so long, and the next who asks tries at once: else it
would come back from an outage as late again as the outage was long."""

_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class Database:
    """One database in one schema. Made once per process; safe to share between threads.

    A connection is lent for a block, and waited for up to `timeout` seconds. It raises psycopg's errors as
    they are. Broken connections are thrown away, and the idle ones are looked at, so that the next block gets
    a sound one. A commit is on the disk before it is answered or seen by anybody, whatever the server's own
    `synchronous_commit` says; who can do without says so on a connection of its own.
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
            reconnect_timeout=_RECONNECT_SECONDS,
            reconnect_failed=_try_again,
            kwargs={"autocommit": True},
            configure=_configure,
        )

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection inside a transaction: committed when the block ends, rolled back when it raises."""
        with self._lent() as connection, connection.transaction():
            yield connection

    @contextmanager
    def autocommit(self) -> Iterator[Connection]:
        """A connection whose statements each commit for themselves."""
        with self._lent() as connection:
            yield connection

    @contextmanager
    def _lent(self) -> Iterator[Connection]:
        lost = False
        try:
            with self._pool.connection() as connection:
                try:
                    yield connection
                finally:
                    lost = connection.closed
        finally:
            if lost:
                self.discard_broken()

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


def _try_again(pool: ConnectionPool[Any]) -> None:
    """The pool has given up on a server that is down: who waits already is not to wait out the whole time."""
    if pool.get_stats().get("requests_waiting"):
        pool.check()


def _with_session(url: str, schema: str) -> str:
    """The address with our session settings behind the caller's own `options`."""
    given = conninfo_to_dict(url).get("options") or ""
    return make_conninfo(url, options=f"{given} {_session(schema)}".strip())


def _session(schema: str) -> str:
    """Above what the database or the role has set, below what a session sets for itself."""
    return f"-c search_path={schema} -c TimeZone=UTC -c synchronous_commit=on"


def _configure(connection: psycopg.Connection[Any]) -> None:
    set_json_loads(orjson.loads, connection)
    set_json_dumps(orjson.dumps, connection)
