"""Open sales in a batch (V16): they join their customer's pending invoice, or open one of their own.

Nearly every plan has none; it then pays for one query.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from uuid import UUID

from psycopg.rows import class_row

from application.app import Lastro
from application.billing.plan_rows import DueItem, Exclusion
from application.database import Connection
from application.ports import Candidate, OpenSale, OpenSales
from application.sales_opening import (
    Chosen,
    billed,
    documents_of,
    everything_open,
    lines_of,
    one_instalment,
    open_invoice,
)
from application.sales_references import forgotten_among
from domain.account.account import Account
from domain.account.account import project as project_account
from domain.billing_run.billing_run import BillingRun
from domain.billing_run.events import BillingPlanned, BillingSalesPlanned, PlanFilter, SalesChoice
from domain.company.company import Company
from domain.company.company import project as project_company
from domain.invoice.invoice import Invoice, project
from domain.invoice.situacao import Situacao
from domain.kernel import DomainEvent
from domain.late_charges import ZERO
from domain.sale.sale import Sale
from domain.sale.sale import project as project_sale
from domain.service.service import Service
from domain.service.service import project as project_service
from domain.values.payment import Document

WITHOUT_ACCOUNT = "sale_without_account"
FORGOTTEN = "customer_forgotten"

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

type _Place = tuple[UUID, UUID, date]
"""Company, customer and due date: where sales and invoices meet."""


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


@dataclass
class PlannedSales:
    """The open sales of one plan, until they are planned, and what was planned of them."""

    lastro: Lastro
    port: OpenSales
    choice: SalesChoice
    now: datetime
    waiting: dict[_Place, list[OpenSale]] = field(default_factory=dict)
    joining: int = 0
    opening: int = 0
    amount: Decimal = ZERO

    @classmethod
    def gather(
        cls, lastro: Lastro, port: OpenSales, choice: SalesChoice, filter: PlanFilter, now: datetime
    ) -> PlannedSales:
        """What is due in the plan's interval."""
        found = cls(lastro, port, choice, now)
        if choice == "leave_out":
            return found
        due = port.due(filter.companies or None, filter.due_from, filter.due_until, filter.due_on)
        for sale in due:
            found.waiting.setdefault((sale.company_id, sale.customer_id, sale.due_on), []).append(sale)
        return found

    def join(self, invoices: Mapping[UUID, Invoice], candidates: Sequence[Candidate]) -> dict[UUID, Sold]:
        """Those of these invoices that sales join, with them."""
        if not self.waiting or self.choice != "join":
            return {}
        met: dict[UUID, list[OpenSale]] = {}
        for candidate in candidates:
            invoice = invoices.get(candidate.invoice_id)
            found = [] if invoice is None else self._meeting(invoice, candidate.due_on)
            if found:
                met[candidate.invoice_id] = found
        sales = _open(self.lastro, [each for found in met.values() for each in found])
        return {
            id: joined(invoices[id], chosen, self.now)
            for id, found in met.items()
            if (chosen := [sales[each.sale_id] for each in found if each.sale_id in sales])
        }

    def _meeting(self, invoice: Invoice, due_on: date) -> list[OpenSale]:
        """Take the sales that this invoice has room for: pending, one instalment, the same account."""
        assert invoice.company_id is not None
        place = (invoice.company_id, invoice.customer_id, due_on)
        waiting = self.waiting.get(place)
        if not waiting or invoice.situacao() is not Situacao.PENDING or len(invoice.instalments) > 1:
            return []
        fit = [each for each in waiting if each.account_id in (None, invoice.account_id)]
        self._keep(place, [each for each in waiting if each not in fit])
        return fit

    def give_back(self, sold: Sold) -> None:
        """The invoice is not billed after all: its sales look for another."""
        for each in sold.chosen:
            sale = each.sale
            assert sale.company_id is not None
            again = OpenSale(sale.id, sale.company_id, sale.customer_id, sale.account_id, sale.due_on)
            self.waiting.setdefault((sale.company_id, sale.customer_id, sale.due_on), []).append(again)

    def planned(self, sold: Sold) -> None:
        """Count what is in the plan now."""
        self.joining += len(sold.chosen) if sold.joins else 0
        self.opening += 0 if sold.joins else len(sold.chosen)
        self.amount += sum((each.amount for each in sold.chosen), ZERO)

    def told(self, plan: BillingPlanned) -> BillingSalesPlanned | None:
        """The fact that goes with the plan's, if there is anything to tell."""
        return BillingRun.plan_sales(
            plan, self.choice, joining=self.joining, opening=self.opening, amount=self.amount
        )

    def own(self, size: int) -> Iterator[tuple[list[Sold], list[Exclusion], dict[UUID, int]]]:
        """Invoices for what joined none, about so many sales at a time, and the versions of their companies.

        What is one charge is never cut.
        """
        places, self.waiting = sorted(self.waiting.items()), {}
        page: list[OpenSale] = []
        for number, (_, found) in enumerate(places, start=1):
            page += found
            if len(page) >= size or number == len(places):
                sales = _open(self.lastro, page)
                yield _opened(self.lastro, self.port, list(sales.values()), self.now)
                page = []

    def _keep(self, place: _Place, left: list[OpenSale]) -> None:
        if left:
            self.waiting[place] = left
        else:
            self.waiting.pop(place, None)


def _open(lastro: Lastro, found: Sequence[OpenSale]) -> dict[UUID, Chosen]:
    """What the sales themselves say is open of them: the read model may be behind what is under way."""
    sales = lastro.load_many(project_sale, [each.sale_id for each in found]) if found else {}
    return {
        each.sale_id: everything_open(sales[each.sale_id])
        for each in found
        if each.sale_id in sales and sales[each.sale_id].is_open
    }


def joined(invoice: Invoice, chosen: Sequence[Chosen], now: datetime) -> Sold:
    """The invoice with these sales as further lines (V16)."""
    added = invoice.add_lines(lines_of(chosen), now)
    after = project(invoice, [added])
    assert after is not None
    return Sold(after, tuple(chosen), (*billed(chosen, invoice.id, now), added), joins=True)


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
    return _own(chosen, company, around.accounts[item.account_id], documents, now)


def _opened(
    lastro: Lastro, port: OpenSales, chosen: Sequence[Chosen], now: datetime
) -> tuple[list[Sold], list[Exclusion], dict[UUID, int]]:
    groups = [list(group) for _, group in groupby(sorted(chosen, key=_alike), _alike)]
    companies = lastro.load_many(project_company, {_company_of(each.sale) for each in chosen})
    accounts = _Accounts(lastro, port, chosen)
    services = lastro.load_many(
        project_service, {item.service_id for each in chosen for item in each.sale.items}
    )
    forgotten = forgotten_among(lastro, {each.sale.customer_id for each in chosen})
    sold: list[Sold] = []
    left: list[Exclusion] = []
    for group in groups:
        first = group[0].sale
        account = accounts.of(first)
        if account is None or first.customer_id in forgotten:
            left.append(_left(group, FORGOTTEN if first.customer_id in forgotten else WITHOUT_ACCOUNT))
            continue
        documents = documents_of(first.payment_method, group, services)
        sold.append(_own(group, companies[_company_of(first)], account, documents, now))
    return sold, left, {company.id: company.version for company in companies.values()}


def _own(
    group: Sequence[Chosen],
    company: Company,
    account: Account,
    documents: tuple[Document, ...],
    now: datetime,
) -> Sold:
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


class _Accounts:
    """The account of each sale: its own, or the only one of its company that takes its method."""

    def __init__(self, lastro: Lastro, port: OpenSales, chosen: Sequence[Chosen]) -> None:
        sales = [each.sale for each in chosen]
        unsaid = {_company_of(sale) for sale in sales if sale.account_id is None}
        ids = {sale.account_id for sale in sales if sale.account_id is not None}
        if unsaid:
            ids |= {*port.accounts_of(unsaid)}
        self._accounts = lastro.load_many(project_account, ids)

    def of(self, sale: Sale) -> Account | None:
        """None where nobody said, and it does not go without saying."""
        if sale.account_id is not None:
            return self._accounts[sale.account_id]
        fit = [
            each
            for each in self._accounts.values()
            if each.company_id == sale.company_id and each.accepts(sale.payment_method)
        ]
        return fit[0] if len(fit) == 1 else None


def _alike(chosen: Chosen) -> tuple[str, ...]:
    """Sales with the same of these are one charge."""
    sale = chosen.sale
    return (
        str(sale.company_id),
        str(sale.customer_id),
        str(sale.due_on),
        str(sale.account_id),
        sale.payment_method.value,
        sale.department or "",
    )


def _left(group: Sequence[Chosen], reason: str) -> Exclusion:
    first = group[0].sale
    amount = sum((each.amount for each in group), ZERO)
    return Exclusion(first.next_invoice_id(), _company_of(first), amount, first.due_on, reason, first.code)


def _company_of(sale: Sale) -> UUID:
    assert sale.company_id is not None
    return sale.company_id
