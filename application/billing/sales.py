"""Open sales in a batch (V16): they join their customer's pending invoice, or open one of their own.

Nearly every plan has none; it then pays for one query.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from uuid import UUID

from application.app import Lastro
from application.billing.plan_rows import Exclusion
from application.billing.sold import Sold, joined, own_invoice
from application.ports import Candidate, OpenSale, OpenSales
from application.sales_opening import (
    Chosen,
    documents_of,
    everything_open,
)
from application.sales_references import forgotten_among
from domain.account.account import Account
from domain.account.account import project as project_account
from domain.billing_run.billing_run import BillingRun
from domain.billing_run.events import BillingPlanned, BillingSalesPlanned, PlanFilter, SalesChoice
from domain.company.company import project as project_company
from domain.invoice.invoice import Invoice
from domain.invoice.situacao import Situacao
from domain.late_charges import ZERO
from domain.sale.sale import Sale
from domain.sale.sale import project as project_sale
from domain.service.service import project as project_service

WITHOUT_ACCOUNT = "sale_without_account"
FORGOTTEN = "customer_forgotten"

type _Place = tuple[UUID, UUID, date]
"""Company, customer and due date: where sales and invoices meet."""


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
        sold.append(own_invoice(group, companies[_company_of(first)], account, documents, now))
    return sold, left, {company.id: company.version for company in companies.values()}


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
