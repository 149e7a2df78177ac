"""Sales by hand: cancelled, or billed *avulso*, chosen items of one customer in instalments as asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from pydantic import Field

from application.access import Principal
from application.app import Lastro, NotFoundError
from application.billing.immediate import BilledNow, bill_now
from application.clock import Clock
from application.registry import Change, Done
from application.sales_opening import Chosen, billed, documents_of, open_invoice
from application.sales_references import forgotten_among
from application.unit_of_work import context_of, retried
from domain.account.account import Account
from domain.account.account import project as project_account
from domain.calendar import add_months, payable_until
from domain.company.company import Company
from domain.company.company import project as project_company
from domain.customer.forgetting import CustomerForgottenError
from domain.invoice.events import Instalment, InvoiceOpened, Line
from domain.kernel import DomainError, DomainEvent, Frozen, Money
from domain.late_charges import ZERO
from domain.sale.sale import Sale, SaleItemsMissingError, project
from domain.service.service import project as project_service
from domain.user.roles import Permission
from domain.values.payment import Document, PaymentMethod
from domain.values.split import split_by, split_evenly

MOST_INSTALMENTS = 120


class SalesOfSeveralCustomersError(DomainError):
    """One charge is of one customer and one company (F183). Bill the others apart."""


class InstalmentDatesInvalidError(DomainError):
    """Each instalment falls due after the one before, and there are 120 of them at most. Correct them."""


class ChosenItems(Frozen):
    """Items of one sale."""

    sale_id: UUID
    items: tuple[int, ...]


class AskedInstalment(Frozen):
    """When an instalment falls due. Without amounts the total is split evenly; else each says its own."""

    due_on: date
    amount: Money | None = None

    @property
    def percent(self) -> None:
        """Amounts, never shares."""
        return


class AvulsoForm(Frozen):
    """What a person bills together (F183-F185)."""

    chosen: tuple[ChosenItems, ...]
    account_id: UUID
    payment_method: PaymentMethod
    instalments: tuple[AskedInstalment, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Avulso:
    """The invoice that a form opens, before or after it is opened. `billed` says how its billing went."""

    invoice_id: UUID
    company_id: UUID
    customer_id: UUID
    amount: Decimal
    lines: tuple[Line, ...]
    instalments: tuple[Instalment, ...]
    documents: tuple[Document, ...]
    position: int | None = None
    billed: BilledNow | None = None


def monthly(first: date, count: int) -> tuple[AskedInstalment, ...]:
    """So many instalments of the same amount, each a month after the other, on the first one's day."""
    return tuple(
        AskedInstalment(due_on=add_months(first, number, first.day) if number else first)
        for number in range(count)
    )


class Sales:
    """Takes SEE_BILLING in the sale's company to look, EDIT_BILLING to cancel or open, BILL_NOW to bill."""

    def __init__(self, lastro: Lastro, clock: Clock) -> None:
        self._lastro = lastro
        self._clock = clock

    def load(self, principal: Principal, sale_id: UUID) -> Sale:
        """A sale as it stands. Raises NotFoundError, for what may not be seen, too."""
        return self._seen(principal, [sale_id], Permission.SEE_BILLING)[sale_id]

    def cancel(self, principal: Principal, sale_id: UUID, reason: str) -> Done:
        """It did not come about. Refused while items are on an invoice."""

        def command() -> Done:
            sale = self._seen(principal, [sale_id], Permission.EDIT_BILLING)[sale_id]
            fact = sale.cancel(reason, self._clock())
            if fact is None:
                return Done(sale_id, Change.SAME)
            return Done(sale_id, Change.CORRECTED, self._lastro.record(context_of(principal), fact))

        return retried(command)

    def preview(self, principal: Principal, form: AvulsoForm) -> Avulso:
        """The invoice that `bill` would open, by the same code; raises what it would refuse."""
        return _shown(self._decided(principal, form)[0])

    def bill(self, principal: Principal, form: AvulsoForm, *, at_once: bool) -> Avulso:
        """Open the invoice of these items; `at_once`, bill it then, which may fail by itself.

        The invoice and every sale's fact are one transaction: an item is never on two invoices, and
        asking twice is refused with the invoice that has it.
        """

        def command() -> Avulso:
            opened, sold = self._decided(principal, form)
            if at_once:
                principal.require(Permission.BILL_NOW, opened.company_id)
            position = self._lastro.record_batch(context_of(principal), [*sold, opened])
            return _shown(opened, position)

        done = retried(command)
        if not at_once:
            return done
        (outcome,) = bill_now(self._lastro, self._clock, principal, [done.invoice_id])
        return replace(done, billed=outcome, position=outcome.position or done.position)

    def _decided(self, principal: Principal, form: AvulsoForm) -> tuple[InvoiceOpened, Sequence[DomainEvent]]:
        now = self._clock()
        chosen = self._chosen(principal, form)
        first = chosen[0].sale
        account, company = self._parties(form.account_id, _company_of(first))
        account.require_accepts(form.payment_method)
        if forgotten_among(self._lastro, [first.customer_id]):
            raise CustomerForgottenError(f"customer {first.customer_id}", id=first.customer_id)
        id = first.next_invoice_id()
        sold = billed(chosen, id, now)
        total = sum((each.amount for each in chosen), ZERO)
        opened = open_invoice(
            chosen,
            id=id,
            company=company,
            account=account,
            method=form.payment_method,
            documents=self._documents(form.payment_method, chosen),
            instalments=_instalments(form.instalments, total, company.year_end_rule),
            now=now,
        )
        return opened, sold

    def _chosen(self, principal: Principal, form: AvulsoForm) -> list[Chosen]:
        asked: dict[UUID, set[int]] = {}
        for each in form.chosen:
            asked.setdefault(each.sale_id, set()).update(each.items)
        if not asked:
            raise SaleItemsMissingError
        sales = self._seen(principal, list(asked), Permission.EDIT_BILLING)
        if len({(sale.company_id, sale.customer_id) for sale in sales.values()}) > 1:
            raise SalesOfSeveralCustomersError
        order = sorted(sales.values(), key=lambda sale: (sale.sold_on, sale.code, sale.id))
        return [Chosen(sale, tuple(sorted(asked[sale.id]))) for sale in order]

    def _documents(self, method: PaymentMethod, chosen: Sequence[Chosen]) -> tuple[Document, ...]:
        services = {item.service_id for each in chosen for item in each.sale.items}
        return documents_of(method, chosen, self._lastro.load_many(project_service, services))

    def _parties(self, account_id: UUID, company_id: UUID) -> tuple[Account, Company]:
        account: Account = self._lastro.load(project_account, account_id)
        if account.company_id != company_id:
            raise NotFoundError(f"nothing is recorded under {account_id}", id=account_id)
        return account, self._lastro.load(project_company, company_id)

    def _seen(
        self, principal: Principal, sale_ids: Sequence[UUID], permission: Permission
    ) -> Mapping[UUID, Sale]:
        sales = self._lastro.load_many(project, sale_ids)
        for sale_id in sale_ids:
            sale = sales.get(sale_id)
            if sale is None or not principal.sees(_company_of(sale)):
                raise NotFoundError(f"nothing is recorded under {sale_id}", id=sale_id)
            principal.require(permission, sale.company_id)
        return sales


def _instalments(
    asked: Sequence[AskedInstalment], total: Decimal, year_end_rule: bool
) -> tuple[Instalment, ...]:
    days = [each.due_on for each in asked]
    if len(days) > MOST_INSTALMENTS or any(later <= day for day, later in pairwise(days)):
        raise InstalmentDatesInvalidError
    said = any(each.amount is not None for each in asked)
    amounts = split_by(total, asked) if said else split_evenly(total, len(asked))
    return tuple(
        Instalment(number=number, due_on=day, payable_until=payable_until(day, year_end_rule), amount=amount)
        for number, (day, amount) in enumerate(zip(days, amounts, strict=True), start=1)
    )


def _shown(opened: InvoiceOpened, position: int | None = None) -> Avulso:
    assert opened.company_id is not None
    return Avulso(
        invoice_id=opened.originator_id,
        company_id=opened.company_id,
        customer_id=opened.customer_id,
        amount=sum((each.amount for each in opened.instalments), ZERO),
        lines=opened.lines,
        instalments=opened.instalments,
        documents=opened.documents,
        position=position,
    )


def _company_of(sale: Sale) -> UUID:
    assert sale.company_id is not None
    return sale.company_id
