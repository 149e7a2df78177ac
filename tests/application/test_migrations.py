"""Migrations are applied once, in order, whole or not at all; applied ones are never edited."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from application.database import Database
from application.migrations import (
    MigrationEditedError,
    MigrationNameError,
    migrate,
    read_migrations,
    status,
)
from tests.support.postgres import MIGRATIONS, SCHEMA
from tests.support.schema import SCHEMA_FILE, checksum_of, checksums, described

ONE = "SET LOCAL lock_timeout = '5s';\nCREATE TABLE one (id integer);\n"
TWO = "SET LOCAL lock_timeout = '5s';\nCREATE TABLE two (id integer);\n"


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Database]:
    """A database without a table or our schema."""
    with Database(empty_database_url, SCHEMA, 4) as database:
        yield database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two small migrations."""
    (tmp_path / "0001_pre_one.sql").write_text(ONE)
    (tmp_path / "0002_post_two.sql").write_text(TWO)
    return tmp_path


def test_the_migrations_amount_to_the_schema_that_is_written_out(database: Database, empty: Database) -> None:
    with empty.connection() as connection:
        connection.execute(f"CREATE SCHEMA {SCHEMA}".encode())
        connection.execute(SCHEMA_FILE.read_bytes())
    wanted, found = described(empty), described(database)
    for kind, objects in wanted.items():
        assert found[kind] == objects, f"{kind} differ: see tests/support/schema.py"


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE watermark ALTER COLUMN at DROP NOT NULL",
        "DROP INDEX event_event_id_idx",
        "ALTER SEQUENCE event_position CACHE 5",
        "ALTER TABLE subject_key DROP CONSTRAINT subject_key_erased",
        "DROP TRIGGER event_is_kept ON event",
        "DROP FUNCTION write_watermark()",
    ],
)
def test_the_comparison_sees_a_difference(database: Database, change: str) -> None:
    before = described(database)
    with database.connection() as connection:
        connection.execute(change.encode())
    assert described(database) != before


def test_merged_migrations_are_as_they_were_merged() -> None:
    listed = checksums()
    files = {file.name: file for file in MIGRATIONS.glob("*.sql")}
    assert {name: checksum_of(files[name]) for name in listed} == listed
    assert all(name > max(listed) for name in set(files) - set(listed))


@pytest.mark.parametrize("migration", read_migrations(MIGRATIONS), ids=lambda one: str(one.name))
def test_every_migration_gives_up_soon_when_a_table_is_locked(migration: object) -> None:
    text = getattr(migration, "text", "")
    statements = [line for line in text.splitlines() if line and not line.startswith("--")]
    assert statements[0].startswith("SET LOCAL lock_timeout")


def test_what_is_pending_is_applied_once_in_order(empty: Database, folder: Path) -> None:
    assert [one.applied_at for one in status(empty, folder)] == [None, None]
    assert migrate(empty, folder) == ["0001_pre_one.sql", "0002_post_two.sql"]
    assert migrate(empty, folder) == []
    assert all(one.applied_at for one in status(empty, folder))
    (folder / "0003_pre_three.sql").write_text("CREATE TABLE three (id integer);")
    assert migrate(empty, folder) == ["0003_pre_three.sql"]


def test_one_phase_at_a_time(empty: Database, folder: Path) -> None:
    assert migrate(empty, folder, "pre") == ["0001_pre_one.sql"]
    assert [bool(one.applied_at) for one in status(empty, folder)] == [True, False]
    assert migrate(empty, folder, "post") == ["0002_post_two.sql"]


def test_an_edited_migration_is_refused_before_anything_is_done(empty: Database, folder: Path) -> None:
    migrate(empty, folder, "pre")
    (folder / "0001_pre_one.sql").write_text(ONE + "-- better")
    with pytest.raises(MigrationEditedError, match="0001_pre_one"):
        migrate(empty, folder)
    with pytest.raises(MigrationEditedError):
        status(empty, folder)
    (folder / "0001_pre_one.sql").write_text(ONE)
    assert migrate(empty, folder) == ["0002_post_two.sql"]


def test_a_migration_that_fails_leaves_nothing_of_itself(empty: Database, folder: Path) -> None:
    (folder / "0002_post_two.sql").write_text(TWO + "SELECT nonsense;")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        migrate(empty, folder)
    assert [bool(one.applied_at) for one in status(empty, folder)] == [True, False]
    (folder / "0002_post_two.sql").write_text(TWO)
    assert migrate(empty, folder) == ["0002_post_two.sql"]


def test_two_that_migrate_at_once_share_the_work(empty: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = [
            name for names in pool.map(lambda _: migrate(empty, MIGRATIONS), range(4)) for name in names
        ]
    assert applied == [migration.name for migration in read_migrations(MIGRATIONS)]


@pytest.mark.parametrize("name", ["1_pre_x.sql", "0003_x.sql", "0003_pre_X.sql", "0003_during_x.sql"])
def test_a_name_out_of_form_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_text(ONE)
    with pytest.raises(MigrationNameError, match=name):
        read_migrations(folder)


def test_a_number_is_given_once(folder: Path) -> None:
    (folder / "0002_pre_other.sql").write_text(ONE)
    with pytest.raises(MigrationNameError, match="taken"):
        read_migrations(folder)
