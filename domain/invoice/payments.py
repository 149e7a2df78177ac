"""Receipts of an invoice: what is owed on a day, how money is imputed, and how it is taken back."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from domain.invoice.errors import (
    DiscountInvalidError,
    PaymentContradictedError,
    PaymentInFutureError,
    PaymentNotPositiveError,
    PaymentUnknownError,
    ValuePendingError,
)
from domain.invoice.events import InstallmentPaid, PaymentReversed
from domain.invoice.state import InvoiceState, PaymentSource
from domain.kernel import trusted
from domain.late_charges import ZERO, Owed, accrued, impute


class Arrived(NamedTuple):
    """Money that arrived, as it is told to `Invoice.pay`."""

    payment_id: UUID
    paid_on: date
    account_id: UUID
    amount: Decimal
    discount: Decimal
    source: PaymentSource
    on_principal: bool


def owed_on(invoice: InvoiceState, number: int, on: date) -> Owed:
    """What one instalment owes on a day, with the charges accrued and not yet paid (V8).

    A settled instalment owes nothing: who gives quittance of the principal has given up the
    charges (CC art. 323). Charges paid by a later receipt than `on` count as paid.
    """
    instalment = invoice.instalment(number)
    principal = invoice.open_principal(instalment)
    if principal == 0:
        return Owed(ZERO, ZERO, ZERO)
    if on <= instalment.payable_until:
        return Owed(principal, ZERO, ZERO)
    so_far = accrued(
        instalment.amount,
        instalment.due_on,
        instalment.payable_until,
        on,
        invoice.late_charges,
        invoice.abatements(number),
    )
    receipts = invoice.receipts_of(number)
    fine = so_far.fine - sum((each.fine for each in receipts), ZERO)
    interest = so_far.interest - sum((each.interest for each in receipts), ZERO)
    return Owed(principal, max(fine, ZERO), max(interest, ZERO))


def paid(
    invoice: InvoiceState, number: int, money: Arrived, now: datetime, today: date
) -> InstallmentPaid | None:
    """See `Invoice.pay`."""
    if _known(invoice, number, money):
        return None
    if money.amount <= 0:
        raise PaymentNotPositiveError(amount=money.amount)
    if money.paid_on > today:
        raise PaymentInFutureError(paid_on=money.paid_on, today=today)
    if invoice.value_pending:
        raise ValuePendingError
    owed = owed_on(invoice, number, money.paid_on)
    if not ZERO <= money.discount <= owed.principal:
        raise DiscountInvalidError(discount=money.discount, open=owed.principal)
    less = Owed(owed.principal - money.discount, owed.fine, owed.interest)
    share = impute(money.amount, less, on_principal=money.on_principal)
    return trusted(
        InstallmentPaid,
        **invoice.following(now),
        instalment=number,
        payment_id=money.payment_id,
        paid_on=money.paid_on,
        account_id=money.account_id,
        amount=money.amount,
        principal=share.principal,
        fine=share.fine,
        interest=share.interest,
        excess=share.excess,
        discount=money.discount,
        source=money.source,
        on_principal=money.on_principal,
    )


def _known(invoice: InvoiceState, number: int, money: Arrived) -> bool:
    if money.payment_id in invoice.reversed_ids:
        return True
    for each in invoice.receipts:
        if each.payment_id == money.payment_id:
            if (each.instalment, each.paid_on, each.amount) != (number, money.paid_on, money.amount):
                raise PaymentContradictedError(payment_id=money.payment_id)
            return True
    return False


def taken_back(invoice: InvoiceState, payment_id: UUID, reason: str, now: datetime) -> PaymentReversed | None:
    """See `Invoice.reverse_payment`."""
    if payment_id in invoice.reversed_ids:
        return None
    for each in invoice.receipts:
        if each.payment_id == payment_id:
            return PaymentReversed(
                **invoice.following(now), instalment=each.instalment, payment_id=payment_id, reason=reason
            )
    raise PaymentUnknownError(payment_id=payment_id)
