"""From items sold to the invoice that charges them: lines, instalments and documents, and back again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from application.app import Lastro
from application.signing import default_late_charges
from domain.account.account import Account
from domain.calendar import CALENDAR_VERSION, payable_until
from domain.company.company import Company
from domain.invoice.events import Instalment, InvoiceOpened, LateCharges, Line, SaleItem
from domain.invoice.invoice import Invoice
from domain.kernel import DomainEvent
from domain.late_charges import ZERO
from domain.sale.events import SaleItemsBilled
from domain.sale.sale import Sale
from domain.sale.sale import project as project_sale
from domain.service.service import Service
from domain.values.competencia import competencia_of
from domain.values.payment import Document, PaymentMethod, ValueType

_CHARGE = {PaymentMethod.BOLETO: Document.BOLETO, PaymentMethod.PIX: Document.PIX}


@dataclass(frozen=True, slots=True)
class Chosen:
    """Items of one sale that go on an invoice together."""

    sale: Sale
    items: tuple[int, ...]

    @property
    def amount(self) -> Decimal:
        """What they are worth."""
        return sum((each.amount for each in self.sale.items if each.number in self.items), ZERO)


def everything_open(sale: Sale) -> Chosen:
    """All that is still to be billed of a sale."""
    return Chosen(sale, tuple(each.number for each in sale.open_items))


def lines_of(chosen: Iterable[Chosen], start: int = 1) -> tuple[Line, ...]:
    """The items as lines of an invoice, numbered on from `start`."""
    sold = [(each.sale.id, item) for each in chosen for item in each.sale.items if item.number in each.items]
    return tuple(
        Line(
            number=number,
            source=SaleItem(sale_id=sale_id, item=item.number),
            service_id=item.service_id,
            description=item.description,
            quantity=item.quantity,
            unit_price=item.unit_price,
            discount=item.discount,
            amount=item.amount,
        )
        for number, (sale_id, item) in enumerate(sold, start=start)
    )


def documents_of(
    method: PaymentMethod, chosen: Iterable[Chosen], services: Mapping[UUID, Service]
) -> tuple[Document, ...]:
    """The documents that such an invoice asks for.

    None where none of the sales emits any (F6); a nota only with a service among the items, for goods
    bear none of services (F140, F168).
    """
    emitting = [each for each in chosen if each.sale.emits_documents]
    if not emitting:
        return ()
    kinds = {
        services[item.service_id].kind
        for each in emitting
        for item in each.sale.items
        if item.number in each.items and item.service_id in services
    }
    charge = [_CHARGE[method]] if method in _CHARGE else []
    nota = [Document.NFSE] if "service" in kinds else []
    return (*charge, *nota, Document.PDF, Document.EMAIL)


def one_instalment(due_on: date, amount: Decimal, year_end_rule: bool) -> tuple[Instalment, ...]:
    """The whole amount on one day."""
    return (
        Instalment(
            number=1, due_on=due_on, payable_until=payable_until(due_on, year_end_rule), amount=amount
        ),
    )


def open_invoice(
    chosen: Sequence[Chosen],
    *,
    id: UUID,
    company: Company,
    account: Account,
    method: PaymentMethod,
    documents: tuple[Document, ...],
    instalments: tuple[Instalment, ...],
    now: datetime,
) -> InvoiceOpened:
    """An invoice of sales alone: its total is closed, so it is *Parcelado* even in one instalment (F22)."""
    fine, interest = default_late_charges(account, company)
    first = chosen[0].sale
    departments = {each.sale.department for each in chosen}
    return Invoice.open(
        id=id,
        company_id=company.id,
        customer_id=first.customer_id,
        account_id=account.id,
        kind="billing",
        origin="sale",
        contract_id=None,
        value_type=ValueType.SPLIT,
        payment_method=method,
        documents=documents,
        competencia=competencia_of(instalments[0].due_on),
        department=departments.pop() if len(departments) == 1 else None,
        late_charges=LateCharges(fine_percent=fine, interest_percent_month=interest),
        lines=lines_of(chosen),
        instalments=instalments,
        calendar=CALENDAR_VERSION,
        now=now,
    )


def billed(chosen: Iterable[Chosen], invoice_id: UUID, now: datetime) -> list[SaleItemsBilled]:
    """The facts of the sales whose items go on an invoice."""
    return [each.sale.bill_items(each.items, invoice_id, now) for each in chosen]


def released(
    lastro: Lastro,
    cancelled: Iterable[Invoice],
    because: Literal["asked", "contract_ended"],
    now: datetime,
) -> list[DomainEvent]:
    """The facts that give sales their items back when these invoices are cancelled."""
    invoices_of: dict[UUID, dict[UUID, None]] = {}
    for invoice in cancelled:
        for line in invoice.lines:
            if isinstance(line.source, SaleItem):
                invoices_of.setdefault(line.source.sale_id, {})[invoice.id] = None
    facts: list[DomainEvent] = []
    if not invoices_of:
        return facts
    for sale in lastro.load_many(project_sale, sorted(invoices_of)).values():
        for invoice_id in invoices_of[sale.id]:
            fact = sale.release_items(invoice_id, because, now)
            if fact is not None:
                facts.append(fact)
                sale = project_sale(sale, [fact]) or sale
    return facts
