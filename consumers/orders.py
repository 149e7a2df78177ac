"""sales.orders.v1: orders of other systems become sales, each once; who withdraws one cancels its sale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from application.app import Context
from application.incoming.settling import Settle, context_of_message
from application.sales import Orders
from application.sales_orders import Order, OrderItem, OrderPlaced, OrderWithdrawn
from consumers.contracts.orders import (
    GROUP,
    ORDER_EVENTS,
    TOPIC,
    OrderCancelledMessage,
    OrderPlacedMessage,
)
from consumers.decoding import decoded
from consumers.handler import Incoming


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order, placed or withdrawn, and the context that its facts are recorded in."""

    told: Order
    context: Context


class OrdersHandler:
    """Hands orders to their use case."""

    topic: ClassVar[str] = TOPIC
    group: ClassVar[str] = GROUP

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    def decode(self, message: Incoming) -> Ordered:
        """The order. Raises PoisonMessageError."""
        event = decoded(ORDER_EVENTS, message)
        context = context_of_message(TOPIC, f"{event.source}\0{event.id}")
        match event.data:
            case OrderPlacedMessage() as said:
                return Ordered(_placed(said), context)
            case OrderCancelledMessage() as said:
                return Ordered(_withdrawn(said), context)

    def source_id(self, item: Ordered) -> str:
        """The order's number in its system."""
        return f"{item.told.source}/{item.told.order}"

    def apply(self, items: Sequence[Ordered], settle: Settle) -> None:
        """Record the sales."""
        self._orders.record([each.context for each in items], [each.told for each in items], settle)


def _placed(said: OrderPlacedMessage) -> OrderPlaced:
    return OrderPlaced(
        source=said.source,
        order=said.order,
        sold_on=said.sold_on,
        due_on=said.due_on,
        items=tuple(
            OrderItem(each.service_code, each.quantity, each.unit_price, each.discount, each.description)
            for each in said.items
        ),
        mode=said.mode,
        payment_method=said.payment_method,
        company_code=said.company_code,
        company_cnpj=said.company_cnpj,
        customer_id=said.customer_id,
        customer_document=said.customer_document,
        customer_code=said.customer_code,
        account_code=said.account_code,
        department=said.department,
        emits_documents=said.emits_documents,
    )


def _withdrawn(said: OrderCancelledMessage) -> OrderWithdrawn:
    return OrderWithdrawn(
        source=said.source,
        order=said.order,
        reason=said.reason,
        company_code=said.company_code,
        company_cnpj=said.company_cnpj,
    )
