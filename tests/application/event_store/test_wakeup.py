"""Readers are woken soon after a commit; a lost wake-up costs at most a second."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Thread

import pytest

from application.app import Lastro
from application.database import Database
from application.event_store.wakeup import CHANNEL, POLL_SECONDS, Listener, Waker
from tests.application.event_store.facts import context, one_each


@pytest.fixture
def listener(database: Database) -> Iterator[Listener]:
    """A reader that has begun to listen."""
    listener = Listener(database)
    assert listener.wait(0.0)
    yield listener
    listener.close()


def test_a_commit_wakes_a_reader_long_before_its_poll(lastro: Lastro, listener: Listener) -> None:
    lastro.record(context(), *one_each(1))
    assert listener.wait(10.0)


def test_a_batch_wakes_too(lastro: Lastro, listener: Listener) -> None:
    lastro.record_batch(context(), one_each(100))
    assert listener.wait(10.0)


def test_nothing_is_notified_in_a_writer_s_transaction(
    lastro: Lastro, listener: Listener, statements: list[str]
) -> None:
    lastro.record(context(), *one_each(1))
    assert listener.wait(10.0)
    writing = [text for text in statements if "INSERT" in text]
    assert not any("NOTIFY" in text for text in writing)


def test_without_a_commit_the_wait_ends_by_itself(listener: Listener) -> None:
    start = time.monotonic()
    assert not listener.wait(0.2)
    assert time.monotonic() - start < POLL_SECONDS


def test_the_first_wait_returns_at_once_since_facts_may_be_there_already(database: Database) -> None:
    listener = Listener(database)
    assert listener.wait(60.0)
    listener.close()


def test_many_commits_are_told_in_few_notifications(lastro: Lastro, listener: Listener) -> None:
    for _ in range(200):
        lastro.record(context(), *one_each(1))
    told = 0
    while listener.wait(0.3):
        told += 1
    assert 1 <= told < 150


def test_a_lost_wake_up_costs_at_most_a_second(lastro: Lastro, listener: Listener) -> None:
    lastro._waker.close()
    seen: list[float] = []
    start = time.monotonic()

    def tail() -> None:
        while not lastro.read(0, 1):
            listener.wait()
        seen.append(time.monotonic() - start)

    tailing = Thread(target=tail)
    tailing.start()
    lastro.record(context(), *one_each(1))
    tailing.join(20)
    assert seen[0] < POLL_SECONDS + 1.0


def test_a_listener_whose_connection_dies_listens_again(
    lastro: Lastro, database: Database, listener: Listener
) -> None:
    _kill(database, f"LISTEN {CHANNEL}")
    assert not listener.wait(0.2)
    assert listener.wait(0.2)
    lastro.record(context(), *one_each(1))
    assert listener.wait(10.0)


def test_a_waker_whose_connection_dies_wakes_again(
    lastro: Lastro, database: Database, listener: Listener
) -> None:
    lastro.record(context(), *one_each(1))
    assert listener.wait(10.0)
    _kill(database, f"NOTIFY {CHANNEL}")
    deadline = time.monotonic() + 20
    lastro.record(context(), *one_each(1))
    while not listener.wait(0.2):
        assert time.monotonic() < deadline
        lastro.record(context(), *one_each(1))


def test_closing_tells_what_is_due_and_is_idempotent(database: Database, listener: Listener) -> None:
    waker = Waker(database)
    waker.wake()
    waker.close()
    waker.close()
    assert listener.wait(10.0)


def test_a_waker_that_was_never_used_holds_no_thread(database: Database) -> None:
    waker = Waker(database)
    assert waker._thread is None
    waker.close()
    waker.wake()
    assert waker._thread is None


def _kill(database: Database, last_query: str) -> None:
    with database.autocommit() as connection:
        killed = connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query = %s",
            [last_query],
        ).fetchall()
    assert killed == [(True,)]
