"""How long after its commit a fact is on the listing, all read models fed, 500 events a second coming in."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from multiprocessing.synchronize import Event
from threading import Thread

from application.app import Context, Lastro
from application.database import Database
from application.event_store.keys import MasterKey
from application.ids import new_id
from bench.invoice_facts import opened
from bench.rows import Row
from bench.server import durable_server, migrated
from domain.invoice.events import InvoiceBilled
from domain.kernel import first
from projections.progress import wait_for
from projections.registry import lanes
from projections.worker import Worker

RATE = 500
"""Events a second, two to a commit."""

_PER_COMMIT = 2
_LOOK_SECONDS = 0.001
_KEY = MasterKey(bytes(32))
_NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
_DAY = date(2026, 11, 10)
_COMPANY, _CUSTOMER, _ACCOUNT = new_id(), new_id(), new_id()


@dataclass(slots=True)
class Measured:
    """Positions and when their commits had returned, and when each position of the listing was first seen."""

    commits: list[tuple[int, float]] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    shown: list[tuple[int, float]] = field(default_factory=list)

    def lags(self) -> list[float]:
        """Seconds from each commit to its rows, in order of size."""
        found, at = [], 0
        for position, committed in self.commits:
            while self.shown[at][0] < position:
                at += 1
            found.append(max(0.0, self.shown[at][1] - committed))
        return sorted(found)


def run(scale: str) -> list[Row]:
    """A writer at a steady rate, the worker in its own process, and a reader that looks each millisecond."""
    seconds = 8 if scale == "small" else 60
    with durable_server() as server, migrated(server) as database, worker(database):
        lastro = Lastro(database, _KEY)
        try:
            _write(lastro, Measured(), seconds=1.0)
            measured = _measure(lastro, database, seconds)
        finally:
            lastro.close()
    lags = measured.lags()
    commit = statistics.median(measured.took)
    p99 = lags[int(len(lags) * 0.99)]
    note = (
        f"{len(lags) * _PER_COMMIT / seconds:.0f} events/s for {seconds} s:"
        f" p50 {lags[len(lags) // 2] * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms,"
        f" longest {lags[-1] * 1000:.0f} ms; one commit {commit * 1000:.1f} ms"
    )
    return [Row("live_lag", p99 / commit, None, "lower", note)]


@contextmanager
def worker(database: Database) -> Iterator[None]:
    """All read models, fed by a process of their own as `lastro worker` does."""
    context = multiprocessing.get_context("spawn")
    stopping = context.Event()
    process = context.Process(target=_work, args=(database.url, database.schema, stopping), daemon=True)
    process.start()
    try:
        if not wait_for(database, 0, 60.0, ["invoice_grid"]):
            raise TimeoutError("the worker did not start")
        yield
    finally:
        stopping.set()
        process.join(30)


def _work(url: str, schema: str, stopping: Event) -> None:
    with Database(url, schema, 8) as database:
        lastro = Lastro(database, _KEY)
        models = Worker(database, lanes(lastro.keyring))
        models.start()
        stopping.wait()
        models.stop()
        lastro.close()


def _measure(lastro: Lastro, database: Database, seconds: float) -> Measured:
    measured = Measured()
    writer = Thread(target=_write, args=(lastro, measured, seconds))
    writer.start()
    with database.dedicated() as connection:
        while writer.is_alive() or measured.shown[-1][0] < measured.commits[-1][0]:
            row = connection.execute(
                "SELECT position FROM projection WHERE name = 'invoice_grid' AND live"
            ).fetchone()
            seen = time.perf_counter()
            if row is not None and (not measured.shown or row[0] > measured.shown[-1][0]):
                measured.shown.append((row[0], seen))
            time.sleep(_LOOK_SECONDS)
    return measured


def _write(lastro: Lastro, measured: Measured, seconds: float) -> None:
    start = time.perf_counter()
    for number in range(int(seconds * RATE / _PER_COMMIT)):
        time.sleep(max(0.0, start + number * _PER_COMMIT / RATE - time.perf_counter()))
        header = first(new_id(), _NOW, _COMPANY)
        born = opened(header, _CUSTOMER, _ACCOUNT, _DAY)
        billed = InvoiceBilled(**(header | {"originator_version": 2}), billed_on=_DAY)
        began = time.perf_counter()
        position = lastro.record(Context("bench", new_id()), born, billed)
        committed = time.perf_counter()
        measured.commits.append((position, committed))
        measured.took.append(committed - began)
