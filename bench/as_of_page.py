"""The first page of the listing as it was, against today's page of the same filter over the same invoices."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from application.database import Database
from application.event_store.reading import safe_position
from bench.as_of_log import BILLED, PAID, write_log
from bench.billing_house import billing, open_lastro
from bench.portfolio import found
from bench.rows import Row
from bench.server import durable_server, migrated
from domain.invoice.situacao import Situacao
from projections.as_of import AsOf, known_until
from projections.installation import build_indexes
from projections.invoice_as_of.model import INVOICE_AS_OF
from projections.invoice_grid import query
from projections.invoice_grid.filter import GridFilter
from projections.invoice_grid.model import INVOICE_GRID
from projections.invoice_grid.rows import Key
from projections.projection import Projection
from projections.registry import projections
from projections.runner import Runner, configure

_ROWS = 80
_CUSTOMERS = 1_000
_ROUNDS = 60
_GOAL = 3.0
_HALF_BILLED = BILLED + (PAID - BILLED) / 2
_DEEP: Key = (date(2026, 8, 1), UUID(int=0))
_YEAR = GridFilter(start=date(2026, 1, 1), end=date(2026, 12, 31), today=date(2026, 10, 1), companies=None)


@dataclass(frozen=True)
class Fed:
    """What it took to feed a model: seconds, and the bytes of its tables and indexes."""

    seconds: float
    bytes: int


def run(scale: str) -> list[Row]:
    """Both read models fed from one log; then page after page, the past and today in turns."""
    invoices = 20_000 if scale == "small" else 1_000_000
    with durable_server() as server, migrated(server) as database:
        companies, customers = _registered(database)
        events = write_log(database, invoices, companies, customers)
        today, past = _feed(database, INVOICE_GRID), _feed(database, INVOICE_AS_OF)
        with database.autocommit() as connection:
            then = AsOf(_HALF_BILLED, known_until(connection, _HALF_BILLED))
        some = replace(_YEAR, customers=tuple(customers[:20]), situacoes=(Situacao.BILLED,))
        told = (
            f"{past.seconds / events * 1e6:.0f} µs and {past.bytes / events:.0f} bytes an event"
            f" ({past.bytes / invoices:.0f} an invoice); the listing of today"
            f" {today.seconds / events * 1e6:.0f} µs and {today.bytes / invoices:.0f} bytes an invoice"
        )
        return [
            _compared(database, "as_of_page", _YEAR, then, None, _GOAL, told),
            _compared(database, "as_of_deep_page", _YEAR, then, _DEEP),
            _compared(database, "as_of_some_customers", some, then, None),
        ]


def _registered(database: Database) -> tuple[tuple[UUID, ...], list[UUID]]:
    with billing(database, 1) as commands:
        portfolio = found(commands)
        portfolio.grow(0, _CUSTOMERS, starts_on=date(2027, 1, 1))
    for model in projections(open_lastro(database.url, database.schema).keyring):
        _feed(database, model)
    with database.autocommit() as connection:
        rows = connection.execute("SELECT customer_id FROM customers ORDER BY customer_id").fetchall()
    return portfolio.companies, [customer_id for (customer_id,) in rows]


def _feed(database: Database, model: Projection) -> Fed:
    with database.dedicated() as connection:
        configure(connection)
        start = time.perf_counter()
        Runner(model).run_to(connection, safe_position(connection))
        build_indexes(connection, model)
        seconds = time.perf_counter() - start
        connection.execute("RESET ALL")
        for table in model.relations:
            connection.execute(f"VACUUM (ANALYZE) {model.relation(table)}")
        row = connection.execute(
            "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name",
            [[model.relation(table) for table in model.relations]],
        ).fetchone()
    assert row is not None, "an aggregate returns a row"
    return Fed(seconds, int(row[0]))


def _compared(
    database: Database,
    name: str,
    filter: GridFilter,
    then: AsOf,
    key: Key | None,
    goal: float | None = None,
    told: str = "",
) -> Row:
    past = replace(filter, as_of=then)
    took: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(_ROUNDS):
        for is_past, chosen in ((False, filter), (True, past)):
            start = time.perf_counter()
            found = query.page(database, chosen, size=_ROWS, key=key)
            took[is_past].append(time.perf_counter() - start)
            assert len(found.rows) == _ROWS
    return _row(name, took[False], took[True], goal, told)


def _row(name: str, today: Iterable[float], past: Iterable[float], goal: float | None, told: str) -> Row:
    now, then = statistics.median(today), statistics.median(past)
    note = f"{then * 1000:.1f} ms, today's {now * 1000:.1f} ms" + (f"; {told}" if told else "")
    return Row(name, then / now, goal, "lower", note)
