"""Readers are woken soon after a commit; a lost wake-up costs at most a second."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from threading import Thread

import pytest

from application.app import Lastro
from application.clock import utc_now
from application.database import Database
from application.event_store.wakeup import CHANNEL, POLL_SECONDS, Listener, Waker
from application.event_store.watermark import known_at
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
    waking = lastro._waker._connection
    assert waking is not None
    with database.autocommit() as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 5000)", [waking.info.backend_pid])
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


def test_a_commit_has_its_watermark_a_second_later_without_a_worker(
    lastro: Lastro, database: Database
) -> None:
    lastro.record(context(), *one_each(1))
    position = lastro.record(context(), *one_each(1))
    deadline = time.monotonic() + 20
    while known_at(database, utc_now()) < position:
        assert time.monotonic() < deadline
        lastro._waker._due.wait(0.05)


def test_watermarks_are_about_one_a_second_however_many_write(lastro: Lastro, database: Database) -> None:
    others = [Waker(database) for _ in range(3)]
    start = time.monotonic()
    while time.monotonic() - start < 2.5:
        lastro.record(context(), *one_each(1))
        for waker in others:
            waker.wake()
    passed = time.monotonic() - start
    with database.autocommit() as connection:
        marks = connection.execute("SELECT position FROM watermark").fetchall()
    for waker in others:
        waker.close()
    assert 2 <= len(marks) <= passed / 0.9 + 1


def test_closing_writes_the_last_watermark(lastro: Lastro, database: Database) -> None:
    for _ in range(3):
        position = lastro.record(context(), *one_each(1))
    lastro.close()
    assert known_at(database, utc_now()) == position


_FORGETFUL = """
import sys
from tests.application.event_store.facts import context, one_each
from tests.support.application import open_lastro

application = open_lastro(sys.argv[1])
application.record(context(), *one_each(1))
"""


def test_a_process_that_closes_nothing_still_ends(lastro: Lastro, database_url: str) -> None:
    """Who joins a thread while the interpreter goes down waits for ever."""
    subprocess.run([sys.executable, "-c", _FORGETFUL, database_url], timeout=60, check=True)
    assert len(lastro.read(0, 10)) == 1


def _kill(database: Database, last_query: str) -> None:
    with database.autocommit() as connection:
        killed = connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query = %s",
            [last_query],
        ).fetchall()
    assert killed == [(True,)]
