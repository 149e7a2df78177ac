"""Reads the contracts: the list, one contract with its schedule, and those whose horizon may be too short."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.rows import class_row

from application.database import Database
from projections.customer_search import matching
from projections.reading import reading
from projections.search_key import contains, prefix_end, search_key
from projections.stale import Shown, behind

type Key = tuple[str, UUID]
"""Where a row stands: its code, and the contract."""

_STREAMED = 2_000


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract. `ended_on` is set when someone ended it early; `terms` are those last agreed.

    Name, document and notes are None once the customer was forgotten.
    """

    contract_id: UUID
    company_id: UUID
    company_trade_name: str | None
    customer_id: UUID
    customer_name: str | None
    customer_document: str | None
    account_id: UUID
    account_name: str | None
    code: str
    signed_on: date
    signed_by: str
    starts_on: date
    ends_on: date | None
    instalment_count: int | None
    ended_on: date | None
    end_reason: str | None
    value_type: str
    variable: bool
    periodicity: str
    due_day: int | None
    payment_method: str
    department: str | None
    index_code: str | None
    adjusted_on: date | None
    generated_until: date | None
    notes: str | None
    terms: Mapping[str, Any]
    version: int
    parked: Sequence[str]

    @property
    def stale(self) -> bool:
        """Whether something of it waits in a parked stream; `parked` says in which read models."""
        return bool(self.parked)


@dataclass(frozen=True, slots=True)
class Period:
    """One period as it was generated, and its receivable as it stands now (None where it is not shown yet).

    `instalment` is its number within its invoice, which the periods of a single nota share.
    """

    ordinal: int
    attempt: int
    invoice_id: UUID
    competencia: str
    period_from: date
    period_until: date
    generated_due_on: date
    generated_amount: Decimal
    released: bool
    situacao: str | None
    forecast: bool | None
    instalments_total: int | None
    instalment: int | None
    due_on: date | None
    payable_until: date | None
    amount: Decimal | None
    paid_amount: Decimal | None
    open_amount: Decimal | None
    state: str | None
    boleto_state: str | None
    nosso_numero: str | None
    linha_digitavel: str | None
    parked: Sequence[str]

    @property
    def stale(self) -> bool:
        """Whether something of it waits in a parked stream; `parked` says in which read models."""
        return bool(self.parked)


_CONTRACTS = """
SELECT {columns} FROM
    (SELECT * FROM contracts WHERE {where} ORDER BY code, contract_id LIMIT {size}) AS row
LEFT JOIN (SELECT company_id, trade_name AS company_trade_name FROM companies) AS company USING (company_id)
LEFT JOIN (SELECT customer_id, name AS customer_name, document AS customer_document FROM customers)
    AS customer USING (customer_id)
LEFT JOIN (SELECT account_id, name AS account_name FROM accounts) AS account USING (account_id)
LEFT JOIN (SELECT contract_id, notes FROM contract_notes) AS noted USING (contract_id)
ORDER BY code, contract_id
"""
# A last period may be charged some days before its agreed date (V8), so that the clause still reaches it.
_ADJUSTABLE = """
SELECT contract_id FROM contracts
CROSS JOIN LATERAL (SELECT (coalesce(adjusted_on, starts_on)
    + make_interval(months => (terms->'adjustment'->>'every_months')::integer))::date AS next_on) AS clause
WHERE index_code IS NOT NULL AND next_on <= %s AND next_on <= coalesce(ends_on, 'infinity')
    AND (instalment_count IS NULL OR next_on <= generated_until + 10)
ORDER BY contract_id
"""
_COLUMNS = ", ".join(name for name in Contract.__dataclass_fields__ if name != "parked")
_SHOWN: tuple[Shown, ...] = (
    ("contracts", "contract_id"),
    ("customers", "customer_id"),
    ("customers", "contract_id"),
    ("companies", "company_id"),
    ("accounts", "account_id"),
)
"""What a contract's row shows; its notes are kept by the customers' model, under the contract."""

_SCHEDULE = """
SELECT period.ordinal, attempt, period.invoice_id, period.competencia, period_from, period_until,
    period.due_on AS generated_due_on, period.amount AS generated_amount, released,
    situacao, invoice.forecast, instalments_total,
    instalment, own.due_on, payable_until, own.amount, own.paid_amount, open_amount, state, own.boleto_state,
    printed AS nosso_numero, linha_digitavel, {parked} AS parked
FROM contract_periods AS period
LEFT JOIN invoice_grid AS invoice USING (invoice_id)
LEFT JOIN receivables AS own ON own.invoice_id = period.invoice_id AND own.ordinal = period.ordinal
LEFT JOIN LATERAL (SELECT printed, linha_digitavel FROM receivable_boletos AS boleto
    WHERE boleto.nosso_numero = own.nosso_numero AND boleto.invoice_id = own.invoice_id
        AND boleto.version = own.boleto_version) AS boleto ON true
WHERE period.contract_id = %s
ORDER BY period.ordinal, attempt, instalment
"""


def contracts(
    database: Database,
    companies: Collection[UUID] | None,
    *,
    text: str = "",
    customer_id: UUID | None = None,
    size: int = 50,
    key: Key | None = None,
) -> list[Contract]:
    """The next contracts by code; `text` is the beginning of a code, part of the notes, or a customer's.

    `companies` None is every company, an empty collection none.
    """
    parts: list[sql.Composable] = [sql.SQL("true")]
    if companies is not None:
        parts.append(sql.SQL("company_id = ANY({})").format(list(companies)))
    if customer_id is not None:
        parts.append(sql.SQL("customer_id = {}").format(customer_id))
    if text.strip():
        parts.append(_matching(text.strip()))
    if key is not None:
        parts.append(sql.SQL("(code, contract_id) > ({}, {})").format(*key))
    return _read(database, sql.SQL(" AND ").join(parts), size)


def contract(database: Database, contract_id: UUID) -> Contract | None:
    """One contract, None if it is not known; whether its company may be seen is the caller's to ask."""
    found = _read(database, sql.SQL("contract_id = {}").format(contract_id), 1)
    return found[0] if found else None


def schedule(database: Database, contract_id: UUID) -> list[Period]:
    """The contract's periods in order, freed attempts included, each with its instalment of an invoice."""
    with reading(database) as connection, connection.cursor(row_factory=class_row(Period)) as cursor:
        parked = behind(("invoice_grid", "period.invoice_id"), ("receivables", "period.invoice_id"))
        return cursor.execute(sql.SQL(_SCHEDULE).format(parked=parked), [contract_id]).fetchall()


class GrowingContractsQuery:
    """The port `GrowingContracts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known_until(self) -> int:
        """See the port."""
        query = "SELECT coalesce(min(position), 0) FROM projection WHERE name = 'contracts' AND live"
        with self._database.connection() as connection:
            row = connection.execute(query).fetchone()
        return 0 if row is None else int(row[0])

    def short_of(self, until: date) -> Iterator[UUID]:
        """See the port."""
        query = (
            "SELECT contract_id FROM contracts WHERE ends_on IS NULL AND instalment_count IS NULL"
            " AND (generated_until IS NULL OR generated_until < %s) ORDER BY contract_id"
        )
        with self._database.connection() as connection, connection.cursor("growing") as cursor:
            cursor.itersize = _STREAMED
            yield from (contract_id for (contract_id,) in cursor.execute(query, [until]))

    def adjustable(self, until: date) -> Iterator[UUID]:
        """See the port. Counted from the start or the last adjustment; the aggregate may count from later."""
        with self._database.connection() as connection, connection.cursor("adjustable") as cursor:
            cursor.itersize = _STREAMED
            yield from (contract_id for (contract_id,) in cursor.execute(_ADJUSTABLE, [until]))


def _read(database: Database, where: sql.Composable, size: int) -> list[Contract]:
    columns = sql.SQL("{}, {} AS parked").format(sql.SQL(_COLUMNS), behind(*_SHOWN))
    query = sql.SQL(_CONTRACTS).format(columns=columns, where=where, size=size)
    with reading(database) as connection, connection.cursor(row_factory=class_row(Contract)) as cursor:
        return cursor.execute(query).fetchall()


def _matching(text: str) -> sql.Composable:
    return sql.SQL(
        "((code >= {code} AND code < {code_end})"
        " OR contract_id IN (SELECT contract_id FROM contract_notes WHERE notes_key LIKE {notes})"
        " OR customer_id IN (SELECT customer_id FROM customers WHERE {customer}))"
    ).format(code=text, code_end=prefix_end(text), notes=contains(search_key(text)), customer=matching(text))
