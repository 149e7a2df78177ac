"""Sales of every kind on the portfolio of the pages' tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from application.access import SYSTEM
from application.app import Context
from application.registry import Done
from application.sales import OrderItem, OrderPlaced, Orders
from application.sales_billing import AvulsoForm, ChosenItems, monthly
from application.services import ServiceForm
from domain.values.payment import PaymentMethod
from projections.progress import wait_for
from projections.sales_to_bill.query import OpenSalesQuery
from projections.shown import ON_PAGES
from tests.web.portfolio import Portfolio
from tests.web.world import World, lookups_on

KAFKA = Context("kafka:sales.orders.v1", UUID(int=6))


@dataclass(frozen=True)
class Sold:
    """By what became of them. `open` and `more` are of the first customer, `foreign` of the other company."""

    open: UUID
    more: UUID
    late: UUID
    partly: UUID
    billed: UUID
    cancelled: UUID
    silent: UUID
    foreign: UUID
    invoice: UUID


def order(number: str, customer: str = "C0", **changes: Any) -> OrderPlaced:
    """One of the shop, of two items."""
    fields: dict[str, Any] = {
        "source": "loja",
        "order": number,
        "sold_on": date(2026, 3, 2),
        "due_on": date(2026, 3, 20),
        "items": (
            OrderItem("SUP", Decimal("1.5"), Decimal("200.00"), description="Visita técnica"),
            OrderItem("SUP", Decimal(3), Decimal("33.33"), Decimal("9.99"), "Troca de fonte"),
        ),
        "mode": "avulso",
        "payment_method": PaymentMethod.BOLETO,
        "company_code": "ACME",
        "customer_code": customer,
        "account_code": "ITAU",
    }
    return OrderPlaced(**(fields | changes))


def sell(world: World, *orders: OrderPlaced) -> list[UUID]:
    """Let them arrive; each must be taken."""
    lastro = world.lastro
    taking = Orders(lastro, lookups_on(lastro), world.services.clock, OpenSalesQuery(lastro.database))
    found = taking.record(KAFKA, orders, lambda *_: None)
    assert all(isinstance(each, Done) for each in found), found
    settled(world)
    return [each.id for each in found if isinstance(each, Done)]


def settled(world: World) -> None:
    """Let the read models take note."""
    assert wait_for(world.lastro.database, world.lastro.safe_position(), 20, ON_PAGES)


def bill(world: World, sale: UUID, *items: int) -> UUID:
    """Put items on an invoice of their own."""
    form = AvulsoForm(
        chosen=(ChosenItems(sale_id=sale, items=items),),
        account_id=world.organisation.account,
        payment_method=PaymentMethod.BOLETO,
        instalments=monthly(date(2026, 3, 20), 1),
    )
    return world.services.sales.bill(SYSTEM, form, at_once=False).invoice_id


def happen(world: World, portfolio: Portfolio) -> Sold:
    """One of every kind."""
    foreign_service = ServiceForm(
        company_id=portfolio.other_company, code="SUP", description="Suporte", kind="service", lc116="01.07"
    )
    world.organisation.commands.services.register(SYSTEM, foreign_service)
    ids = sell(
        world,
        order("1001"),
        order("1002", mode="contractual"),
        order("1003", "LONGO", due_on=date(2026, 2, 20), account_code=None),
        order("1004", "C1"),
        order("1005", "C1"),
        order("1006", "C1"),
        order("1007", "C2", emits_documents=False),
        order(
            "2001",
            company_code="BETA",
            account_code=None,
            payment_method=PaymentMethod.CASH,
        ),
    )
    invoice = bill(world, ids[3], 1)
    bill(world, ids[4], 1, 2)
    world.services.sales.cancel(SYSTEM, ids[5], "cliente desistiu")
    settled(world)
    open_, more, late, partly, billed, cancelled, silent, foreign = ids
    return Sold(open_, more, late, partly, billed, cancelled, silent, foreign, invoice)
