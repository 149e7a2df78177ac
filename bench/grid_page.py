"""A page of 80 rows of the listing, among ever more invoices: it costs the same."""

from __future__ import annotations

import random
import statistics
import time
from contextlib import ExitStack
from datetime import date, timedelta
from uuid import UUID

from application.database import Database
from bench.grid_filling import fill
from bench.rows import Row
from bench.server import durable_server, migrated
from projections.invoice_grid.filter import GridFilter
from projections.invoice_grid.query import page

_PAGE = 80
_WARM, _ROUNDS = 40, 400
_SEED = 20_260_301


def run(scale: str) -> list[Row]:
    """Databases side by side; the same pages of each in turns, first pages and pages from any row on."""
    sizes = (20_000, 200_000) if scale == "small" else (100_000, 1_000_000, 10_000_000)
    with durable_server() as server, ExitStack() as stack:
        databases = [stack.enter_context(migrated(server, 2)) for _ in sizes]
        for database, size in zip(databases, sizes, strict=True):
            companies = fill(database, size)
        times = _measured(databases, companies)
    rows = []
    for size, took in zip(sizes[1:], times[1:], strict=True):
        note = f"p95 {_p95(took):.1f} ms of {size:,} rows, {_p95(times[0]):.1f} ms of {sizes[0]:,}"
        note += f"; medians {statistics.median(took):.1f} and {statistics.median(times[0]):.1f} ms"
        name = "grid_page" if size == sizes[1] else "grid_page_largest"
        rows.append(Row(name, _p95(took) / _p95(times[0]), 1.3, "lower", note))
    return rows


def _measured(databases: list[Database], companies: tuple[UUID, ...]) -> list[list[float]]:
    """Milliseconds of each page, by database. Every database is asked for the same pages."""
    chance = random.Random(_SEED)
    times: list[list[float]] = [[] for _ in databases]
    for number in range(_WARM + _ROUNDS):
        day = date(2026, 1, 1) + timedelta(days=chance.randrange(300))
        chosen = GridFilter(
            start=day,
            end=day + timedelta(days=60),
            today=date(2026, 6, 1),
            companies=chance.choice([companies, companies[:1]]),
        )
        key = None if number % 2 else (day + timedelta(days=chance.randrange(30)), UUID(int=0))
        for database, took in zip(databases, times, strict=True):
            start = time.perf_counter()
            shown = page(database, chosen, size=_PAGE, key=key)
            if number >= _WARM:
                took.append((time.perf_counter() - start) * 1000)
            assert len(shown.rows) == _PAGE
    return times


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]
