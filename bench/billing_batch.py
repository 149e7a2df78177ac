"""Confirms a contractual batch until its rows are on the grid, against a bare COPY of the same events."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from uuid import UUID

from application.access import SYSTEM
from application.app import Lastro
from application.billing.workers import InProcesses
from application.commands import Commands
from application.database import Database
from application.event_store.keys import MasterKey
from bench.facts_read import FactReadModels
from bench.portfolio import MARCH, NOW, found
from bench.rows import Row
from bench.server import durable_server, migrated
from projections.invoice_grid.model import INVOICE_GRID
from projections.progress import wait_for
from projections.worker import Worker

_KEY = MasterKey(bytes(32))
_WORKERS = 2
_COPIES = 3


def run(scale: str) -> list[Row]:
    """One batch with a customer for each invoice, two worker processes, the grid's runner beside them."""
    invoices = 10_000 if scale == "small" else 100_000
    with durable_server() as server, migrated(server) as database, billing(database) as commands:
        found(commands).grow(0, invoices)
        with grid(database):
            settle(database)
            taken, run_id = timed_batch(database, commands)
            events, bare = bare_copy(database, run_id)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    note = (
        f"{invoices:,} invoices in {taken:.1f} s ({taken / invoices * 1e6:.0f} µs each), bare COPY"
        f" {bare:.1f} s; {events / invoices:.2f} events each (at most 4); peak {memory:.0f} MB"
    )
    return [Row("billing_batch", bare / taken, 0.35, "higher", note)]


def open_lastro(url: str, schema: str) -> Lastro:
    """The application of a worker process."""
    return Lastro(Database(url, schema, 4), _KEY)


@contextmanager
def billing(database: Database, workers: int = _WORKERS) -> Iterator[Commands]:
    """The commands on a database, with worker processes for the batch."""
    lastro = Lastro(database, _KEY)
    pool = InProcesses(
        lastro, lambda: NOW, partial(open_lastro, database.url, database.schema), helpers=workers - 1
    )
    models = FactReadModels(database)
    try:
        yield Commands.over(lastro, _KEY, models, clock=lambda: NOW, workers=pool if workers > 1 else None)
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


def timed_batch(database: Database, commands: Commands) -> tuple[float, UUID]:
    """Seconds from the confirmation to the last row on the grid, and the run."""
    plan = commands.batch.plan(SYSTEM, due_from=MARCH[0], due_until=MARCH[1])
    start = time.perf_counter()
    done = commands.batch.confirm(SYSTEM, plan.plan_hash)
    assert done.run.billed == plan.planned.invoices
    with database.connection() as connection:
        row = connection.execute("SELECT max(position) FROM event").fetchone()
    assert row is not None
    reached(database, row[0])
    return time.perf_counter() - start, done.run.id


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
