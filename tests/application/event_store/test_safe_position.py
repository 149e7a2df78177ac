"""Reading in order misses no late commit; every form that only looks alike does, by hand and not by luck."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from application.app import Lastro
from application.database import Connection, Database
from application.event_store.reading import read_log, safe_position
from application.ids import new_id
from application.migrations import migrate
from deploy.local.postgres import EmbeddedPostgres
from tests.support.postgres import MIGRATIONS

_INSERT = """
INSERT INTO event
    (stream_id, version, topic, state, event_id, actor, occurred_at, recorded_at, correlation_id,
     release, digest)
VALUES (%s, 1, 'test.counted.v1', '{"number": 1, "text": "um"}', %s, 'x', now(), now(), %s, '0', '')
RETURNING position
"""

_HELD = """
SELECT min(((classid::bigint & 65535) << 32) | objid::bigint) FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND mode = 'ShareLock' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint >> 16 = 'event'::regclass::oid::bigint & 32767
"""


@pytest.fixture
def writer(database: Database) -> Iterator[Connection]:
    """A connection that writes by hand."""
    with _opened(database) as connection:
        yield connection


@pytest.fixture
def other_writer(database: Database) -> Iterator[Connection]:
    """A second one."""
    with _opened(database) as connection:
        yield connection


@pytest.fixture
def reader(database: Database) -> Iterator[Connection]:
    """A connection that reads by hand."""
    with _opened(database) as connection:
        yield connection


@contextmanager
def _opened(database: Database) -> Iterator[Connection]:
    connection = database.dedicated()
    try:
        yield connection
    finally:
        connection.close()


def write(connection: Connection) -> int:
    """One fact of a new stream, in whatever transaction is open."""
    return _one(connection, _INSERT, new_id(), new_id(), new_id())


def _one(connection: Connection, statement: str, *parameters: object) -> int:
    row = connection.execute(statement.encode(), parameters or None).fetchone()
    assert row is not None
    value: int = row[0]
    return value


def _page(connection: Connection, after: int, until: int) -> list[int]:
    rows = connection.execute(
        "SELECT position FROM event WHERE position > %s AND position <= %s ORDER BY position", (after, until)
    )
    return [position for (position,) in rows]


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
    assert safe_position(reader) < _one(reader, "SELECT last_value FROM event_position")
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
    late = _one(writer, f"INSERT INTO {table} {_ROW}")
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
    assert _one(reader, "SELECT lastro.safe_position()") == last


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


class TestWrongForms:
    """Each reads `early`, moves its cursor behind it, and never sees `late`: the right form sees both."""

    def test_reading_up_to_the_last_value_misses(
        self, reader: Connection, writer: Connection, other_writer: Connection
    ) -> None:
        writer.execute("BEGIN")
        late = write(writer)
        early = write(other_writer)
        cursor = _one(reader, "SELECT last_value FROM event_position")
        assert _page(reader, 0, cursor) == [early]
        writer.execute("COMMIT")
        assert late not in _page(reader, cursor, late + 10)

    def test_locks_before_the_sequence_misses(
        self, reader: Connection, writer: Connection, other_writer: Connection
    ) -> None:
        """What one SQL join of pg_locks and the sequence does when it happens to scan pg_locks first."""
        write(writer)
        held = reader.execute(_HELD.encode()).fetchone()
        assert held == (None,)
        writer.execute("BEGIN")
        late = write(writer)
        early = write(other_writer)
        cursor = _one(reader, "SELECT last_value FROM event_position")
        assert early in _page(reader, 0, cursor)
        writer.execute("COMMIT")
        assert cursor >= late
        assert late not in _page(reader, cursor, late + 10)

    def test_one_statement_that_joins_both_misses(
        self, reader: Connection, writer: Connection, other_writer: Connection
    ) -> None:
        """The planner may read pg_locks first; a pause between the two scans lets a writer in."""
        write(other_writer)
        writer.execute("SELECT pg_advisory_lock(1, 1)")
        joined = (
            "WITH held AS MATERIALIZED (SELECT (" + _HELD + ") AS key), "
            "paused AS MATERIALIZED (SELECT key, pg_advisory_lock(1, 1) FROM held) "
            "SELECT least(last_value, key) FROM paused, event_position"
        )
        answer: list[int] = []
        asking = Thread(target=lambda: answer.append(_one(reader, joined)))
        asking.start()
        _await_waiter(other_writer)
        writer.execute("BEGIN")
        late = write(writer)
        write(other_writer)
        writer.execute("SELECT pg_advisory_unlock(1, 1)")
        asking.join(30)
        (cursor,) = answer
        writer.execute("COMMIT")
        assert cursor >= late

    def test_a_call_inside_the_page_s_select_misses(
        self, reader: Connection, writer: Connection, other_writer: Connection
    ) -> None:
        """The page's snapshot is older than the answer: a commit in between is counted but not seen."""
        writer.execute("BEGIN")
        late = write(writer)
        other_writer.execute("SELECT pg_advisory_lock(2, 2)")
        page: list[tuple[int | None, int]] = []
        asking = Thread(target=lambda: page.extend(_paused_page(reader)))
        asking.start()
        _await_waiter(other_writer)
        writer.execute("COMMIT")
        other_writer.execute("SELECT pg_advisory_unlock(2, 2)")
        asking.join(30)
        ((seen, cursor),) = page
        assert cursor >= late
        assert seen is None

    def test_repeatable_read_misses(
        self, reader: Connection, writer: Connection, other_writer: Connection
    ) -> None:
        """Without the refusal: the answer is new, the page's snapshot is the transaction's first."""
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT 1 FROM event LIMIT 1")
        late = write(writer)
        last = _one(reader, "SELECT last_value FROM event_position")
        held = reader.execute(_HELD.encode()).fetchone()
        assert held == (None,)
        assert last >= late
        assert _page(reader, 0, last) == []

    def test_a_lock_kept_over_a_rolled_back_savepoint_misses(
        self, reader: Connection, writer: Connection, other_writer: Connection
    ) -> None:
        """Locking once per transaction instead of once per statement: the savepoint takes the lock along."""
        writer.execute("ALTER TABLE event DISABLE TRIGGER event_announces_positions")
        writer.execute("BEGIN; SAVEPOINT one")
        _announce(writer)
        writer.execute("ROLLBACK TO SAVEPOINT one")
        late = write(writer)
        other_writer.execute("BEGIN")
        _announce(other_writer)
        early = write(other_writer)
        other_writer.execute("COMMIT")
        cursor = safe_position(reader)
        assert _page(reader, 0, cursor) == [early]
        writer.execute("COMMIT")
        assert late not in _page(reader, cursor, late + 10)

    def test_a_fresh_sequence_misses(self, reader: Connection, writer: Connection) -> None:
        """last_value 1, not called: the announced key is the very position that is still uncommitted."""
        reader.execute("SELECT setval('event_position', 1, false)")
        writer.execute("ALTER TABLE event DISABLE TRIGGER event_announces_positions")
        writer.execute("BEGIN")
        _announce(writer)
        late = write(writer)
        cursor = safe_position(reader)
        assert cursor >= late
        assert _page(reader, 0, cursor) == []

    def test_a_cached_sequence_misses(
        self, reader: Connection, writer: Connection, other_writer: Connection
    ) -> None:
        """A cached range hands out a position below the last value that the lock announces."""
        reader.execute("ALTER SEQUENCE event_position CACHE 10")
        write(writer)
        early = write(other_writer)
        writer.execute("BEGIN")
        late = write(writer)
        assert late < early
        cursor = safe_position(reader)
        assert early in _page(reader, 0, cursor)
        writer.execute("COMMIT")
        assert late not in _page(reader, cursor, late + 10)


def _announce(connection: Connection) -> None:
    connection.execute(
        "SELECT pg_advisory_xact_lock_shared((('event'::regclass::oid::bigint & 32767) << 48) | last_value)"
        " FROM event_position"
    )


def _paused_page(reader: Connection) -> list[tuple[int | None, int]]:
    """The page's statement waits after its snapshot, as a slow one would, then asks how far it may read."""
    rows = reader.execute(
        "WITH paused AS MATERIALIZED (SELECT pg_advisory_lock(2, 2)),"
        " safe AS MATERIALIZED (SELECT safe_position() AS position FROM paused)"
        " SELECT (SELECT max(event.position) FROM event WHERE event.position <= safe.position), safe.position"
        " FROM safe"
    ).fetchall()
    return [(row[0], row[1]) for row in rows]


def _await_waiter(connection: Connection) -> None:
    """Until another session waits for an advisory lock."""
    connection.execute(
        "DO $$ DECLARE deadline timestamptz := clock_timestamp() + interval '20 seconds'; BEGIN"
        " WHILE NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted) LOOP"
        " IF clock_timestamp() > deadline THEN RAISE 'nobody waits'; END IF;"
        " PERFORM pg_sleep(0.005); END LOOP; END $$"
    )
