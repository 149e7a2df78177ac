"""Reads the listing: keyset pages, counts, facets, bulk selection, and what may be billed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from application.database import Connection, Database
from application.ports import Candidate, ReadModelBehindError
from projections.as_of import AsOf
from projections.invoice_grid.filter import (
    FACETS,
    LISTED,
    GridFilter,
    all_of,
    conditions,
    day,
    listing,
    source,
)
from projections.invoice_grid.rows import Count, GridPage, GridRow, Key, Selected, with_names
from projections.invoice_grid.search import search
from projections.progress import facts_behind, wait_for
from projections.reading import reading

COUNTED = 10_000
"""Counting stops here: the screen says "10.000+" and asks for the exact number only on a click."""

_LIST_TIMEOUT, _COUNT_TIMEOUT = "3s", "1s"
_STREAMED = 2_000

_BILLABLE = sql.SQL("situacao IN ('pending', 'error', 'value_pending')")
# Automatic billing asks for all of the past each minute, and nearly all of it is billed. Whether a day has
# anything left is in its totals, which move in the same transaction; Situação is in no index of the listing.
_DAY_HAS_BILLABLE = sql.SQL(
    "(company_id, due_on) IN (SELECT company_id, due_on FROM daily_rollup WHERE {})"
).format(_BILLABLE)


def page(
    database: Database,
    filter: GridFilter,
    *,
    size: int,
    key: Key | None = None,
    direction: Literal["after", "before"] = "after",
    descending: bool = False,
) -> GridPage:
    """The rows after (or before) a key in order of the filter's date, or the first (last) ones without a key.

    Raises psycopg's QueryCanceled when it takes longer than three seconds.
    """
    backwards = direction == "before"
    with reading(database, _LIST_TIMEOUT) as connection:
        found = search(connection, filter)
        where = conditions(filter, found)
        companies = _companies(connection, filter)
        limit = size + 1
        picked = _picked(filter, companies, where, key, limit, descending=descending != backwards)
        rows = _rows(connection, picked, filter, descending=descending != backwards)
    full = len(rows) > size
    rows = rows[:size][::-1] if backwards else rows[:size]
    narrowed = found is not None and found.narrowed
    if not rows:
        return GridPage((), None, None, narrowed)
    first, last = _key(rows[0], filter), _key(rows[-1], filter)
    has_before = full if backwards else key is not None
    has_after = key is not None if backwards else full
    return GridPage(tuple(rows), first if has_before else None, last if has_after else None, narrowed)


def count(database: Database, filter: GridFilter, most: int | None = COUNTED) -> Count:
    """How many rows the filter has, counted no further than `most` (None: all of them)."""
    try:
        with reading(database, _COUNT_TIMEOUT if most else _LIST_TIMEOUT) as connection:
            limit = sql.SQL("LIMIT {}").format(most + 1) if most else sql.SQL("")
            query = sql.SQL("SELECT count(*) FROM (SELECT FROM {} WHERE {} {}) AS counted")
            row = connection.execute(
                query.format(source(filter), _where(connection, filter), limit)
            ).fetchone()
    except psycopg.errors.QueryCanceled:
        return Count(None, more=True)
    assert row is not None, "an aggregate returns a row"
    rows = int(row[0])
    return Count(min(rows, most) if most else rows, more=bool(most) and rows > (most or 0))


def facets(database: Database, filter: GridFilter) -> Mapping[str, Mapping[str, int]] | None:
    """For each facet, the rows of each value under all other choices; None if it took too long."""
    try:
        with reading(database, _COUNT_TIMEOUT) as connection:
            found = search(connection, filter)
            company = _of_companies(filter)
            query = sql.SQL(" UNION ALL ").join(
                sql.SQL("SELECT {}, {}, count(*) FROM {} WHERE {} GROUP BY 2").format(
                    facet,
                    sql.Identifier(facet),
                    source(filter),
                    all_of([*company, *conditions(filter, found, without=facet)]),
                )
                for facet in FACETS
            )
            counted: dict[str, dict[str, int]] = {facet: {} for facet in FACETS}
            for facet, value, rows in connection.execute(query):
                counted[facet][value] = rows
            return counted
    except psycopg.errors.QueryCanceled:
        return None


def totals(database: Database, filter: GridFilter) -> tuple[int, Decimal]:
    """How many invoices the filter has in all, and what they are worth."""
    with reading(database, _LIST_TIMEOUT) as connection:
        query = sql.SQL("SELECT count(*), coalesce(sum(amount), 0) FROM {} WHERE {}")
        row = connection.execute(query.format(source(filter), _where(connection, filter))).fetchone()
    assert row is not None, "an aggregate returns a row"
    return int(row[0]), Decimal(row[1])


def select_all(database: Database, filter: GridFilter) -> Iterator[Selected]:
    """Every invoice of the filter, for a bulk command to keep as its snapshot; streamed, in order of id."""
    with database.connection() as connection:
        query = sql.SQL(
            "SELECT invoice_id, company_id, version, amount FROM {} WHERE {} ORDER BY invoice_id"
        ).format(source(filter), _where(connection, filter))
        yield from (Selected(*row) for row in _streamed(connection, query))


def stream(database: Database, filter: GridFilter) -> Iterator[GridRow]:
    """Every row of the filter in order of its date, for an export; memory does not grow with it."""
    with database.connection() as connection:
        rows = sql.SQL("(SELECT * FROM {} WHERE {})").format(source(filter), _where(connection, filter))
        order = sql.SQL("ORDER BY {}, invoice_id").format(sql.Identifier(filter.date_type.value))
        query = sql.SQL("{} {}").format(with_names(rows, filter.as_of), order)
        with connection.cursor("grid_export", row_factory=class_row(GridRow)) as cursor:
            cursor.itersize = _STREAMED
            yield from cursor.execute(query)


def invoice(database: Database, invoice_id: UUID, as_of: AsOf | None = None) -> GridRow | None:
    """One row; whether its company may be seen is the caller's to ask."""
    return next(iter(chosen(database, [invoice_id], as_of)), None)


def chosen(database: Database, invoice_ids: Collection[UUID], as_of: AsOf | None = None) -> list[GridRow]:
    """The rows of these invoices, in order of due date; ids that are not there are left out."""
    where: list[sql.Composable] = [sql.SQL("invoice_id = ANY({})").format(list(invoice_ids))]
    where += [] if as_of is None else [as_of.in_force()]
    with reading(database, _LIST_TIMEOUT) as connection:
        rows = sql.SQL("(SELECT * FROM {} WHERE {})").format(listing(as_of), all_of(where))
        query = sql.SQL("{} ORDER BY due_on, invoice_id").format(with_names(rows, as_of))
        with connection.cursor(row_factory=class_row(GridRow)) as cursor:
            return cursor.execute(query).fetchall()


class GridBillableInvoices:
    """The port `BillableInvoices` on the listing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """See the port."""
        if not wait_for(self._database, position, timeout_seconds, ["invoice_grid"]):
            raise ReadModelBehindError(f"invoice_grid did not reach position {position}")

    def behind(self) -> int:
        """How many facts it has still to show, or a few more."""
        return facts_behind(self._database, "invoice_grid")

    def candidates(
        self,
        companies: Collection[UUID] | None,
        due_from: date,
        due_until: date,
        due_on: date | None = None,
    ) -> Iterator[Candidate]:
        """See the port."""
        where: list[sql.Composable] = [LISTED, _BILLABLE, _DAY_HAS_BILLABLE]
        where += [sql.SQL("due_on BETWEEN {} AND {}").format(due_from, due_until)]
        if companies is not None:
            where += [sql.SQL("company_id = ANY({})").format(list(companies))]
        if due_on is not None:
            where += [sql.SQL("due_on = {}").format(due_on)]
        query = sql.SQL(
            "SELECT invoice_id, company_id, customer_id, account_id, due_on, amount FROM invoice_grid"
            " WHERE {} ORDER BY company_id, customer_id, due_on, invoice_id"
        ).format(all_of(where))
        with self._database.connection() as connection:
            yield from (Candidate(*row) for row in _streamed(connection, query))


def _streamed(connection: Connection, query: sql.Composed) -> Iterator[tuple[Any, ...]]:
    with connection.cursor("grid_rows") as cursor:
        cursor.itersize = _STREAMED
        yield from cursor.execute(query)


def _where(connection: Connection, filter: GridFilter) -> sql.Composable:
    return all_of([*_of_companies(filter), *conditions(filter, search(connection, filter))])


def _of_companies(filter: GridFilter) -> list[sql.Composable]:
    if filter.companies is None:
        return []
    return [sql.SQL("company_id = ANY({})").format(list(filter.companies))]


def _companies(connection: Connection, filter: GridFilter) -> Sequence[UUID]:
    if filter.companies is not None:
        return list(dict.fromkeys(filter.companies))
    rows = connection.execute("SELECT company_id FROM companies ORDER BY company_id")
    return [company_id for (company_id,) in rows]


def _picked(
    filter: GridFilter,
    companies: Sequence[UUID],
    where: Sequence[sql.Composable],
    key: Key | None,
    limit: int,
    *,
    descending: bool,
) -> sql.Composed:
    """The page's rows: of each company as many as a page takes, by its own index; of those, the first."""
    parts = list(where)
    if key is not None:
        comparison = sql.SQL("<" if descending else ">")
        parts.append(sql.SQL("({}, {}) {} ({}, {})").format(*_place(filter), comparison, *key))
    order = _order_of(_place(filter), descending=descending)
    return sql.SQL(
        "(SELECT row.* FROM unnest({companies}::uuid[]) AS company (id) CROSS JOIN LATERAL"
        " (SELECT * FROM {source} WHERE company_id = company.id AND {where} {order} LIMIT {limit}) AS row"
        " {order} LIMIT {limit})"
    ).format(companies=list(companies), source=source(filter), where=all_of(parts), order=order, limit=limit)


def _place(filter: GridFilter) -> tuple[sql.Composable, sql.Composable]:
    """The columns of a row's key, in the source whose index has them in this order."""
    return day(filter), sql.Identifier("listed" if filter.through_billings else "invoice_id")


def _order_of(place: tuple[sql.Composable, sql.Composable], *, descending: bool) -> sql.Composed:
    way = sql.SQL("DESC" if descending else "ASC")
    return sql.SQL("ORDER BY {0} {2}, {1} {2}").format(*place, way)


def _rows(
    connection: Connection, picked: sql.Composed, filter: GridFilter, *, descending: bool
) -> list[GridRow]:
    shown = (sql.Identifier(filter.date_type.value), sql.Identifier("invoice_id"))
    query = sql.SQL("{} {}").format(with_names(picked, filter.as_of), _order_of(shown, descending=descending))
    with connection.cursor(row_factory=class_row(GridRow)) as cursor:
        return cursor.execute(query).fetchall()


def _key(row: GridRow, filter: GridFilter) -> Key:
    day = getattr(row, filter.date_type.value)
    assert isinstance(day, date), "a row of the period has its date"
    return day, row.invoice_id
