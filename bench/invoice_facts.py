"""The facts of an invoice's life for benchmarks: opened, asked to be billed, numbered, billed, paid."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from domain.calendar import CALENDAR_VERSION
from domain.invoice.events import (
    BillingRequested,
    BoletoIssued,
    InstallmentPaid,
    Instalment,
    InvoiceOpened,
    LateCharges,
    Line,
)
from domain.kernel import Header
from domain.values.payment import Document, PaymentMethod, ValueType

AMOUNT, NOTHING = Decimal("150.00"), Decimal("0.00")
_CHARGES = LateCharges(fine_percent=Decimal(2), interest_percent_month=Decimal(1))
_DOCUMENTS = (Document.BOLETO, Document.NFSE, Document.PDF, Document.EMAIL)


def opened(header: Header, customer_id: UUID, account_id: UUID, due_on: date) -> InvoiceOpened:
    """One line, one instalment, every document wanted."""
    line = Line(
        number=1,
        source=None,
        service_id=None,
        description="Licença de software – 10 usuários",
        quantity=Decimal(1),
        unit_price=AMOUNT,
        discount=NOTHING,
        amount=AMOUNT,
    )
    return InvoiceOpened(
        **header,
        customer_id=customer_id,
        account_id=account_id,
        kind="billing",
        origin="manual",
        contract_id=None,
        value_type=ValueType.RECURRING,
        payment_method=PaymentMethod.BOLETO,
        documents=_DOCUMENTS,
        competencia=f"{due_on:%Y-%m}",
        department=None,
        late_charges=_CHARGES,
        lines=(line,),
        instalments=(Instalment(number=1, due_on=due_on, payable_until=due_on, amount=AMOUNT),),
        value_pending=False,
        forecast=False,
        calendar=CALENDAR_VERSION,
    )


def requested(header: Header, run_id: UUID) -> BillingRequested:
    """A run asks for every document."""
    return BillingRequested(**header, documents=_DOCUMENTS, requested_by="batch", run_id=run_id)


def numbered(header: Header, customer_id: UUID, account_id: UUID, due_on: date) -> BoletoIssued:
    """The boleto of the one instalment, without its payer: whoever stores it seals one."""
    return BoletoIssued(
        **header,
        customer_id=customer_id,
        account_id=account_id,
        account_version=2,
        instalment=1,
        bank_code="341",
        portfolio="109",
        nosso_numero="00000001",
        nosso_numero_digit="7",
        barcode="34191667900000135000109000000010057123457000",
        linha_digitavel="34191090080000000010500571234570001667900000135",
        due_on=due_on,
        amount=AMOUNT,
        late_charges=_CHARGES,
        payer=None,
    )


def paid(header: Header, account_id: UUID, paid_on: date) -> InstallmentPaid:
    """Paid in full on its day, as the bank's file tells."""
    return InstallmentPaid(
        **header,
        instalment=1,
        payment_id=header["originator_id"],
        paid_on=paid_on,
        account_id=account_id,
        amount=AMOUNT,
        principal=AMOUNT,
        fine=NOTHING,
        interest=NOTHING,
        excess=NOTHING,
        discount=NOTHING,
        source="bank_file",
        on_principal=False,
    )
