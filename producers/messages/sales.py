"""billing.sales.v1: what was sold, and on which invoice each item stands."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from producers.messages.fields import (
    Extensible,
    MoneyText,
    Part,
    Payload,
    PaymentMethod,
    PositiveNumber,
    RateText,
)
from producers.messages.mapping import telling

TOPIC = "billing.sales.v1"

type ItemNumbers = Annotated[tuple[PositiveNumber, ...], Field(min_length=1)]


class SoldItem(Part):
    """One product or service sold: `amount` is quantity x unit price less discount, in cents."""

    number: PositiveNumber
    service_id: UUID
    description: str
    quantity: RateText
    unit_price: MoneyText
    discount: MoneyText
    amount: MoneyText


class SalePayload(Payload):
    """Every message of a sale names it."""

    sale_id: UUID


class SaleRecordedMessage(SalePayload):
    """Something was sold and waits for its invoice. `order` is its number in the system `source`.

    `account_id` null: decided when it is billed. `emits_documents` false: neither boleto nor nota is made.
    """

    code: str
    source: str
    order: str
    customer_id: UUID
    account_id: UUID | None
    payment_method: PaymentMethod
    sold_on: date
    due_on: date
    mode: Annotated[Literal["contractual", "avulso"], Extensible()]
    emits_documents: bool
    department: str | None
    items: Annotated[tuple[SoldItem, ...], Field(min_length=1)]


class SaleItemsBilledMessage(SalePayload):
    """These items, by number, are lines of this invoice."""

    items: ItemNumbers
    invoice_id: UUID


class SaleItemsReleasedMessage(SalePayload):
    """The invoice of these items was cancelled; they may be billed again."""

    items: ItemNumbers
    invoice_id: UUID
    because: Annotated[Literal["asked", "contract_ended"], Extensible()]


class SaleCancelledMessage(SalePayload):
    """The sale did not come about; nothing of it is billed any more."""


_tells = telling(TOPIC, "sale_id")

MAPPINGS = (
    _tells("sale.recorded.v1", SaleRecordedMessage),
    _tells("sale.items_billed.v1", SaleItemsBilledMessage),
    _tells("sale.items_released.v1", SaleItemsReleasedMessage),
    _tells("sale.cancelled.v1", SaleCancelledMessage),
)
