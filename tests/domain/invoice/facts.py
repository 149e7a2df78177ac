"""An invoice of two hundred reais and the facts that its tests start from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.calendar import payable_until
from domain.invoice.billing import BillingInputs, FailureReason, NumberedBoleto, Obstacle
from domain.invoice.events import (
    BillingRequested,
    BoletoCancelled,
    BoletoIssued,
    ContractPeriod,
    InstallmentPaid,
    Instalment,
    InvoiceBilled,
    InvoiceOpened,
    LateCharges,
    Line,
    NfseFailed,
    Payer,
    SaleItem,
)
from domain.invoice.invoice import Invoice
from domain.kernel import Header
from domain.values.payment import Document, PaymentMethod, ValueType

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 3)
DUE_ON = date(2026, 11, 10)
INVOICE = UUID("00000000-0000-5000-8000-000000000001")
COMPANY = UUID("00000000-0000-7000-8000-0000000000c0")
CUSTOMER = UUID("00000000-0000-7000-8000-0000000000c1")
ACCOUNT = UUID("00000000-0000-7000-8000-0000000000a1")
OTHER_ACCOUNT = UUID("00000000-0000-7000-8000-0000000000a2")
CONTRACT = UUID("00000000-0000-7000-8000-0000000000d1")
SALE = UUID("00000000-0000-7000-8000-0000000000e1")
SUPPORT = UUID("00000000-0000-7000-8000-0000000000f1")
HOSTING = UUID("00000000-0000-7000-8000-0000000000f2")
RUN = UUID("00000000-0000-7000-8000-0000000000b1")

CHARGES = LateCharges(fine_percent=Decimal(2), interest_percent_month=Decimal(1))
PAYER = Payer(name="Ana Souza", document="52998224725", address="Rua A, 1, Centro, Recife/PE, 50010000")
PERIOD = ContractPeriod(contract_id=CONTRACT, ordinal=3, attempt=1)
ALL = (Document.BOLETO, Document.NFSE, Document.PDF, Document.EMAIL)


def money(text: str) -> Decimal:
    return Decimal(text)


def payment_id(number: int) -> UUID:
    return UUID(int=number)


def at(version: int) -> Header:
    return Header(originator_id=INVOICE, originator_version=version, occurred_at=NOW, company_id=COMPANY)


def line(amount: str = "200.00", number: int = 1, **changes: Any) -> Line:
    fields: dict[str, Any] = {
        "number": number,
        "source": PERIOD,
        "service_id": SUPPORT,
        "description": "Suporte mensal",
        "quantity": Decimal(1),
        "unit_price": money(amount),
        "discount": money("0.00"),
        "amount": money(amount),
    }
    return Line(**(fields | changes))


def sale_line(amount: str, item: int = 1, number: int = 1, **changes: Any) -> Line:
    source = SaleItem(sale_id=SALE, item=item)
    return line(amount, number, **({"source": source, "description": "Visita técnica"} | changes))


def instalment(amount: str = "200.00", number: int = 1, due_on: date = DUE_ON) -> Instalment:
    return Instalment(number=number, due_on=due_on, payable_until=payable_until(due_on), amount=money(amount))


THREE = (
    instalment("66.66", 1, date(2026, 11, 10)),
    instalment("66.66", 2, date(2026, 12, 10)),
    instalment("66.68", 3, date(2027, 1, 11)),
)


def opened(**changes: Any) -> InvoiceOpened:
    """Born from a contract, to be paid by boleto, with every document a boleto invoice may want."""
    fields: dict[str, Any] = {
        "id": INVOICE,
        "company_id": COMPANY,
        "customer_id": CUSTOMER,
        "account_id": ACCOUNT,
        "kind": "billing",
        "origin": "contract",
        "contract_id": CONTRACT,
        "value_type": ValueType.RECURRING,
        "payment_method": PaymentMethod.BOLETO,
        "documents": ALL,
        "competencia": "2026-11",
        "department": None,
        "late_charges": CHARGES,
        "lines": (line(),),
        "instalments": (instalment(),),
        "calendar": 1,
        "now": NOW,
    }
    return Invoice.open(**(fields | changes))


def opened_for_pix() -> InvoiceOpened:
    return opened(payment_method=PaymentMethod.PIX, documents=(Document.PIX, Document.NFSE))


def opened_in_cash(**changes: Any) -> InvoiceOpened:
    return opened(**({"payment_method": PaymentMethod.CASH, "documents": ()} | changes))


def numbers(seed: int = 1) -> NumberedBoleto:
    return NumberedBoleto(
        account_version=2,
        bank_code="341",
        portfolio="109",
        nosso_numero=f"{seed:08d}",
        nosso_numero_digit="0",
        barcode=f"{seed:044d}",
        linha_digitavel=f"{seed:047d}",
    )


def inputs(**changes: Any) -> BillingInputs:
    """A person's request, with everything there for three instalments."""
    fields: dict[str, Any] = {
        "requested_by": "person",
        "run_id": None,
        "payer": PAYER,
        "boletos": {number: numbers(number) for number in (1, 2, 3)},
    }
    return BillingInputs(**(fields | changes))


UNCODED = {SUPPORT: "SUP Suporte mensal"}
NO_AGREEMENT = Obstacle(FailureReason.ACCOUNT_WITHOUT_AGREEMENT.value, "ITAU")
NO_PIX_KEY = Obstacle(FailureReason.ACCOUNT_WITHOUT_PIX_KEY.value, "ITAU")


def requested(version: int, *documents: Document, **changes: Any) -> BillingRequested:
    fields: dict[str, Any] = {"requested_by": "person", "run_id": None}
    return BillingRequested(**at(version), documents=documents, **(fields | changes))


def boleto(
    version: int, number: int = 1, amount: str = "200.00", seed: int = 1, **changes: Any
) -> BoletoIssued:
    made = numbers(seed)
    fields: dict[str, Any] = {
        "customer_id": CUSTOMER,
        "account_id": ACCOUNT,
        "account_version": made.account_version,
        "instalment": number,
        "bank_code": made.bank_code,
        "portfolio": made.portfolio,
        "nosso_numero": made.nosso_numero,
        "nosso_numero_digit": made.nosso_numero_digit,
        "barcode": made.barcode,
        "linha_digitavel": made.linha_digitavel,
        "due_on": DUE_ON,
        "amount": money(amount),
        "late_charges": CHARGES,
        "payer": PAYER,
    }
    return BoletoIssued(**at(version), **(fields | changes))


def billed(version: int) -> InvoiceBilled:
    return InvoiceBilled(**at(version), billed_on=TODAY)


def nfse_failed(version: int) -> NfseFailed:
    return NfseFailed(
        **at(version),
        reason=FailureReason.SERVICE_WITHOUT_FISCAL_CODE.value,
        detail=UNCODED[SUPPORT],
        service_id=SUPPORT,
    )


def boleto_cancelled(version: int, number: int = 1, seed: int = 1) -> BoletoCancelled:
    return BoletoCancelled(
        **at(version), instalment=number, nosso_numero=numbers(seed).nosso_numero, reason="pedido do cliente"
    )


BILLED = (opened(), requested(2, *ALL), boleto(3), billed(4))
"""Billed with nothing wrong."""

IN_ERROR = (opened(), requested(2, *ALL), boleto(3), nfse_failed(4))
"""Billed, but the service lacks its fiscal code."""


def paid(
    version: int, id: int = 1, on: date = DUE_ON, *, on_principal: bool = False, **parts: str
) -> InstallmentPaid:
    """`parts` default to two hundred reais of principal and nothing else."""
    shares = {"principal": "200.00", "fine": "0.00", "interest": "0.00", "excess": "0.00", "discount": "0.00"}
    shares |= parts
    amount = sum(money(shares[name]) for name in ("principal", "fine", "interest", "excess"))
    return InstallmentPaid(
        **at(version),
        instalment=1,
        payment_id=payment_id(id),
        paid_on=on,
        account_id=ACCOUNT,
        amount=Decimal(amount),
        **{name: money(text) for name, text in shares.items()},
        source="manual",
        on_principal=on_principal,
    )


def pay(
    invoice: Invoice, amount: str, id: int = 1, on: date = DUE_ON, **changes: Any
) -> InstallmentPaid | None:
    """Receive money for the first instalment."""
    fields: dict[str, Any] = {
        "payment_id": payment_id(id),
        "paid_on": on,
        "account_id": ACCOUNT,
        "amount": money(amount),
        "now": NOW,
        "today": date(2027, 6, 1),
    }
    return invoice.pay(changes.pop("number", 1), **(fields | changes))
