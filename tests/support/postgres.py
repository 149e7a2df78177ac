"""A PostgreSQL for the tests, and a fresh migrated database of it for each test that asks."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from deploy.local.postgres import EmbeddedPostgres

MIGRATIONS = Path(__file__).parents[2] / "deploy" / "migrations"
SCHEMA = "lastro"


@dataclass(frozen=True)
class Server:
    """Makes and drops databases. `maintenance_url` is a database that exists and is not worked in."""

    maintenance_url: str

    def url(self, database: str) -> str:
        """The address of one database of this server."""
        return urlunsplit(urlsplit(self.maintenance_url)._replace(path=f"/{database}"))

    def create(self, *, template: str = "template0") -> str:
        """The name of a new database, a copy of `template`."""
        name = f"lastro_test_{secrets.token_hex(8)}"
        self._run(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return name

    def drop(self, database: str) -> None:
        """Remove a database; whoever is still connected is thrown out."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    @contextmanager
    def fresh(self, template: str = "template0") -> Iterator[str]:
        """The address of a database that lives as long as the block."""
        name = self.create(template=template)
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.maintenance_url, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def test_server() -> Iterator[Server]:
    """LASTRO_TEST_DATABASE_URL's server, else a throwaway one.

    LASTRO_POSTGRES_BIN names other programs than the wheel's, to run the tests on another version.
    """
    given = os.environ.get("LASTRO_TEST_DATABASE_URL")
    if given:
        yield Server(given)
        return
    programs = os.environ.get("LASTRO_POSTGRES_BIN")
    with EmbeddedPostgres.throwaway(programs=Path(programs) if programs else None) as server:
        yield Server(server.url("postgres"))


@contextmanager
def migrated_template(server: Server) -> Iterator[str]:
    """The name of a database with every migration applied and nobody connected, to copy from."""
    from application.database import Database
    from application.migrations import migrate

    name = server.create()
    database = Database(server.url(name), SCHEMA, 2)
    try:
        migrate(database, MIGRATIONS)
    finally:
        database.close()
    try:
        yield name
    finally:
        server.drop(name)
