"""Reading in order misses no late commit; every form that only looks alike does, by hand and not by luck."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from application.app import Lastro
from application.database import Connection, Database
from application.event_store.reading import read_log, safe_position
from application.ids import new_id
from application.migrations import migrate
from deploy.local.postgres import EmbeddedPostgres
from tests.application.event_store.by_hand import one, write
from tests.support.postgres import MIGRATIONS


def test_a_late_commit_is_waited_for(
    reader: Connection, writer: Connection, other_writer: Connection
) -> None:
    writer.execute("BEGIN")
    late = write(writer)
    early = write(other_writer)
    assert late < early
    assert read_log(reader, 0, 10) == []
    writer.execute("COMMIT")
    assert [event.position for event in read_log(reader, 0, 10)] == [late, early]


def test_a_late_rollback_is_a_gap(reader: Connection, writer: Connection, other_writer: Connection) -> None:
    writer.execute("BEGIN")
    write(writer)
    early = write(other_writer)
    writer.execute("ROLLBACK")
    assert [event.position for event in read_log(reader, 0, 10)] == [early]


def test_what_was_committed_before_an_open_writer_is_read(
    reader: Connection, writer: Connection, other_writer: Connection
) -> None:
    early = write(other_writer)
    writer.execute("BEGIN")
    write(writer)
    assert safe_position(reader) == early


def test_copy_announces_itself_too(lastro: Lastro, reader: Connection, writer: Connection) -> None:
    writer.execute("BEGIN")
    text = f"{new_id()}\t1\tt\t{{}}\t{new_id()}\tx\t2026-01-01\t2026-01-01\t{new_id()}\t0\t\\\\x00\n"
    columns = (
        "stream_id, version, topic, state, event_id, actor, occurred_at, recorded_at, correlation_id,"
        " release, digest"
    )
    with writer.cursor() as cursor, cursor.copy(f"COPY event ({columns}) FROM STDIN".encode()) as copy:
        copy.write(text)
    assert safe_position(reader) < one(reader, "SELECT last_value FROM event_position")
    writer.execute("COMMIT")
    assert len(lastro.read(0, 10)) == 1


def test_a_writer_never_waits_for_another(writer: Connection, other_writer: Connection) -> None:
    writer.execute("BEGIN")
    write(writer)
    other_writer.execute("SET lock_timeout = '100ms'")
    assert write(other_writer) > 0


def test_a_lock_survives_the_rolled_back_savepoint_of_another_statement(
    reader: Connection, writer: Connection, other_writer: Connection
) -> None:
    writer.execute("BEGIN; SAVEPOINT one")
    write(writer)
    writer.execute("ROLLBACK TO SAVEPOINT one")
    late = write(writer)
    early = write(other_writer)
    assert read_log(reader, 0, 10) == []
    writer.execute("COMMIT")
    assert [event.position for event in read_log(reader, 0, 10)] == [late, early]


def test_a_killed_writer_holds_nobody_up(
    reader: Connection, writer: Connection, other_writer: Connection
) -> None:
    writer.execute("BEGIN")
    write(writer)
    early = write(other_writer)
    reader.execute("SELECT pg_terminate_backend(%s, 5000)", [writer.info.backend_pid])
    assert [event.position for event in read_log(reader, 0, 10)] == [early]


_ROW = (
    "(stream_id, version, topic, state, event_id, actor, occurred_at, recorded_at, correlation_id, release,"
    " digest) VALUES (gen_random_uuid(), 1, 't', '{}', gen_random_uuid(), 'x', now(), now(),"
    " gen_random_uuid(), '0', '') RETURNING position"
)


@pytest.mark.parametrize(
    ("session", "table"),
    [
        (["SET session_replication_role = replica"], "event"),
        (["SET search_path = other"], "lastro.event"),
        (["SET search_path = ''"], "lastro.event"),
        (["CREATE TEMPORARY TABLE event_position (last_value bigint, is_called boolean)"], "event"),
        (["SET search_path = lastro, other, pg_catalog"], "event"),
    ],
    ids=["replica", "other schema", "no schema", "temporary table", "shadowed functions"],
)
def test_no_session_writes_unannounced(
    database: Database,
    reader: Connection,
    writer: Connection,
    other_writer: Connection,
    session: list[str],
    table: str,
) -> None:
    _give_another_schema(database)
    for statement in session:
        writer.execute(statement.encode())
    writer.execute("BEGIN")
    late = one(writer, f"INSERT INTO {table} {_ROW}")
    early = write(other_writer)
    assert late < early
    assert read_log(reader, 0, 10) == []
    writer.execute("COMMIT")
    assert [event.position for event in read_log(reader, 0, 10)] == [late, early]


def _give_another_schema(database: Database) -> None:
    """One with a log of its own, and with functions that would lead ours astray."""
    with Database(database.url, "other", 2) as other:
        migrate(other, MIGRATIONS)
        with other.connection() as connection:
            connection.execute(
                "CREATE FUNCTION pg_advisory_xact_lock_shared(bigint) RETURNS void LANGUAGE sql AS 'SELECT'"
            )


@pytest.mark.parametrize(
    "session", ["SET session_replication_role = replica", "SET search_path = pg_catalog"]
)
@pytest.mark.parametrize("change", ["UPDATE lastro.event SET actor = 'y'", "TRUNCATE lastro.event"])
def test_no_session_changes_a_fact(writer: Connection, session: str, change: str) -> None:
    write(writer)
    writer.execute(session.encode())
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="kept for ever"):
        writer.execute(change.encode())


@pytest.mark.parametrize(
    "session",
    [
        "SET search_path = other",
        "CREATE TEMPORARY TABLE event_position (last_value bigint, is_called boolean)",
    ],
)
def test_a_reader_asks_its_own_log_whatever_its_path(
    database: Database, reader: Connection, writer: Connection, session: str
) -> None:
    _give_another_schema(database)
    last = write(writer)
    reader.execute(session.encode())
    assert one(reader, "SELECT lastro.safe_position()") == last


def test_other_advisory_locks_do_not_hold_the_log_up(reader: Connection, writer: Connection) -> None:
    write(reader)
    last = safe_position(reader)
    writer.execute("BEGIN")
    writer.execute("SELECT pg_advisory_xact_lock_shared(hashtext('lastro watermark'), 1)")
    writer.execute("SELECT pg_advisory_xact_lock_shared((32768::bigint << 47) | 1)")
    assert safe_position(reader) == last


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_it_refuses_a_snapshot_that_does_not_move(reader: Connection, level: str) -> None:
    reader.execute(f"BEGIN ISOLATION LEVEL {level}".encode())
    with pytest.raises(psycopg.errors.ActiveSqlTransaction):
        safe_position(reader)


def test_it_refuses_a_sequence_that_was_reset(reader: Connection) -> None:
    reader.execute("SELECT setval('event_position', 1, false)")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        safe_position(reader)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        write(reader)


def test_the_migration_leaves_the_sequence_ready(reader: Connection) -> None:
    row = reader.execute("SELECT last_value, is_called FROM event_position").fetchone()
    assert row == (1, True)
    (cache,) = reader.execute("SELECT seqcache FROM pg_sequence WHERE seqrelid = 'event_position'::regclass")
    assert cache == (1,)


def test_it_refuses_a_standby(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = _private(tmp_path_factory.mktemp("standby"))
    server = EmbeddedPostgres(home)
    with server, Database(server.url("postgres")) as database:
        migrate(database, MIGRATIONS)
    (server.data / "standby.signal").touch()
    with (
        server,
        Database(server.url("postgres")) as database,
        database.autocommit() as connection,
        pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="standby"),
    ):
        safe_position(connection)


def _private(folder: Path) -> Path:
    folder.chmod(0o711)
    folder.parent.chmod(0o711)
    return folder
