"""billing.settlements.v1: receipts that other systems told us, and whose debt they paid."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from producers.messages.fields import Extensible, MoneyText, Payload, PaymentMethod, PositiveNumber
from producers.messages.mapping import telling

TOPIC = "billing.settlements.v1"


class SettlementPayload(Payload):
    """Every message of a receipt names it."""

    settlement_id: UUID


class SettlementAppliedMessage(SettlementPayload):
    """A receipt arrived and paid an instalment; the invoice tells the same money under `payment_id`.

    `source` and `reference` are the teller's name and its number there; for `excess` nothing was owed.
    """

    source: str
    reference: str
    amount: MoneyText
    paid_on: date
    credited_on: date | None
    method: PaymentMethod | None
    payment_id: UUID
    invoice_id: UUID
    instalment: PositiveNumber
    customer_id: UUID
    account_id: UUID
    excess: MoneyText


class SettlementUnidentifiedMessage(SettlementPayload):
    """A receipt arrived and nobody knows whose debt it pays; `why` is a stable code of an open list."""

    source: str
    reference: str
    amount: MoneyText
    paid_on: date
    credited_on: date | None
    method: PaymentMethod | None
    account_id: UUID | None
    why: str


class SettlementIdentifiedMessage(SettlementPayload):
    """Now it is known whose debt it is, and the instalment is paid."""

    payment_id: UUID
    invoice_id: UUID
    instalment: PositiveNumber
    customer_id: UUID
    account_id: UUID
    excess: MoneyText
    by: Annotated[Literal["person", "invoice", "boleto"], Extensible()]


class SettlementReleasedMessage(SettlementPayload):
    """It was the wrong debt: the payment is reversed there, and the receipt waits to be identified again."""

    payment_id: UUID
    invoice_id: UUID
    instalment: PositiveNumber


class SettlementReversedMessage(SettlementPayload):
    """The money was taken back, whole; what it had paid is owed again. It may be told before the receipt."""

    source: str
    reference: str
    amount: MoneyText | None
    reversed_on: date | None


class SettlementVoidedMessage(SettlementPayload):
    """The receipt arrived after its own reversal: it is known, and pays nothing."""

    source: str
    reference: str
    amount: MoneyText
    paid_on: date
    credited_on: date | None
    method: PaymentMethod | None
    account_id: UUID | None


_tells = telling(TOPIC, "settlement_id")

MAPPINGS = (
    _tells("settlement.applied.v1", SettlementAppliedMessage),
    _tells("settlement.unidentified.v1", SettlementUnidentifiedMessage),
    _tells("settlement.identified.v1", SettlementIdentifiedMessage),
    _tells("settlement.released.v1", SettlementReleasedMessage),
    _tells("settlement.reversed.v1", SettlementReversedMessage),
    _tells("settlement.voided.v1", SettlementVoidedMessage),
)
