"""Confirms a contractual batch until its rows are on the grid, against a bare COPY of the same events."""

from __future__ import annotations

import resource

from bench.billing_house import bare_copy, billing, grid, settle, timed_batch
from bench.portfolio import MARCH, found
from bench.rows import Row
from bench.server import durable_server, migrated

_WORKERS = 3


def run(scale: str) -> list[Row]:
    """A batch with a customer for each invoice, by three processes (the default) and the grid's runner."""
    invoices = 10_000 if scale == "small" else 100_000
    with durable_server() as server, migrated(server) as database, billing(database, _WORKERS) as commands:
        found(commands).grow(0, invoices)
        with grid(database):
            settle(database)
            before = _peak_megabytes()
            timed = timed_batch(database, commands, *MARCH)
            grown = _peak_megabytes() - before
            events, bare = bare_copy(database, timed.run_id)
    note = (
        f"{timed.invoices:,} invoices in {timed.billed:.2f} s ({timed.billed / invoices * 1e6:.0f} µs each),"
        f" bare COPY {bare:.2f} s; {events / invoices:.2f} events each (at most 4);"
        f" planned in {timed.planned:.1f} s; memory grew by {grown:.0f} MB"
    )
    return [Row("billing_batch", bare / timed.billed, 0.35, "higher", note)]


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
