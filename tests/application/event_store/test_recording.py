"""Facts go in whole or not at all, in their order, and come back as they were."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta
from threading import Barrier

import psycopg
import pytest

from application.app import ConcurrencyError, Context, Lastro, NotFoundError, RecordedEvent
from application.audit import digest_of
from application.database import Connection, Database
from application.event_store.append import COPY_FROM
from application.event_store.errors import TextUnstorableError, TopicUnknownError
from application.ids import new_id
from tests.application.event_store.facts import NOW, Counted, context, counted, one_each, project
from tests.application.event_store.jcs import jcs

AWKWARD = 'aspas " barra \\ tab \t linha \n fim \\N é 😀'


def test_what_is_recorded_is_loaded(lastro: Lastro) -> None:
    stream = new_id()
    lastro.record(context(), counted(stream, 1, 2), counted(stream, 2, 3, text=AWKWARD))
    tally = lastro.load(project, stream)
    assert (tally.version, tally.count, tally.text) == (2, 5, AWKWARD)


def test_what_was_never_recorded_is_not_found(lastro: Lastro) -> None:
    with pytest.raises(NotFoundError):
        lastro.load(project, new_id())


def test_many_are_loaded_at_once_and_the_unknown_left_out(lastro: Lastro) -> None:
    events = one_each(30)
    lastro.record_batch(context(), events)
    ids = [event.originator_id for event in events]
    found = lastro.load_many(project, [*ids[:10], new_id()])
    assert set(found) == set(ids[:10])


def test_many_are_loaded_with_one_statement(lastro: Lastro, statements: list[str]) -> None:
    events = one_each(30)
    lastro.record_batch(context(), events)
    statements.clear()
    lastro.load_many(project, [event.originator_id for event in events])
    assert len(statements) == 1


@pytest.mark.parametrize("count", [2, COPY_FROM + 200])
def test_facts_of_one_commit_keep_the_context_of_each(lastro: Lastro, count: int) -> None:
    causes = [None, new_id(), new_id()]
    contexts = [Context(f"kafka:{index % 2}", new_id(), causes[index % 3]) for index in range(count)]
    instants = [NOW - timedelta(hours=index % 2) for index in range(count)]
    facts = [
        fact.model_copy(update={"occurred_at": instant})
        for fact, instant in zip(one_each(count), instants, strict=True)
    ]
    lastro.record_batch(contexts, facts)
    recorded = lastro.read(0, 1_000)
    assert [(event.actor, event.correlation_id, event.causation_id) for event in recorded] == [
        (each.actor, each.correlation_id, each.causation_id) for each in contexts
    ]
    assert [event.occurred_at for event in recorded] == instants
    assert all(digest_of(event) == event.digest for event in recorded)


def test_a_context_for_some_of_the_facts_is_refused(lastro: Lastro) -> None:
    with pytest.raises(ValueError, match="one for each"):
        lastro.record_batch([context()], one_each(2))


@pytest.mark.parametrize("count", [1, 2, COPY_FROM - 1])
def test_few_facts_are_one_statement_that_commits_itself(
    lastro: Lastro, statements: list[str], count: int
) -> None:
    lastro.record(context(), *one_each(count))
    assert [statement.split()[0] for statement in statements] == ["INSERT"]


@pytest.mark.parametrize("count", [1, 2, COPY_FROM - 1, COPY_FROM, 300])
def test_insert_and_copy_store_the_same(lastro: Lastro, count: int) -> None:
    cause = new_id()
    shared = Context("ana \\ \t silva", new_id(), cause)
    events = [counted(new_id(), text=AWKWARD, company_id=None if n % 2 else new_id()) for n in range(count)]
    last = lastro.record(shared, *events)
    stored = lastro.read(0, 1000)
    assert stored[-1].position == last
    assert lastro.opened(stored) == events
    assert {(row.actor, row.correlation_id, row.causation_id) for row in stored} == {
        (shared.actor, shared.correlation_id, cause)
    }
    assert [_digest(row) for row in stored] == [row.digest for row in stored]


def test_positions_follow_the_order_given(lastro: Lastro) -> None:
    events = [*one_each(COPY_FROM), *one_each(200)]
    lastro.record_batch(context(), events)
    assert [row.stream_id for row in lastro.read(0, 1000)] == [event.originator_id for event in events]


def test_recording_nothing_writes_nothing(lastro: Lastro) -> None:
    assert lastro.record(context()) == 0
    assert lastro.read(0, 10) == []


def test_the_library_s_own_way_in_records_too(lastro: Lastro) -> None:
    stream = new_id()
    recordings = lastro.save(counted(stream), context=context())
    assert [recording.notification.id for recording in recordings] == [lastro.safe_position()]
    assert lastro.load(project, stream).version == 1


@pytest.mark.parametrize("others", [0, 1, COPY_FROM])
def test_a_version_that_is_taken_refuses_the_whole_commit(lastro: Lastro, others: int) -> None:
    stream = new_id()
    lastro.record(context(), counted(stream))
    with pytest.raises(ConcurrencyError):
        lastro.record(context(), *one_each(others), counted(stream, text="outro"))
    assert [row.state["text"] for row in lastro.read(0, 100)] == ["um"]


def test_two_writers_on_one_aggregate_one_wins(lastro: Lastro) -> None:
    barrier = Barrier(2, timeout=30)

    def write(stream_and_text: tuple[Counted, str]) -> bool:
        barrier.wait()
        try:
            lastro.record(context(stream_and_text[1]), stream_and_text[0])
        except ConcurrencyError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        for _ in range(50):
            stream = new_id()
            won = list(pool.map(write, [(counted(stream), "ana"), (counted(stream), "rui")]))
            assert sorted(won) == [False, True]
    assert len(lastro.read(0, 1000)) == 50


def test_writers_that_cross_over_two_aggregates_are_told_to_decide_again(lastro: Lastro) -> None:
    barrier = Barrier(2, timeout=30)
    first, second = new_id(), new_id()

    def crossing(one: Counted, other: Counted) -> bool:
        def also(connection: Connection) -> None:
            connection.execute("INSERT INTO lock_order VALUES (%s)", [str(one.originator_id)])
            barrier.wait()
            connection.execute("INSERT INTO lock_order VALUES (%s)", [str(other.originator_id)])

        try:
            lastro.record(context(), one, other, also=also)
        except ConcurrencyError:
            return False
        return True

    with lastro.database.connection() as connection:
        connection.execute("CREATE TABLE lock_order (id text PRIMARY KEY)")
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(crossing, counted(first), counted(second))
        other = pool.submit(crossing, counted(second), counted(first))
        assert (one.result(), other.result()).count(True) <= 1


def test_also_without_facts_is_refused(lastro: Lastro) -> None:
    """After a lost answer nothing could tell whether it had taken effect."""
    with pytest.raises(ValueError, match="also"):
        lastro.record(context(), also=_noting)
    assert lastro.record(context()) == 0


def test_also_is_part_of_the_transaction(lastro: Lastro) -> None:
    with lastro.database.connection() as connection:
        connection.execute("CREATE TABLE note (text text)")
    stream = new_id()
    lastro.record(context(), counted(stream), also=_noting)
    with pytest.raises(ConcurrencyError):
        lastro.record(context(), counted(stream), also=_noting)
    with lastro.database.connection() as connection:
        assert connection.execute("SELECT text FROM note").fetchall() == [("noted",)]


@pytest.mark.parametrize("count", [1, COPY_FROM])
def test_what_also_raises_undoes_the_facts(lastro: Lastro, count: int) -> None:
    def refuse(_: Connection) -> None:
        raise LookupError("taken")

    with pytest.raises(LookupError, match="taken"):
        lastro.record(context(), *one_each(count), also=refuse)
    assert lastro.read(0, 100) == []


@pytest.mark.parametrize("count", [1, COPY_FROM])
def test_a_text_that_postgres_cannot_hold_is_refused(lastro: Lastro, count: int) -> None:
    with pytest.raises(TextUnstorableError):
        lastro.record(context(), *one_each(count, text="nul \0"))


def test_a_fact_is_never_changed(database: Database, lastro: Lastro) -> None:
    lastro.record(context(), *one_each(1))
    for statement in ("UPDATE event SET actor = 'x'", "DELETE FROM event", "TRUNCATE event"):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation), database.connection() as connection:
            connection.execute(statement.encode())


def test_recorded_at_is_the_store_s_and_occurred_at_the_fact_s(lastro: Lastro) -> None:
    lastro.record(context(), *one_each(1))
    (row,) = lastro.read(0, 10)
    assert row.occurred_at == NOW
    assert row.recorded_at > NOW
    assert row.recorded_at.tzinfo is not None
    assert row.recorded_at.utcoffset() == UTC.utcoffset(None)


def test_reading_is_by_topic_and_page(lastro: Lastro) -> None:
    lastro.record_batch(context(), one_each(30))
    first = lastro.read(0, 20)
    rest = lastro.read(first[-1].position, 20)
    assert (len(first), len(rest)) == (20, 10)
    assert len(lastro.read(0, 100, [Counted.TOPIC])) == 30
    assert lastro.read(0, 100, ["test.other.v1"]) == []


def test_a_topic_of_a_later_release_is_refused_by_name(lastro: Lastro, database: Database) -> None:
    stream = new_id()
    with database.connection() as connection:
        connection.execute(
            "INSERT INTO event (stream_id, version, topic, state, event_id, actor, occurred_at, recorded_at,"
            " correlation_id, release, digest)"
            " VALUES (%s, 1, 'test.later.v9', '{}', %s, 'x', now(), now(), %s, '0', '')",
            (stream, new_id(), new_id()),
        )
    with pytest.raises(TopicUnknownError, match=r"test\.later\.v9"):
        lastro.load(project, stream)


def _noting(connection: Connection) -> None:
    connection.execute("INSERT INTO note VALUES ('noted')")


def _digest(row: RecordedEvent) -> bytes:
    """Computed anew from the stored row, by the independent writer."""
    envelope = {
        "event_id": str(row.event_id),
        "stream_id": str(row.stream_id),
        "version": row.version,
        "topic": row.topic,
        "company_id": str(row.company_id) if row.company_id else None,
        "actor": row.actor,
        "occurred_at": row.occurred_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "recorded_at": row.recorded_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "correlation_id": str(row.correlation_id),
        "causation_id": str(row.causation_id) if row.causation_id else None,
        "release": row.release,
        "state": row.state,
    }
    return hashlib.sha256(jcs(envelope).encode()).digest()
