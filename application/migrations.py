"""Plain SQL migrations: each file is applied once, in its own transaction, and never edited afterwards."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from psycopg import sql

from application.database import Connection, Database

_NAME = re.compile(r"(?P<number>\d{4})_(?P<phase>pre|post)_(?P<what>[a-z0-9_]+)\.sql")
_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migration (
    number integer NOT NULL CONSTRAINT schema_migration_pkey PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""

type Phase = Literal["pre", "post"]


class MigrationNameError(Exception):
    """A file is not named NNNN_pre_what.sql or NNNN_post_what.sql, or its number is taken: rename it."""


class MigrationEditedError(Exception):
    """A migration that was applied has changed since: restore the file and write a new migration."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file. `pre` runs before the new code is deployed, `post` after it."""

    number: int
    phase: Phase
    name: str
    text: str

    @property
    def sha256(self) -> str:
        """The checksum that is recorded when the file is applied."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    """A migration and when it was applied to this database, if it was."""

    number: int
    phase: Phase
    name: str
    applied_at: datetime | None


def read_migrations(folder: Path) -> tuple[Migration, ...]:
    """The folder's migrations by number. Raises MigrationNameError."""
    found: dict[int, Migration] = {}
    for file in sorted(folder.glob("*.sql")):
        migration = _read(file)
        if migration.number in found:
            raise MigrationNameError(f"{file.name}: number {migration.number} is taken")
        found[migration.number] = migration
    return tuple(found[number] for number in sorted(found))


def migrate(database: Database, folder: Path, phase: Phase | None = None) -> list[str]:
    """Apply what is pending, all of it or one phase; answer the names of the files applied.

    Two processes may call it at once: one waits for the other. Raises MigrationEditedError before
    anything is changed.
    """
    migrations = read_migrations(folder)
    connection = database.dedicated()
    try:
        connection.execute(
            "SELECT pg_advisory_lock(hashtext('lastro migrate'), hashtext(%s))", [database.schema]
        )
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(database.schema)))
        connection.execute(_TABLE)
        applied = _applied(connection)
        _refuse_edited(migrations, applied)
        pending = [m for m in migrations if m.number not in applied and phase in (None, m.phase)]
        for migration in pending:
            _apply(connection, migration)
        return [migration.name for migration in pending]
    finally:
        connection.close()


def status(database: Database, folder: Path) -> list[MigrationStatus]:
    """Every migration of the folder, applied or not. Changes nothing."""
    with database.connection() as connection:
        row = connection.execute("SELECT to_regclass('schema_migration') IS NOT NULL").fetchone()
        applied = _applied(connection) if row is not None and row[0] else {}
    migrations = read_migrations(folder)
    _refuse_edited(migrations, applied)
    times = {number: at for number, (_, at) in applied.items()}
    return [MigrationStatus(m.number, m.phase, m.name, times.get(m.number)) for m in migrations]


def _read(file: Path) -> Migration:
    parts = _NAME.fullmatch(file.name)
    if parts is None:
        raise MigrationNameError(f"{file.name}: expected NNNN_pre_what.sql or NNNN_post_what.sql")
    phase: Phase = "pre" if parts["phase"] == "pre" else "post"
    return Migration(int(parts["number"]), phase, file.name, file.read_text(encoding="utf-8"))


def _applied(connection: Connection) -> dict[int, tuple[str, datetime]]:
    rows = connection.execute("SELECT number, sha256, applied_at FROM schema_migration").fetchall()
    return {number: (sha256, at) for number, sha256, at in rows}


def _refuse_edited(migrations: tuple[Migration, ...], applied: dict[int, tuple[str, datetime]]) -> None:
    for migration in migrations:
        if migration.number in applied and applied[migration.number][0] != migration.sha256:
            raise MigrationEditedError(
                f"{migration.name} was edited after it was applied: put the file back as it was "
                "(from the release, or from git), and make the change in a new migration"
            )


def _apply(connection: Connection, migration: Migration) -> None:
    with connection.transaction():
        connection.execute(migration.text.encode())
        connection.execute(
            "INSERT INTO schema_migration (number, name, sha256) VALUES (%s, %s, %s)",
            (migration.number, migration.name, migration.sha256),
        )
