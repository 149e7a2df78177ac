"""Reads the daily totals that panels show; each invoice counts whole on the due date of its row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from psycopg.rows import class_row

from application.database import Database
from projections.reading import reading


@dataclass(frozen=True, slots=True)
class DayTotal:
    """The invoices of a company that fall due on a day, in one Situação, to be paid in one way."""

    company_id: UUID
    due_on: date
    situacao: str
    payment_method: str
    invoices: int
    amount: Decimal
    settled_amount: Decimal
    paid_amount: Decimal


def daily_totals(
    database: Database, companies: Collection[UUID] | None, start: date, end: date
) -> list[DayTotal]:
    """The totals of each day of the interval, both ends included, in a fixed order."""
    query = (
        "SELECT company_id, due_on, situacao, payment_method, invoices, amount, settled_amount, paid_amount"
        " FROM daily_rollup WHERE due_on BETWEEN %s AND %s"
        " AND (%s::uuid[] IS NULL OR company_id = ANY(%s))"
        " ORDER BY company_id, due_on, situacao, payment_method"
    )
    chosen = None if companies is None else list(companies)
    with reading(database) as connection, connection.cursor(row_factory=class_row(DayTotal)) as cursor:
        return cursor.execute(query, (start, end, chosen, chosen)).fetchall()
