"""sales.orders.v1: what other systems sold for our companies, and took back."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, TypeAdapter

from consumers.contracts.fields import (
    IncomingEnvelope,
    IncomingPayload,
    Name,
    NotNegativeMoney,
    Number,
    PositiveQuantity,
    SourceName,
)
from domain.values.payment import PaymentMethod

TOPIC = "sales.orders.v1"
GROUP = "lastro.orders"
PLACED = "sales.order_placed.v1"
CANCELLED = "sales.order_cancelled.v1"


class OrderedItem(IncomingPayload):
    """One product or service: `quantity` x `unit_price` less `discount`, rounded half-up to cents.

    `service_code` is the service's code here. Without `description` the service's own is on the invoice; it
    is kept in clear for ever, so it is no place for personal data.
    """

    service_code: Name
    quantity: PositiveQuantity
    unit_price: NotNegativeMoney
    discount: NotNegativeMoney = Field(default="0.00", validate_default=True)
    description: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None


class OrderPlacedMessage(IncomingPayload):
    """Something was sold. `order` is its number in the system `source`; the same number again is the same
    sale and changes nothing, and is refused if it says otherwise: cancel it, and place one of another number.

    The company is named by `company_code` or `company_cnpj`; the customer by `customer_id`, by
    `customer_document` (CPF or CNPJ) or by `customer_code`: one of each is needed.
    `account_code` is where the money is to arrive; absent, the invoice decides. Mode `contractual` joins the
    customer's next invoice, `avulso` waits for a person. `emits_documents` false: it is owed at once, without
    boleto and nota; its account must be clear.
    """

    source: SourceName
    order: Number
    company_code: Name | None = None
    company_cnpj: Name | None = None
    customer_id: UUID | None = None
    customer_document: Name | None = None
    customer_code: Name | None = None
    account_code: Name | None = None
    sold_on: date
    due_on: date
    mode: Literal["contractual", "avulso"]
    payment_method: PaymentMethod
    emits_documents: bool = True
    department: Annotated[str, StringConstraints(min_length=1, max_length=60)] | None = None
    items: Annotated[tuple[OrderedItem, ...], Field(min_length=1, max_length=500)]


class OrderCancelledMessage(IncomingPayload):
    """The sale did not come about. It comes after its order, under the same key, and names its company alike.

    Of an order that never became a sale here it is refused, and waits for a person beside that order. What is
    on a billed invoice already is refused: cancel the invoice. `reason` is kept in clear for ever.
    """

    source: SourceName
    order: Number
    company_code: Name | None = None
    company_cnpj: Name | None = None
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class OrderPlacedEvent(IncomingEnvelope):
    """The whole message."""

    type: Literal["sales.order_placed.v1"]
    data: OrderPlacedMessage


class OrderCancelledEvent(IncomingEnvelope):
    """The whole message."""

    type: Literal["sales.order_cancelled.v1"]
    data: OrderCancelledMessage


type OrderEvent = Annotated[OrderPlacedEvent | OrderCancelledEvent, Field(discriminator="type")]

ORDER_EVENTS: TypeAdapter[OrderPlacedEvent | OrderCancelledEvent] = TypeAdapter(OrderEvent)
"""Reads a message's value with `validate_json`; ValidationError is a poison message."""
