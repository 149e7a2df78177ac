"""Brings what was told of a receipt into the form in which it is recorded, or refuses it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from application.settlements.received import Incoming, SettlementReceived
from domain.kernel import cents, trusted
from domain.settlement.errors import SettlementInFutureError, SettlementInvalidError
from domain.settlement.events import Named, PayerSaid
from domain.settlement.settlement import Told
from domain.values.ids import settlement_id
from domain.values.text import TextInvalidError, optional_text, required_text

_REFERENCE_LENGTH = 200
_NAME_LENGTH = 120
_PAYER_LENGTH = 300
_LARGEST = Decimal(10) ** 13
_OLDEST = date(2000, 1, 1)


def key_of(item: Incoming) -> tuple[UUID, str, str]:
    """The stream of a receipt, its source and its id there. Raises SettlementInvalidError."""
    source = _required(item.source, "source")
    reference = _required(item.settlement_id, "settlement_id")
    return settlement_id(source, reference), source, reference


def told_of(item: SettlementReceived, source: str, reference: str) -> Told:
    """What is recorded of it. Raises SettlementInvalidError."""
    if item.instalment is not None and not 1 <= item.instalment < 2**31:
        raise _invalid("instalment", "form")
    return Told(
        source=source,
        reference=reference,
        amount=checked_amount(item.amount),
        paid_on=_date(item.paid_on, "paid_on"),
        credited_on=None if item.credited_on is None else _date(item.credited_on, "credited_on"),
        method=item.method,
        named=_named(item),
    )


def payer_of(item: SettlementReceived) -> PayerSaid | None:
    """What is said of who paid; None for nothing. Raises SettlementInvalidError."""
    name = _optional(item.payer_name, "payer_name", _PAYER_LENGTH)
    document = _optional(item.payer_document, "payer_document", _NAME_LENGTH)
    text = _optional(item.payer_text, "payer_text", _PAYER_LENGTH)
    return PayerSaid(name=name, document=document, text=text) if name or document or text else None


def checked_amount(amount: Decimal) -> Decimal:
    """Money above zero in whole cents. Raises SettlementInvalidError."""
    if not amount.is_finite() or amount >= _LARGEST:
        raise _invalid("amount", "too_large")
    if amount <= 0:
        raise _invalid("amount", "not_positive")
    scaled = cents(amount)
    if scaled != amount:
        raise _invalid("amount", "cents")
    return scaled


def checked_reversal_day(day: date | None, today: date) -> date | None:
    """A day on which money can have gone back, as one on which it was paid. Raises SettlementInvalidError and
    SettlementInFutureError."""
    if day is not None and _date(day, "reversed_on") > today:
        raise SettlementInFutureError(reversed_on=day, today=today)
    return day


def _named(item: SettlementReceived) -> Named:
    return trusted(
        Named,
        invoice_id=item.invoice_id,
        instalment=item.instalment,
        bank_code=_optional(item.bank_code, "bank_code"),
        nosso_numero=_optional(item.nosso_numero, "nosso_numero"),
        agreement=_optional(item.agreement, "agreement"),
        linha_digitavel=_optional(item.linha_digitavel, "linha_digitavel"),
        barcode=_optional(item.barcode, "barcode"),
        company=_optional(item.company, "company"),
        account=_optional(item.account, "account"),
    )


def _date(value: date, field: str) -> date:
    if value < _OLDEST:
        raise _invalid(field, "too_old")
    return value


def _required(text: str, field: str) -> str:
    try:
        return required_text(text, field, _REFERENCE_LENGTH)
    except TextInvalidError as error:
        raise _invalid(field, str(error.details["reason"])) from error


def _optional(text: str | None, field: str, limit: int = _NAME_LENGTH) -> str | None:
    if text is None:
        return None
    try:
        return optional_text(text, field, limit)
    except TextInvalidError as error:
        raise _invalid(field, str(error.details["reason"])) from error


def _invalid(field: str, reason: str) -> SettlementInvalidError:
    return SettlementInvalidError(f"{field}: {reason}", field=field, reason=reason)
