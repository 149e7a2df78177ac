"""The worker: rows follow commits by themselves, whatever wakes it or is killed, until it is stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import enumerate as threads
from uuid import UUID

from application.app import Lastro
from application.database import Database
from projections.invoice_grid.model import INVOICE_GRID
from projections.invoice_history.model import INVOICE_HISTORY
from projections.progress import wait_for
from projections.registry import lanes
from projections.worker import Worker
from tests.domain.invoice import facts
from tests.projections.rows import CONTEXT
from tests.projections.test_runner import insert, opened

DEADLINE = 20.0


@contextmanager
def working(worker: Worker) -> Iterator[Worker]:
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def eventually(holds: Callable[[], bool]) -> bool:
    """Ask again and again until it holds or the deadline has passed."""
    deadline = time.monotonic() + DEADLINE
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_every_model_follows_the_log(lastro: Lastro, database: Database) -> None:
    with working(Worker(database, lanes(lastro.keyring))) as worker:
        for number in range(1, 6):
            position = lastro.record(CONTEXT, opened(number))
            assert wait_for(database, position, DEADLINE)
        assert worker.failures == {}


def test_a_commit_wakes_the_worker_before_its_poll(lastro: Lastro, database: Database) -> None:
    with working(Worker(database, [[INVOICE_GRID]])):
        assert wait_for(database, lastro.record(CONTEXT, opened(1)), DEADLINE)
        waits = []
        for number in range(2, 12):
            start = time.monotonic()
            assert wait_for(database, lastro.record(CONTEXT, opened(number)), DEADLINE)
            waits.append(time.monotonic() - start)
    assert sorted(waits)[5] < 0.5


def test_a_lost_wake_up_costs_a_poll_and_no_more(database: Database) -> None:
    state = facts.opened().model_dump(mode="json")
    with working(Worker(database, [[INVOICE_GRID]])):
        insert(database, UUID(int=1), 1, "invoice.opened.v1", state)
        assert eventually(lambda: wait_for(database, _last(database), 0.0, ["invoice_grid"]))


def test_the_worker_outlives_its_connections(lastro: Lastro, database: Database) -> None:
    with working(Worker(database, [[INVOICE_GRID], [INVOICE_HISTORY]])):
        assert wait_for(database, lastro.record(CONTEXT, opened(1)), DEADLINE)
        with database.autocommit() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        database.discard_broken()
        assert wait_for(database, lastro.record(CONTEXT, opened(2)), DEADLINE)


def test_a_model_that_fails_holds_up_no_other_of_its_lane(lastro: Lastro, database: Database) -> None:
    broken = replace(INVOICE_GRID, apply="INSERT INTO nowhere SELECT stream_id FROM {page} AS page;")
    with working(Worker(database, [[broken, INVOICE_HISTORY]])) as worker:
        position = lastro.record(CONTEXT, opened(1))
        assert wait_for(database, position, DEADLINE, ["invoice_history"])
        assert eventually(lambda: "invoice_grid" in worker.failures)
        assert worker.failures["invoice_grid"].startswith("UndefinedTable")


def test_stopping_ends_every_thread(lastro: Lastro, database: Database) -> None:
    worker = Worker(database, lanes(lastro.keyring))
    with working(worker):
        assert wait_for(database, lastro.record(CONTEXT, opened(1)), DEADLINE)
    worker.stop()
    assert not [thread.name for thread in threads() if thread.name.startswith("projections-")]


def _last(database: Database) -> int:
    with database.connection() as connection:
        row = connection.execute("SELECT max(position) FROM event").fetchone()
    assert row is not None
    return int(row[0])
