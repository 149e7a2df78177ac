"""Reads the receipts: the list by day, their sums by state, and one of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.errors import QueryCanceled
from psycopg.rows import class_row

from application.database import Database
from projections.customer_search import alphanumeric, matching
from projections.reading import reading
from projections.stale import Shown, behind

type Key = tuple[date, UUID]
"""Where a receipt stands in the list: its day and itself, the latest first."""

STATES = ("unidentified", "applied", "reversed", "void", "awaited")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementFilter:
    """What to show. `companies` is what the caller may see: None is every one, and those of nobody too."""

    companies: Collection[UUID] | None
    states: Sequence[str] = ()
    accounts: Sequence[UUID] = ()
    start: date | None = None
    end: date | None = None
    with_excess: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class SettlementRow:
    """One receipt. Names are None where they are not known, or the customer was forgotten.

    `company_id` is None where nobody knows which of ours the money reached.
    """

    settlement_id: UUID
    company_id: UUID | None
    company_trade_name: str | None
    source: str
    reference: str
    state: str
    amount: Decimal | None
    paid_on: date | None
    credited_on: date | None
    method: str | None
    account_id: UUID | None
    account_name: str | None
    customer_id: UUID | None
    customer_name: str | None
    customer_document: str | None
    invoice_id: UUID | None
    instalment: int | None
    due_on: date | None
    excess: Decimal | None
    found_by: str | None
    why: str | None
    named: Mapping[str, Any] | None
    reversed_on: date | None
    reversal_reason: str | None
    release_reason: str | None
    listed_on: date
    told_at: datetime
    placed_at: datetime | None
    placed_by: str | None
    version: int
    parked: list[str]

    @property
    def key(self) -> Key:
        """Where the list goes on after this receipt."""
        return self.listed_on, self.settlement_id


@dataclass(frozen=True, slots=True)
class StateTotal:
    """How many receipts of one state there are, and what they come to."""

    state: str
    receipts: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Told:
    """Who told of a receipt."""

    settlement_id: UUID
    source: str
    reference: str
    version: int


_SUMMED_WITHIN = "1s"
_COLUMNS = ", ".join(name for name in SettlementRow.__dataclass_fields__ if name != "parked")
_SHOWN: tuple[Shown, ...] = (
    ("settlements", "settlement_id"),
    ("customers", "customer_id"),
    ("companies", "company_id"),
    ("accounts", "account_id"),
    ("receivables", "invoice_id"),
)
_NAMED = """
FROM settlements
LEFT JOIN (SELECT customer_id, name AS customer_name, document AS customer_document FROM customers)
    AS customer USING (customer_id)
LEFT JOIN (SELECT company_id, trade_name AS company_trade_name FROM companies) AS company USING (company_id)
LEFT JOIN (SELECT account_id, name AS account_name FROM accounts) AS account USING (account_id)
LEFT JOIN (SELECT invoice_id, instalment, due_on FROM receivables) AS debt USING (invoice_id, instalment)
"""


def settlements(
    database: Database, filter: SettlementFilter, *, size: int = 50, key: Key | None = None
) -> list[SettlementRow]:
    """The next receipts, the latest day first. `text` is a reference, an amount, a number or a customer."""
    parts = _conditions(filter)
    if key is not None:
        parts.append(sql.SQL("(listed_on, settlement_id) < ({}, {})").format(*key))
    return _read(database, sql.SQL(" AND ").join(parts), size)


def settlement(database: Database, settlement_id: UUID) -> SettlementRow | None:
    """One receipt, None if it is not known; whether its company may be seen is the caller's to ask."""
    found = _read(database, sql.SQL("settlement_id = {}").format(settlement_id), 1)
    return found[0] if found else None


def totals(database: Database, filter: SettlementFilter) -> list[StateTotal] | None:
    """Count and sum of each state that the filter has, in the order of STATES; None if that takes long."""
    query = sql.SQL(
        "SELECT state, count(*) AS receipts, coalesce(sum(amount), 0) AS amount FROM settlements"
        " WHERE {} GROUP BY state ORDER BY array_position({}, state)"
    ).format(sql.SQL(" AND ").join(_conditions(filter)), list(STATES))
    rows = class_row(StateTotal)
    try:
        with reading(database, _SUMMED_WITHIN) as connection, connection.cursor(row_factory=rows) as cursor:
            return cursor.execute(query).fetchall()
    except QueryCanceled:
        return None


def waiting(database: Database, companies: Collection[UUID] | None) -> StateTotal:
    """What waits to be identified, of some companies or of all."""
    found = totals(database, SettlementFilter(companies=companies, states=("unidentified",)))
    return found[0] if found else StateTotal("unidentified", 0, Decimal("0.00"))


def receipts_paying(database: Database, invoice_id: UUID, payment_ids: Collection[UUID]) -> list[Told]:
    """The receipts that these payments are, as far as they pay this invoice still or paid it first."""
    query = (
        "SELECT settlement_id, source, reference, version FROM settlements"
        " WHERE settlement_id = ANY(%s) OR invoice_id = %s"
    )
    with reading(database) as connection, connection.cursor(row_factory=class_row(Told)) as cursor:
        return cursor.execute(query, (list(payment_ids), invoice_id)).fetchall()


def _conditions(filter: SettlementFilter) -> list[sql.Composable]:
    parts: list[sql.Composable] = [sql.SQL("true")]
    if filter.companies is not None:
        parts.append(sql.SQL("company_id = ANY({})").format(list(filter.companies)))
    if filter.states:
        # A single state is named as the indexes of what waits name it.
        one = sql.SQL("state = {}").format(filter.states[0])
        parts.append(
            one if len(filter.states) == 1 else sql.SQL("state = ANY({})").format(list(filter.states))
        )
    if filter.accounts:
        parts.append(sql.SQL("account_id = ANY({})").format(list(filter.accounts)))
    if filter.start is not None:
        parts.append(sql.SQL("listed_on >= {}").format(filter.start))
    if filter.end is not None:
        parts.append(sql.SQL("listed_on <= {}").format(filter.end))
    if filter.with_excess:
        parts.append(sql.SQL("excess > 0 AND state = 'applied'"))
    if filter.text.strip():
        parts.append(_matching(filter.text.strip()))
    return parts


def _matching(text: str) -> sql.Composable:
    """A reference, a nosso número, an amount as people write it, or a customer."""
    parts = [
        sql.SQL("reference = {}").format(text),
        # An array, so that each of these readings is looked for in an index of its own.
        sql.SQL("customer_id = ANY(ARRAY(SELECT customer_id FROM customers WHERE {}))").format(
            matching(text)
        ),
    ]
    digits = alphanumeric(text)
    if digits.isdigit():
        parts.append(sql.SQL("nosso_key = {}").format(digits.lstrip("0")))
    amount = _amount(text)
    if amount is not None:
        parts.append(sql.SQL("amount = {}").format(amount))
    return sql.SQL("({})").format(sql.SQL(" OR ").join(parts))


def _amount(text: str) -> Decimal | None:
    plain = text.upper().removeprefix("R$").strip().replace(".", "").replace(",", ".")
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount) < 10**13 else None


def _read(database: Database, where: sql.Composable, size: int) -> list[SettlementRow]:
    query = sql.SQL(
        "SELECT {columns}, {parked} AS parked" + _NAMED + "WHERE {where}"
        " ORDER BY listed_on DESC, settlement_id DESC LIMIT {size}"
    ).format(columns=sql.SQL(_COLUMNS), parked=behind(*_SHOWN), where=where, size=size)
    with reading(database) as connection, connection.cursor(row_factory=class_row(SettlementRow)) as cursor:
        return cursor.execute(query).fetchall()
