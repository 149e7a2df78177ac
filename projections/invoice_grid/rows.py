"""What the listing's queries answer: rows with names, pages, counts and selections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from psycopg import sql

from projections.as_of import AsOf
from projections.stale import INVOICE_ROW, behind

type Key = tuple[date, UUID]
"""Where a row stands in its listing: the date that the filter compares, and the invoice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """One invoice as the listing shows it. A forgotten customer's name and document are None.

    `nosso_numero` is written as the bank prints it.
    """

    invoice_id: UUID
    company_id: UUID
    company_code: str | None
    company_legal_name: str | None
    company_trade_name: str | None
    company_cnpj: str | None
    customer_id: UUID
    customer_name: str | None
    customer_trade_name: str | None
    customer_document: str | None
    customer_email: str | None
    account_id: UUID
    account_name: str | None
    contract_id: UUID | None
    contract_code: str | None
    kind: str
    origin: str
    value_type: str
    payment_method: str
    department: str | None
    competencia: str
    created_on: date
    due_on: date
    forecast_on: date
    billed_on: date | None
    sent_on: date | None
    situacao: str
    instalments_total: int
    instalments_paid: int
    partly_paid: bool
    next_open_due_on: date | None
    next_open_payable_until: date | None
    value_pending: bool
    forecast: bool
    amount: Decimal
    paid_amount: Decimal
    settled_amount: Decimal
    boleto_state: str
    pix_state: str
    nfse_state: str
    pdf_state: str
    email_state: str
    nosso_numero: str | None
    linha_digitavel: str | None
    error_document: str | None
    error_reason: str | None
    error_detail: str | None
    error_service_id: UUID | None
    version: int
    position: int
    parked: Sequence[str]

    @property
    def stale(self) -> bool:
        """Whether something of it waits in a parked stream; `parked` says in which read models."""
        return bool(self.parked)


@dataclass(frozen=True, slots=True)
class GridPage:
    """Rows in the listing's order. `before` and `after` lead to the neighbours, None where there is none."""

    rows: tuple[GridRow, ...]
    before: Key | None
    after: Key | None
    narrowed: bool


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows; `more` if there are more than were counted, `rows` None if even that took too long."""

    rows: int | None
    more: bool


@dataclass(frozen=True, slots=True)
class Selected:
    """One invoice of a bulk selection, with the version that the person saw."""

    invoice_id: UUID
    company_id: UUID
    version: int
    amount: Decimal


_SHOWN = ", ".join(
    name
    for name in GridRow.__dataclass_fields__
    if not name.startswith(("company_", "customer_", "account_", "contract_"))
    and name not in ("parked", "nosso_numero", "linha_digitavel")
)
_WITH_NAMES = """
SELECT company_id, customer_id, account_id, contract_id, {shown},
    company.code AS company_code, company.legal_name AS company_legal_name,
    company.trade_name AS company_trade_name, company.cnpj AS company_cnpj,
    customer.name AS customer_name, customer.trade_name AS customer_trade_name,
    customer.document AS customer_document, customer.collection_email AS customer_email,
    account.name AS account_name, contract.code AS contract_code,
    coalesce(printed, nosso_numero) AS nosso_numero, linha_digitavel,
    {parked} AS parked
FROM {rows} AS row
LEFT JOIN (SELECT company_id, code, legal_name, trade_name, cnpj FROM companies) AS company USING (company_id)
LEFT JOIN (SELECT customer_id, name, trade_name, document, collection_email FROM customers) AS customer
    USING (customer_id)
LEFT JOIN (SELECT account_id, name FROM accounts) AS account USING (account_id)
LEFT JOIN (SELECT contract_id, code FROM contracts) AS contract USING (contract_id)
LEFT JOIN LATERAL (SELECT printed, linha_digitavel FROM receivable_boletos AS boleto
    WHERE boleto.nosso_numero = row.nosso_numero AND boleto.invoice_id = row.invoice_id
        AND boleto.version <= row.version ORDER BY boleto.version DESC LIMIT 1) AS boleto ON true
"""


def with_names(rows: sql.Composable, as_of: AsOf | None) -> sql.Composed:
    """The query that gives these rows of the listing their names of today, in no order yet."""
    model = "invoice_grid" if as_of is None else "invoice_as_of"
    parked = behind((model, "invoice_id"), *INVOICE_ROW)
    return sql.SQL(_WITH_NAMES).format(shown=sql.SQL(_SHOWN), rows=rows, parked=parked)
