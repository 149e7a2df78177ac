"""Which open instalments a receipt may pay: of a customer or number asked for, or of its very amount."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from psycopg import sql
from psycopg.errors import QueryCanceled
from psycopg.rows import class_row

from application.database import Database
from projections.boleto_search import invoices_of_boleto
from projections.customer_search import matching
from projections.reading import reading

MOST = 50
_SUGGESTED = 8
_AROUND = timedelta(days=45)
_CUSTOMERS = 200
_SUGGEST_WITHIN = "1500ms"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open instalment. Name and document are None once the customer was forgotten; the nosso número is
    written as the bank prints it."""

    invoice_id: UUID
    instalment: int
    instalments: int
    company_id: UUID
    customer_name: str | None
    customer_document: str | None
    contract_code: str | None
    due_on: date
    amount: Decimal
    open_amount: Decimal
    nosso_numero: str | None


_OPEN = """
SELECT own.invoice_id, own.instalment, grid.instalments_total AS instalments, own.company_id,
    customer.name AS customer_name, customer.document AS customer_document, contract.code AS contract_code,
    own.due_on, own.amount, own.open_amount, boleto.printed AS nosso_numero
FROM invoice_grid AS grid
JOIN receivables AS own ON own.invoice_id = grid.invoice_id
LEFT JOIN receivable_boletos AS boleto ON boleto.nosso_numero = own.nosso_numero
    AND boleto.invoice_id = own.invoice_id AND boleto.version = own.boleto_version
LEFT JOIN customers AS customer ON customer.customer_id = grid.customer_id
LEFT JOIN contracts AS contract ON contract.contract_id = grid.contract_id
WHERE own.open_amount > 0 AND NOT grid.value_pending AND {where}
ORDER BY own.open_amount <> {amount}, abs(own.due_on - {paid_on}), own.due_on, own.invoice_id, own.instalment
LIMIT {most}
"""


def asked_for(
    database: Database,
    companies: Collection[UUID] | None,
    text: str,
    amount: Decimal,
    paid_on: date,
) -> list[Candidate]:
    """The open instalments of the customers, or of the boletos, that the text means; the likeliest first."""
    with reading(database) as connection:
        invoices = list(invoices_of_boleto(connection, text, MOST))
    customers = sql.SQL("(SELECT customer_id FROM customers WHERE {} LIMIT {})").format(
        matching(text), _CUSTOMERS
    )
    meant = sql.SQL("(grid.customer_id IN {} OR grid.invoice_id = ANY({}))").format(customers, invoices)
    where = sql.SQL("{} AND {}").format(meant, _visible(companies))
    return _read(database, where, amount, paid_on, MOST, "3s")


def suggested(
    database: Database, companies: Collection[UUID] | None, amount: Decimal, paid_on: date
) -> list[Candidate]:
    """Open instalments of exactly this amount that fall due around that day; none if that takes too long."""
    where = sql.SQL(
        "grid.company_id IN (SELECT company_id FROM companies) AND grid.due_on BETWEEN {} AND {}"
        " AND own.open_amount = {} AND {}"
    ).format(paid_on - _AROUND, paid_on + _AROUND, amount, _visible(companies))
    try:
        return _read(database, where, amount, paid_on, _SUGGESTED, _SUGGEST_WITHIN)
    except QueryCanceled:
        return []


def one(database: Database, invoice_id: UUID, instalment: int) -> Candidate | None:
    """One open instalment, None once it is settled; whether it may be seen is the caller's to ask."""
    where = sql.SQL("own.invoice_id = {} AND own.instalment = {}").format(invoice_id, instalment)
    found = _read(database, where, Decimal(0), date(2000, 1, 1), 1, "3s")
    return found[0] if found else None


def _visible(companies: Collection[UUID] | None) -> sql.Composable:
    return (
        sql.SQL("true") if companies is None else sql.SQL("grid.company_id = ANY({})").format(list(companies))
    )


def _read(
    database: Database, where: sql.Composable, amount: Decimal, paid_on: date, most: int, timeout: str
) -> list[Candidate]:
    query = sql.SQL(_OPEN).format(where=where, amount=amount, paid_on=paid_on, most=most)
    rows = class_row(Candidate)
    with reading(database, timeout) as connection, connection.cursor(row_factory=rows) as cursor:
        return cursor.execute(query).fetchall()
