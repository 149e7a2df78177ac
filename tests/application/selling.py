"""Orders for the small organisation of the use cases' tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from application.app import Context
from application.database import Connection
from application.incoming.settling import Outcome as Settled
from application.incoming.settling import context_of_message
from application.lookups import Lookups
from application.registry import Done
from application.sales import OrderItem, OrderPlaced, Orders
from application.sales_orders import Order
from domain.sale.sale import Sale, project
from domain.values.payment import PaymentMethod
from tests.application.world import FactReadModels, World
from tests.support.application import MASTER_KEY

CONTEXT = context_of_message("sales.orders.v1", "message-1")


def item(code: str = "SUP", price: str = "100.00", quantity: str = "1") -> OrderItem:
    return OrderItem(code, Decimal(quantity), Decimal(price))


def order(number: str = "1001", customer: str = "C0", **changes: Any) -> OrderPlaced:
    """An order of the shop for the first customer, due on 10 March 2026."""
    fields: dict[str, Any] = {
        "source": "loja",
        "order": number,
        "sold_on": date(2026, 3, 2),
        "due_on": date(2026, 3, 10),
        "items": (item(),),
        "mode": "contractual",
        "payment_method": PaymentMethod.BOLETO,
        "company_code": "ACME",
        "customer_code": customer,
        "account_code": "ITAU",
    }
    return OrderPlaced(**(fields | changes))


class Shop:
    """Orders into a world, and what was settled with each batch."""

    def __init__(self, world: World) -> None:
        self.world = world
        lookups = Lookups(world.lastro.database, MASTER_KEY.derived("lookup"))
        accounts = FactReadModels(world.lastro.database)
        self.orders = Orders(world.lastro, lookups, lambda: world.now, accounts)
        self.settled: list[Sequence[Settled]] = []

    def record(self, *orders: Order, contexts: Context | Sequence[Context] = CONTEXT) -> list[Any]:
        return self.orders.record(contexts, orders, self._settle)

    def sell(self, number: str = "1001", customer: str = "C0", **changes: Any) -> UUID:
        """The sale of one order that must be taken."""
        (done,) = self.record(order(number, customer, **changes))
        assert isinstance(done, Done), done
        return done.id

    def sale(self, sale_id: UUID) -> Sale:
        return self.world.lastro.load(project, sale_id)

    def _settle(self, connection: Connection, outcomes: Sequence[Settled]) -> None:
        connection.execute("SELECT 1")
        self.settled.append(outcomes)
