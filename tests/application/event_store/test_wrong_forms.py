"""Each form of reading the log that only looks right, planted and seen to miss, by hand and not by luck."""

from __future__ import annotations

from threading import Thread

from application.database import Connection
from application.event_store.reading import safe_position
from tests.application.event_store.by_hand import HELD, one, page, write


class TestWrongForms:
    """Each reads `early`, moves its cursor behind it, and never sees `late`: the right form sees both."""

    def test_reading_up_to_the_last_value_misses(
        self, reader: Connection, writer: Connection, other_writer: Connection
    ) -> None:
        writer.execute("BEGIN")
        late = write(writer)
        early = write(other_writer)
        cursor = one(reader, "SELECT last_value FROM event_position")
        assert page(reader, 0, cursor) == [early]
        writer.execute("COMMIT")
        assert late not in page(reader, cursor, late + 10)

    def test_locks_before_the_sequence_misses(
        self, reader: Connection, writer: Connection, other_writer: Connection
    ) -> None:
        """What one SQL join of pg_locks and the sequence does when it happens to scan pg_locks first."""
        write(writer)
        held = reader.execute(HELD.encode()).fetchone()
        assert held == (None,)
        writer.execute("BEGIN")
        late = write(writer)
        early = write(other_writer)
        cursor = one(reader, "SELECT last_value FROM event_position")
        assert early in page(reader, 0, cursor)
        writer.execute("COMMIT")
        assert cursor >= late
        assert late not in page(reader, cursor, late + 10)

    def test_one_statement_that_joins_both_misses(
        self, reader: Connection, writer: Connection, other_writer: Connection
    ) -> None:
        """The planner may read pg_locks first; a pause between the two scans lets a writer in."""
        write(other_writer)
        writer.execute("SELECT pg_advisory_lock(1, 1)")
        joined = (
            "WITH held AS MATERIALIZED (SELECT (" + HELD + ") AS key), "
            "paused AS MATERIALIZED (SELECT key, pg_advisory_lock(1, 1) FROM held) "
            "SELECT least(last_value, key) FROM paused, event_position"
        )
        answer: list[int] = []
        asking = Thread(target=lambda: answer.append(one(reader, joined)))
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
        answers: list[tuple[int | None, int]] = []
        asking = Thread(target=lambda: answers.extend(_paused_page(reader)))
        asking.start()
        _await_waiter(other_writer)
        writer.execute("COMMIT")
        other_writer.execute("SELECT pg_advisory_unlock(2, 2)")
        asking.join(30)
        ((seen, cursor),) = answers
        assert cursor >= late
        assert seen is None

    def test_repeatable_read_misses(
        self, reader: Connection, writer: Connection, other_writer: Connection
    ) -> None:
        """Without the refusal: the answer is new, the page's snapshot is the transaction's first."""
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT 1 FROM event LIMIT 1")
        late = write(writer)
        last = one(reader, "SELECT last_value FROM event_position")
        held = reader.execute(HELD.encode()).fetchone()
        assert held == (None,)
        assert last >= late
        assert page(reader, 0, last) == []

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
        assert page(reader, 0, cursor) == [early]
        writer.execute("COMMIT")
        assert late not in page(reader, cursor, late + 10)

    def test_a_fresh_sequence_misses(self, reader: Connection, writer: Connection) -> None:
        """last_value 1, not called: the announced key is the very position that is still uncommitted."""
        reader.execute("SELECT setval('event_position', 1, false)")
        writer.execute("ALTER TABLE event DISABLE TRIGGER event_announces_positions")
        writer.execute("BEGIN")
        _announce(writer)
        late = write(writer)
        cursor = safe_position(reader)
        assert cursor >= late
        assert page(reader, 0, cursor) == []

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
        assert early in page(reader, 0, cursor)
        writer.execute("COMMIT")
        assert late not in page(reader, cursor, late + 10)


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
