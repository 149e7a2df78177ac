"""A connection lost around a commit neither loses facts, nor doubles them, nor reports a false conflict."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from application.app import CommitUnknownError, ConcurrencyError, Lastro
from application.database import Connection, Database
from application.ids import new_id
from tests.application.event_store.facts import context, counted, one_each
from tests.support.application import MASTER_KEY
from tests.support.proxy import Proxy, proxied


@pytest.fixture
def proxy(database_url: str) -> Iterator[Proxy]:
    """A network that fails on demand."""
    with proxied(database_url) as proxy:
        yield proxy


@pytest.fixture
def remote(proxy: Proxy) -> Iterator[Lastro]:
    """The application behind that network."""
    with Database(proxy.url, max_size=4, timeout=2.0) as database:
        application = Lastro(database, MASTER_KEY)
        yield application
        application.close()


@pytest.mark.parametrize(("count", "answer"), [(1, b"INSERT 0 1"), (5, b"INSERT 0 5"), (300, b"COPY 300")])
def test_a_commit_whose_answer_is_lost_is_recognised_as_ours(
    remote: Lastro, lastro: Lastro, proxy: Proxy, count: int, answer: bytes
) -> None:
    events = one_each(count)
    proxy.lose_answer(answer)
    last = remote.record(context(), *events)
    stored = lastro.read(0, 1000)
    assert proxy.cuts == 1
    assert lastro.opened(stored) == events
    assert stored[-1].position == last


def test_the_position_of_a_batch_is_found_when_only_it_was_lost(
    remote: Lastro, lastro: Lastro, proxy: Proxy
) -> None:
    proxy.lose_request(b"currval")
    last = remote.record_batch(context(), one_each(300))
    stored = lastro.read(0, 1000)
    assert (len(stored), stored[-1].position, proxy.cuts) == (300, last, 1)


@pytest.mark.parametrize("count", [1, 300])
def test_also_takes_effect_once_when_the_answer_to_commit_is_lost(
    remote: Lastro, lastro: Lastro, proxy: Proxy, count: int
) -> None:
    _make_notes(lastro)
    proxy.lose_answer(b"COMMIT")
    remote.record(context(), *one_each(count), also=_noting)
    assert (len(lastro.read(0, 1000)), _notes(lastro), proxy.cuts) == (count, 1, 1)


def test_also_that_refuses_its_own_repetition_is_not_a_failure(
    remote: Lastro, lastro: Lastro, proxy: Proxy
) -> None:
    _make_notes(lastro, "CREATE UNIQUE INDEX ON note (text)")
    proxy.lose_answer(b"COMMIT")
    assert remote.record(context(), *one_each(1), also=_noting) == lastro.safe_position()
    assert (len(lastro.read(0, 1000)), _notes(lastro)) == (1, 1)


@pytest.mark.parametrize(("count", "request_holds"), [(1, b"test.counted.v1"), (300, b"PGCOPY")])
def test_what_never_reached_the_server_is_sent_again(
    remote: Lastro, lastro: Lastro, proxy: Proxy, count: int, request_holds: bytes
) -> None:
    events = one_each(count)
    proxy.lose_request(request_holds)
    remote.record(context(), *events)
    assert proxy.cuts == 1
    assert lastro.opened(lastro.read(0, 1000)) == events


def test_a_real_conflict_after_a_loss_is_a_conflict(remote: Lastro, lastro: Lastro, proxy: Proxy) -> None:
    stream = new_id()
    proxy.lose_request(b"test.counted.v1")
    lastro.record(context("rui"), counted(stream))
    with pytest.raises(ConcurrencyError):
        remote.record(context(), counted(stream))
    assert [event.actor for event in lastro.read(0, 10)] == ["rui"]


def test_the_question_whether_it_was_ours_is_asked_again_when_it_is_lost_too(
    remote: Lastro, lastro: Lastro, proxy: Proxy
) -> None:
    proxy.lose_answer(b"INSERT 0 1")
    proxy.lose_request(b"SELECT event_id::text")
    last = remote.record(context(), *one_each(1))
    assert ([event.position for event in lastro.read(0, 10)], proxy.cuts) == ([last], 2)


def test_a_server_that_cannot_be_asked_leaves_the_outcome_open(
    remote: Lastro, lastro: Lastro, proxy: Proxy
) -> None:
    proxy.lose_answer(b"INSERT 0 1", then_refuse=True)
    with pytest.raises(CommitUnknownError) as caught:
        remote.record(context(), *one_each(1))
    assert caught.value.event_ids == [str(event.event_id) for event in lastro.read(0, 10)]


def test_a_backend_killed_while_idle_costs_nothing(remote: Lastro, lastro: Lastro) -> None:
    remote.record(context(), *one_each(1))
    with lastro.database.autocommit() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
    remote.record(context(), *one_each(1))
    assert len(lastro.read(0, 10)) == 2


def _make_notes(lastro: Lastro, *more: str) -> None:
    with lastro.database.connection() as connection:
        connection.execute("CREATE TABLE note (text text)")
        for statement in more:
            connection.execute(statement.encode())


def _noting(connection: Connection) -> None:
    connection.execute("INSERT INTO note VALUES ('noted')")


def _notes(lastro: Lastro) -> int:
    with lastro.database.connection() as connection:
        return len(connection.execute("SELECT text FROM note").fetchall())
