"""The first page of the listing while the listing is rebuilt and switched, again and again, against usual."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from datetime import date
from multiprocessing.connection import Connection as Pipe
from multiprocessing.synchronize import Event

from application.database import Database
from bench.rebuild_house import house, rebuilt
from bench.rebuild_log import COMPANIES
from bench.rows import Row
from projections.invoice_grid.filter import GridFilter
from projections.invoice_grid.model import INVOICE_GRID
from projections.invoice_grid.query import page
from projections.rebuild.operations import promote

_PAGE = 80
_PAUSE_SECONDS = 0.02
"""Between two looks: a person turns pages, a reader without a pause would measure only the queue."""

_WARM = 20
_MARCH = GridFilter(
    start=date(2026, 3, 1), end=date(2026, 3, 31), today=date(2026, 3, 2), companies=COMPANIES
)


def run(scale: str) -> list[Row]:
    """A reader of its own process; first nothing else happens, then rebuild follows rebuild."""
    events, usual, rounds = (30_000, 3.0, 2) if scale == "small" else (1_000_000, 20.0, 2)
    with house(events) as where:
        rebuilt(where.database)
        promote(where.database, INVOICE_GRID)
        before = _read_while(where.database, lambda: time.sleep(usual))
        during = _read_while(where.database, lambda: _switched(where.database, rounds))
    note = (
        f"{where.events:,} events, {len(during):,} pages during {rounds} rebuilds and switches:"
        f" p95 {_p95(before) * 1000:.1f} -> {_p95(during) * 1000:.1f} ms, longest {max(during) * 1000:.0f} ms"
    )
    return [Row("rebuild_page", _p95(during) / _p95(before), 3.0, "lower", note)]


def _switched(database: Database, rounds: int) -> None:
    for _ in range(rounds):
        rebuilt(database)
        promote(database, INVOICE_GRID)


def _read_while(database: Database, act: Callable[[], object]) -> list[float]:
    """How long each page took meanwhile. A page that fails, or is empty, fails the benchmark."""
    context = multiprocessing.get_context("spawn")
    told, tell = context.Pipe(duplex=False)
    over = context.Event()
    process = context.Process(target=_read, args=(database.url, database.schema, over, tell), daemon=True)
    process.start()
    assert told.recv() == "ready"
    act()
    over.set()
    times = told.recv()
    process.join()
    if not isinstance(times, list):
        raise RuntimeError(times)
    return times


def _read(url: str, schema: str, over: Event, tell: Pipe) -> None:
    with Database(url, schema, 2) as database:
        for _ in range(_WARM):
            _page(database)
        tell.send("ready")
        try:
            times = []
            while not over.is_set():
                times.append(_page(database))
                time.sleep(_PAUSE_SECONDS)
            tell.send(times)
        except Exception as error:
            tell.send(repr(error))


def _page(database: Database) -> float:
    start = time.perf_counter()
    shown = page(database, _MARCH, size=_PAGE)
    took = time.perf_counter() - start
    assert len(shown.rows) == _PAGE
    return took


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]
