"""The facts of a sale (venda): what was sold, and which of its items are on an invoice."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field, PositiveInt

from domain.kernel import DomainEvent, Frozen, Money, Rate
from domain.values.payment import PaymentMethod

type SaleMode = Literal["contractual", "avulso"]
"""How a sale is billed: with the batch of its customer's contracts (V16), or by hand, item by item (F184)."""


class SoldItem(Frozen):
    """One product or service sold. `amount` = quantity × unit_price − discount, in cents."""

    number: PositiveInt
    service_id: UUID
    description: str
    quantity: Rate
    unit_price: Money
    discount: Money
    amount: Money


class SaleRecorded(DomainEvent):
    """Something was sold and waits for its invoice. `order` is the sale's number in the system `source`.

    `account_id` None: where it is received is decided when it is billed. `emits_documents` False: it is
    owed at once and asks for neither boleto nor nota (F6).
    """

    TOPIC: ClassVar[str] = "sale.recorded.v1"
    SUBJECT: ClassVar[str] = "customer_id"
    code: str
    source: str
    order: str
    customer_id: UUID
    account_id: UUID | None
    payment_method: PaymentMethod
    sold_on: date
    due_on: date
    mode: SaleMode
    emits_documents: bool
    department: str | None
    items: tuple[SoldItem, ...] = Field(min_length=1)


class SaleItemsBilled(DomainEvent):
    """These items are lines of this invoice, and of no other until they are released."""

    TOPIC: ClassVar[str] = "sale.items_billed.v1"
    items: tuple[PositiveInt, ...] = Field(min_length=1)
    invoice_id: UUID


class SaleItemsReleased(DomainEvent):
    """The invoice of these items was cancelled: they may be billed again.

    `because` is what led to it: a person who cancelled the invoice, or the end of the contract that
    the invoice was of.
    """

    TOPIC: ClassVar[str] = "sale.items_released.v1"
    items: tuple[PositiveInt, ...] = Field(min_length=1)
    invoice_id: UUID
    because: Literal["asked", "contract_ended"]


class SaleCancelled(DomainEvent):
    """The sale did not come about: nothing of it is billed any more."""

    TOPIC: ClassVar[str] = "sale.cancelled.v1"
    reason: str


SaleEvent = SaleRecorded | SaleItemsBilled | SaleItemsReleased | SaleCancelled
