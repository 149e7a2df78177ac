"""The sales of a plan's items: on which invoice they go, when it is planned and when it is confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from psycopg.rows import class_row

from application.app import Lastro
from application.billing.plan_rows import DueItem
from application.database import Connection
from application.ports import Candidate
from application.sales_opening import (
    Chosen,
    billed,
    documents_of,
    everything_open,
    lines_of,
    one_instalment,
    open_invoice,
)
from domain.account.account import Account
from domain.account.account import project as project_account
from domain.company.company import Company
from domain.company.company import project as project_company
from domain.invoice.invoice import Invoice, project
from domain.kernel import DomainEvent
from domain.late_charges import ZERO
from domain.sale.sale import project as project_sale
from domain.service.service import Service
from domain.service.service import project as project_service
from domain.values.payment import Document

_RESTS = (
    "SELECT ordinal, sale_id, version, joins,"
    " (SELECT max(event.version) FROM event WHERE stream_id = sale_id)"
    " FROM billing_run_sale WHERE run_id = %s AND ordinal BETWEEN %s AND %s ORDER BY ordinal, sale_id"
)

_SOLD = (
    "SELECT ordinal, sale_id, joins, sale.amount, invoice_id, company_id, customer_id, due_on"
    " FROM billing_run_sale AS sale JOIN billing_run_item USING (run_id, ordinal)"
    " WHERE run_id = %s AND ordinal > %s ORDER BY ordinal"
    " FETCH FIRST %s ROWS WITH TIES"
)


@dataclass(frozen=True, slots=True)
class Sold:
    """An invoice with the sales that go on it, before it is billed. `before` are the facts that brought it
    there: those of the sales, then the invoice's own, of which there is one."""

    invoice: Invoice
    chosen: tuple[Chosen, ...]
    before: tuple[DomainEvent, ...]
    joins: bool

    @property
    def version(self) -> int:
        """That of the invoice before its sales came; 0 where there was none."""
        return self.invoice.version - 1

    @property
    def candidate(self) -> Candidate:
        """The invoice as a read model would name it, if it were there."""
        invoice = self.invoice
        assert invoice.company_id is not None
        due_on = invoice.instalments[0].due_on
        return Candidate(
            invoice.id, invoice.company_id, invoice.customer_id, invoice.account_id, due_on, invoice.amount
        )


def joined(invoice: Invoice, chosen: Sequence[Chosen], now: datetime) -> Sold:
    """The invoice with these sales as further lines (V16)."""
    added = invoice.add_lines(lines_of(chosen), now)
    after = project(invoice, [added])
    assert after is not None
    return Sold(after, tuple(chosen), (*billed(chosen, invoice.id, now), added), joins=True)


def own_invoice(
    group: Sequence[Chosen],
    company: Company,
    account: Account,
    documents: tuple[Document, ...],
    now: datetime,
) -> Sold:
    """A new invoice of sales that are one charge."""
    first = group[0].sale
    amount = sum((each.amount for each in group), ZERO)
    opened = open_invoice(
        group,
        id=first.next_invoice_id(),
        company=company,
        account=account,
        method=first.payment_method,
        documents=documents,
        instalments=one_instalment(first.due_on, amount, company.year_end_rule),
        now=now,
    )
    invoice = project(None, [opened])
    assert invoice is not None
    return Sold(invoice, tuple(group), (*billed(group, invoice.id, now), opened), joins=False)


@dataclass(frozen=True, slots=True)
class SaleRest:
    """A sale that an item of a plan bills: its version then and now, and whether it joins."""

    sale_id: UUID
    version: int
    joins: bool
    now: int


def rests_of(db: Connection, run_id: UUID, first: int, last: int) -> dict[int, list[SaleRest]]:
    """The sales of the items from one ordinal to another, by item; nearly always none."""
    found: dict[int, list[SaleRest]] = {}
    for ordinal, *rest in db.execute(_RESTS, (run_id, first, last)):
        found.setdefault(ordinal, []).append(SaleRest(*rest))
    return found


@dataclass(frozen=True, slots=True)
class SoldItem:
    """A sale that a plan bills, and the item of the plan whose invoice it goes on."""

    ordinal: int
    sale_id: UUID
    joins: bool
    amount: Decimal
    invoice_id: UUID
    company_id: UUID
    customer_id: UUID
    due_on: date


def sold_items(db: Connection, run_id: UUID, after: int, limit: int) -> list[SoldItem]:
    """The sales of the items after an ordinal, as many as `limit`, those of a last item whole."""
    with db.cursor(row_factory=class_row(SoldItem)) as cursor:
        return cursor.execute(_SOLD, (run_id, after, limit)).fetchall()


def keep(db: Connection, run_id: UUID, sold: Iterable[tuple[int, Sold]]) -> None:
    """Write the sales of a plan's items."""
    rows = [
        (run_id, ordinal, each.sale.id, each.sale.version, one.joins, each.amount)
        for ordinal, one in sold
        for each in one.chosen
    ]
    if rows:
        with db.cursor() as cursor:
            cursor.executemany("INSERT INTO billing_run_sale VALUES (%s, %s, %s, %s, %s, %s)", rows)


def decided_again(
    lastro: Lastro,
    items: Sequence[DueItem],
    rests: Mapping[int, Sequence[SaleRest]],
    shared: Mapping[UUID, int],
    now: datetime,
) -> dict[int, Sold | UUID]:
    """The items' invoices with their sales as the plan had them, or the stream that has moved since."""
    asked = [item for item in items if item.ordinal in rests]
    if not asked:
        return {}
    sales = lastro.load_many(project_sale, {each.sale_id for item in asked for each in rests[item.ordinal]})
    around = _Around(
        lastro.load_many(project, {item.invoice_id for item in asked}),
        lastro.load_many(project_company, {item.company_id for item in asked}),
        lastro.load_many(project_account, {item.account_id for item in asked}),
        lastro.load_many(
            project_service, {sold.service_id for sale in sales.values() for sold in sale.items}
        ),
    )
    found: dict[int, Sold | UUID] = {}
    for item in asked:
        gone = (each.sale_id for each in rests[item.ordinal] if sales[each.sale_id].version != each.version)
        chosen = [everything_open(sales[each.sale_id]) for each in rests[item.ordinal]]
        found[item.ordinal] = next(gone, None) or _again(around, item, chosen, shared, now)
    return found


@dataclass(frozen=True, slots=True)
class _Around:
    invoices: Mapping[UUID, Invoice]
    companies: Mapping[UUID, Company]
    accounts: Mapping[UUID, Account]
    services: Mapping[UUID, Service]


def _again(
    around: _Around, item: DueItem, chosen: Sequence[Chosen], shared: Mapping[UUID, int], now: datetime
) -> Sold | UUID:
    invoice = around.invoices.get(item.invoice_id)
    if (0 if invoice is None else invoice.version) != item.version:
        return item.invoice_id
    if invoice is not None:
        return joined(invoice, chosen, now)
    company = around.companies[item.company_id]
    if company.version != shared.get(company.id):
        return company.id
    documents = documents_of(chosen[0].sale.payment_method, chosen, around.services)
    return own_invoice(chosen, company, around.accounts[item.account_id], documents, now)
