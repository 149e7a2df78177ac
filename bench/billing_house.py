"""What the billing benchmarks share: the commands, the grid's runner, one timed batch, a bare COPY."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import UUID

from application.access import SYSTEM
from application.app import Lastro
from application.billing.workers import InProcesses
from application.clock import utc_now
from application.commands import Commands
from application.database import Database
from application.event_store.keys import MasterKey
from projections.companies.query import AutomaticBillingCompanies
from projections.contracts.query import GrowingContractsQuery
from projections.invoice_grid.model import INVOICE_GRID
from projections.invoice_grid.query import GridBillableInvoices
from projections.progress import wait_for
from projections.sales_to_bill.query import OpenSalesQuery
from projections.worker import Worker

_KEY = MasterKey(bytes(32))
_COPIES = 3


class GridReadModels(GridBillableInvoices, AutomaticBillingCompanies, GrowingContractsQuery, OpenSalesQuery):
    """What the commands ask, from the read models themselves."""


@dataclass(frozen=True)
class Timed:
    """Seconds of planning, and from the confirmation until the last row was on the grid."""

    invoices: int
    planned: float
    billed: float
    run_id: UUID


def open_lastro(url: str, schema: str) -> Lastro:
    """The application of a worker process."""
    return Lastro(Database(url, schema, 4), _KEY)


@contextmanager
def billing(database: Database, workers: int) -> Iterator[Commands]:
    """The commands on a database, with worker processes for the batch."""
    lastro = Lastro(database, _KEY)
    models = GridReadModels(database)
    opener = partial(open_lastro, database.url, database.schema)
    pool = InProcesses(lastro, utc_now, opener, models.behind, helpers=workers - 1)
    if workers > 1:
        pool.start()  # as `lastro bill confirm` does when it begins
    try:
        yield Commands.over(lastro, _KEY, models, workers=pool if workers > 1 else None)
    finally:
        lastro.close()


@contextmanager
def grid(database: Database) -> Iterator[None]:
    """The grid's runner, as the worker process has it."""
    worker = Worker(database, [[INVOICE_GRID]])
    worker.start()
    try:
        yield
    finally:
        worker.stop()


def settle(database: Database) -> None:
    """Let the grid and the server's own housekeeping be done with the load before the clock starts."""
    with database.autocommit() as connection:
        row = connection.execute("SELECT max(position) FROM event").fetchone()
        assert row is not None
        reached(database, row[0])
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def reached(database: Database, position: int) -> None:
    """Wait until the grid shows a position."""
    if not wait_for(database, position, 900.0, [INVOICE_GRID.name]):
        raise TimeoutError(f"the grid did not reach {position}")


def timed_batch(database: Database, commands: Commands, first: date, last: date) -> Timed:
    """Plan and confirm what falls due in the interval."""
    start = time.perf_counter()
    plan = commands.batch.plan(SYSTEM, due_from=first, due_until=last)
    planned = time.perf_counter() - start
    start = time.perf_counter()
    done = commands.batch.confirm(SYSTEM, plan.plan_hash)
    assert done.run.billed == plan.planned.invoices
    with database.connection() as connection:
        row = connection.execute("SELECT max(position) FROM event").fetchone()
    assert row is not None
    reached(database, row[0])
    return Timed(done.run.billed, planned, time.perf_counter() - start, done.run.id)


def bare_copy(database: Database, run_id: UUID) -> tuple[int, float]:
    """How many events the run wrote, and the median seconds of a COPY of them into a table just like it."""
    with database.autocommit() as connection:
        cursor = connection.cursor()
        with cursor.copy(
            "COPY (SELECT * FROM event WHERE correlation_id = %s ORDER BY position)"
            " TO STDOUT (FORMAT binary)",
            (run_id,),
        ) as copy:
            data = [bytes(block) for block in copy]
        times = []
        for _ in range(_COPIES):
            connection.execute("CREATE TABLE event_twin (LIKE event INCLUDING ALL)")
            connection.execute("CHECKPOINT")
            start = time.perf_counter()
            with cursor.copy("COPY event_twin FROM STDIN (FORMAT binary)") as copy:
                for block in data:
                    copy.write(block)
            times.append(time.perf_counter() - start)
            row = connection.execute("SELECT count(*) FROM event_twin").fetchone()
            connection.execute("DROP TABLE event_twin")
    assert row is not None
    return row[0], statistics.median(times)
