"""From the periods that a contract generates to the invoices that are born with them (design: Boundaries)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from domain.calendar import CALENDAR_VERSION, payable_until
from domain.contract.contract import Contract
from domain.contract.events import InstallmentGenerated, Terms
from domain.contract.pricing import ChargeLine, period_lines
from domain.invoice.events import ContractPeriod, Instalment, InvoiceOpened, LateCharges, Line
from domain.invoice.invoice import Invoice
from domain.values.payment import Document, PaymentMethod

type _Charged = dict[tuple[int, Decimal], tuple[ChargeLine, ...]]
"""Charge lines by the identity of their terms, which the contract holds, and amount."""

_CHARGE = {PaymentMethod.BOLETO: Document.BOLETO, PaymentMethod.PIX: Document.PIX}


def open_invoices(
    contract: Contract, generated: Iterable[InstallmentGenerated], year_end_rule: bool, now: datetime
) -> list[InvoiceOpened]:
    """The birth of each invoice that these periods open; periods of a single nota share one."""
    by_invoice = attrgetter("invoice_id")
    periods = sorted(generated, key=lambda period: (period.invoice_id, period.ordinal))
    charged: _Charged = {}
    invoices = [
        _opened(contract, list(group), year_end_rule, now, charged)
        for _, group in groupby(periods, by_invoice)
    ]
    return sorted(invoices, key=lambda invoice: invoice.instalments[0].due_on)


def _opened(
    contract: Contract,
    periods: Sequence[InstallmentGenerated],
    year_end_rule: bool,
    now: datetime,
    charged: _Charged,
) -> InvoiceOpened:
    first = periods[0]
    terms = contract.terms_of(first.ordinal)
    assert contract.company_id is not None
    return Invoice.open(
        id=first.invoice_id,
        company_id=contract.company_id,
        customer_id=contract.customer_id,
        account_id=terms.account_id,
        kind="billing",
        origin="contract",
        contract_id=contract.id,
        value_type=terms.value_type,
        payment_method=terms.payment_method,
        documents=wanted_documents(terms),
        competencia=first.competencia,
        department=terms.department,
        late_charges=late_charges(terms),
        lines=lines_of(contract, first.ordinal, first.attempt, sum_of(periods), charged),
        instalments=tuple(
            instalment(number, period, year_end_rule) for number, period in enumerate(periods, start=1)
        ),
        value_pending=first.value_pending,
        forecast=first.forecast,
        calendar=CALENDAR_VERSION,
        now=now,
    )


def wanted_documents(terms: Terms) -> tuple[Document, ...]:
    """The documents that the terms ask for; only boleto and Pix charge by a document (F143)."""
    wanted = [_CHARGE[terms.payment_method]] if terms.payment_method in _CHARGE else []
    if terms.nfse != "none":
        wanted.append(Document.NFSE)
    wanted.append(Document.PDF)
    if terms.send_email:
        wanted.append(Document.EMAIL)
    return tuple(wanted)


def late_charges(terms: Terms) -> LateCharges:
    """Fine and interest as the boleto prints them."""
    return LateCharges(fine_percent=terms.fine_percent, interest_percent_month=terms.interest_percent_month)


def lines_of(
    contract: Contract, ordinal: int, attempt: int, amount: Decimal, charged: _Charged | None = None
) -> tuple[Line, ...]:
    """The invoice lines of one period over this amount. A contract without items is named by its code.

    `charged` keeps what the same terms charged before: most periods of a contract are alike.
    """
    terms = contract.terms_of(ordinal)
    charged = {} if charged is None else charged
    if (id(terms), amount) not in charged:
        charged[id(terms), amount] = period_lines(terms, amount, contract.code)
    source = ContractPeriod(contract_id=contract.id, ordinal=ordinal, attempt=attempt)
    return tuple(
        Line(
            number=number,
            source=source,
            service_id=line.service_id,
            description=line.description,
            quantity=line.quantity,
            unit_price=line.unit_price,
            discount=line.discount,
            amount=line.amount,
        )
        for number, line in enumerate(charged[id(terms), amount], start=1)
    )


def instalment(number: int, period: InstallmentGenerated, year_end_rule: bool) -> Instalment:
    """One period as an instalment of its invoice."""
    return Instalment(
        number=number,
        due_on=period.due_on,
        payable_until=payable_until(period.due_on, year_end_rule),
        amount=period.amount,
    )


def sum_of(periods: Iterable[InstallmentGenerated]) -> Decimal:
    """What the periods charge together."""
    return sum((period.amount for period in periods), Decimal("0.00"))
