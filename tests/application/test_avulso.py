"""Billing by hand: chosen items of one customer, split to the cent, never twice; cancelling frees them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from application.access import SYSTEM, PermissionMissingError, Principal
from application.app import NotFoundError
from application.registry import Change
from application.sales_billing import (
    AskedInstalment,
    AvulsoForm,
    ChosenItems,
    InstalmentDatesInvalidError,
    Sales,
    SalesOfSeveralCustomersError,
    monthly,
)
from domain.account.account import AccountUnfitError
from domain.customer.forgetting import CustomerForgottenError
from domain.invoice.events import SaleItem
from domain.invoice.situacao import Situacao
from domain.sale.sale import (
    SaleBilledError,
    SaleCancelledError,
    SaleItemBilledError,
    SaleItemsMissingError,
    SaleItemUnknownError,
)
from domain.user.events import Grant
from domain.user.roles import Role
from domain.values.payment import Document, PaymentMethod, ValueType
from domain.values.split import SplitInvalidError
from tests.application.selling import Shop, item
from tests.application.test_forgetting import forgetter_of
from tests.application.world import CNPJS, World, person

DUE = date(2026, 3, 20)


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


@pytest.fixture
def sales(world: World) -> Sales:
    return Sales(world.lastro, lambda: world.now)


def form(shop: Shop, *chosen: tuple[UUID, tuple[int, ...]], **changes: Any) -> AvulsoForm:
    fields: dict[str, Any] = {
        "chosen": tuple(ChosenItems(sale_id=sale, items=items) for sale, items in chosen),
        "account_id": shop.world.account,
        "payment_method": PaymentMethod.BOLETO,
        "instalments": monthly(DUE, 1),
    }
    return AvulsoForm(**(fields | changes))


def three(shop: Shop, number: str = "1", **changes: Any) -> UUID:
    items = (item(price="100.00"), item(price="50.01"), item("CON", "0.99"))
    return shop.sell(number, items=items, mode="avulso", **changes)


def test_chosen_items_of_several_sales_are_one_invoice_in_instalments(shop: Shop, sales: Sales) -> None:
    first, second = three(shop, "1"), three(shop, "2")
    asked = form(shop, (second, (2,)), (first, (1, 3)), instalments=monthly(date(2026, 1, 31), 3))
    preview = sales.preview(SYSTEM, asked)
    done = sales.bill(SYSTEM, asked, at_once=False)
    assert (done.invoice_id, done.lines, done.instalments) == (
        preview.invoice_id,
        preview.lines,
        preview.instalments,
    )
    invoice = shop.world.invoice(done.invoice_id)
    assert invoice.situacao() is Situacao.PENDING
    assert [(each.amount, each.due_on) for each in invoice.instalments] == [
        (Decimal("50.33"), date(2026, 1, 31)),
        (Decimal("50.33"), date(2026, 2, 28)),
        (Decimal("50.34"), date(2026, 3, 31)),
    ]
    assert [each.source for each in invoice.lines] == [
        SaleItem(sale_id=first, item=1),
        SaleItem(sale_id=first, item=3),
        SaleItem(sale_id=second, item=2),
    ]
    assert shop.sale(first).billed == {1: done.invoice_id, 3: done.invoice_id}
    assert shop.sale(second).billed == {2: done.invoice_id}
    assert invoice.documents == (Document.BOLETO, Document.NFSE, Document.PDF, Document.EMAIL)


def test_the_sales_facts_come_before_the_invoice_that_they_open(shop: Shop, sales: Sales) -> None:
    sales.bill(SYSTEM, form(shop, (three(shop), (1,))), at_once=False)
    topics = [each.topic for each in shop.world.lastro.read(0, 1000)]
    assert topics[-2:] == ["sale.items_billed.v1", "invoice.opened.v1"]
    last, before = shop.world.facts()[-1], shop.world.facts()[-2]
    assert (last.originator_id, getattr(last, "value_type", None)) == (
        getattr(before, "invoice_id", None),
        ValueType.SPLIT,
    )


def test_it_is_billed_at_once_where_asked(shop: Shop, sales: Sales) -> None:
    done = sales.bill(SYSTEM, form(shop, (three(shop), (1, 2))), at_once=True)
    assert done.billed is not None
    assert done.billed.outcome == "billed"
    assert shop.world.invoice(done.invoice_id).situacao() is Situacao.BILLED
    again = sales.bill(SYSTEM, form(shop, (three(shop, "2"), (3,))), at_once=True)
    assert again.billed is not None
    assert (again.billed.outcome, again.billed.reason) == ("failed", "service_without_fiscal_code")


def test_an_item_is_billed_once_however_often_it_is_asked(shop: Shop, sales: Sales) -> None:
    sale = three(shop)
    done = sales.bill(SYSTEM, form(shop, (sale, (1,))), at_once=False)
    with pytest.raises(SaleItemBilledError) as raised:
        sales.bill(SYSTEM, form(shop, (sale, (1, 2))), at_once=False)
    assert raised.value.details == {"item": 1, "invoice_id": done.invoice_id}
    second = sales.bill(SYSTEM, form(shop, (sale, (2, 3))), at_once=False)
    assert second.invoice_id != done.invoice_id


def test_two_people_at_once_bill_an_item_once(
    shop: Shop, sales: Sales, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale = three(shop)
    real = shop.world.lastro.record_batch
    raced: list[bool] = []

    def late(*args: Any, **kwargs: Any) -> int:
        if not raced:
            raced.append(True)
            sales.bill(SYSTEM, form(shop, (sale, (1,))), at_once=False)
        return real(*args, **kwargs)

    monkeypatch.setattr(shop.world.lastro, "record_batch", late)
    with pytest.raises(SaleItemBilledError):
        sales.bill(SYSTEM, form(shop, (sale, (1, 2))), at_once=False)
    assert len(shop.world.lastro.read(0, 1000, ["invoice.opened.v1"])) == 1


def test_amounts_of_instalments_may_be_said_and_add_up(shop: Shop, sales: Sales) -> None:
    sale = three(shop)
    days = (date(2026, 3, 20), date(2026, 4, 2))
    asked = tuple(
        AskedInstalment(due_on=day, amount=Decimal(amount))
        for day, amount in zip(days, ("100.00", "51.00"), strict=True)
    )
    preview = sales.preview(SYSTEM, form(shop, (sale, (1, 2, 3)), instalments=asked))
    assert [each.amount for each in preview.instalments] == [Decimal("100.00"), Decimal("51.00")]
    with pytest.raises(SplitInvalidError):
        sales.preview(SYSTEM, form(shop, (sale, (1, 2)), instalments=asked))


@pytest.mark.parametrize(
    "instalments",
    [
        (AskedInstalment(due_on=DUE), AskedInstalment(due_on=DUE)),
        monthly(DUE, 121),
    ],
)
def test_instalments_fall_due_one_after_the_other(shop: Shop, sales: Sales, instalments: Any) -> None:
    with pytest.raises(InstalmentDatesInvalidError):
        sales.preview(SYSTEM, form(shop, (three(shop), (1,)), instalments=instalments))


def test_goods_alone_ask_for_no_nota_and_cash_for_no_boleto(shop: Shop, sales: Sales) -> None:
    shop.world.add_product("PEC")
    sale = shop.sell(items=(item("PEC"),))
    asked = form(shop, (sale, (1,)), payment_method=PaymentMethod.CASH)
    assert sales.preview(SYSTEM, asked).documents == (Document.PDF, Document.EMAIL)


def test_one_charge_is_of_one_customer(shop: Shop, sales: Sales) -> None:
    mine, theirs = three(shop, "1"), three(shop, "2", customer="C1")
    with pytest.raises(SalesOfSeveralCustomersError):
        sales.preview(SYSTEM, form(shop, (mine, (1,)), (theirs, (1,))))


def test_what_cannot_be_billed_says_why(shop: Shop, sales: Sales) -> None:
    sale = three(shop)
    with pytest.raises(SaleItemsMissingError):
        sales.preview(SYSTEM, form(shop))
    with pytest.raises(SaleItemsMissingError):
        sales.preview(SYSTEM, form(shop, (sale, ())))
    with pytest.raises(SaleItemUnknownError):
        sales.preview(SYSTEM, form(shop, (sale, (4,))))
    with pytest.raises(AccountUnfitError):
        sales.preview(SYSTEM, form(shop, (sale, (1,)), payment_method=PaymentMethod.PIX))
    other = shop.world.add_account(shop.world.add_company("OUTRA", CNPJS[1]), "X")
    with pytest.raises(NotFoundError):
        sales.preview(SYSTEM, form(shop, (sale, (1,)), account_id=other))
    with pytest.raises(NotFoundError):
        sales.preview(SYSTEM, form(shop, (UUID(int=9), (1,))))
    sales.cancel(SYSTEM, sale, "desistiu")
    with pytest.raises(SaleCancelledError):
        sales.preview(SYSTEM, form(shop, (sale, (1,))))


def test_nobody_who_was_forgotten_is_billed(shop: Shop, sales: Sales) -> None:
    sale = three(shop)
    forgetter_of(shop.world).forget(SYSTEM, shop.world.customers[0], "pedido", "titular")
    with pytest.raises(CustomerForgottenError):
        sales.bill(SYSTEM, form(shop, (sale, (1,))), at_once=False)


def test_permission_and_company_are_asked_for(shop: Shop, sales: Sales) -> None:
    sale = three(shop)
    other = shop.world.add_company("OUTRA", CNPJS[1])
    viewer, stranger = person(Role.VIEWER, shop.world.company), person(Role.ADMINISTRATOR, other)
    assert sales.load(viewer, sale).code == "loja/1"
    for principal, error in ((viewer, PermissionMissingError), (stranger, NotFoundError)):
        with pytest.raises(error):
            sales.bill(principal, form(shop, (sale, (1,))), at_once=False)
        with pytest.raises(error):
            sales.cancel(principal, sale, "desistiu")
    with pytest.raises(NotFoundError):
        sales.load(stranger, sale)


def test_billing_at_once_is_asked_for_in_the_sale_s_own_company_before_anything_is_opened(
    shop: Shop, sales: Sales
) -> None:
    sale = three(shop)
    other = shop.world.add_company("OUTRA", CNPJS[1])
    mixed = Principal(
        None,
        "ana",
        (
            Grant(role=Role.FINANCE, companies=(other,)),
            Grant(role=Role.VIEWER, companies=(shop.world.company,)),
        ),
    )
    with pytest.raises(PermissionMissingError):
        sales.bill(mixed, form(shop, (sale, (1,))), at_once=True)
    assert not shop.sale(sale).billed


def test_cancelling_a_sale_once_is_enough_and_billed_items_hold_it(shop: Shop, sales: Sales) -> None:
    sale = three(shop)
    done = sales.bill(SYSTEM, form(shop, (sale, (1,))), at_once=True)
    with pytest.raises(SaleBilledError) as raised:
        sales.cancel(SYSTEM, sale, "desistiu")
    assert raised.value.details == {"invoice_ids": [done.invoice_id]}
    shop.world.commands.invoices.cancel(SYSTEM, done.invoice_id, "engano", frees_period=False)
    assert sales.cancel(SYSTEM, sale, "desistiu").change is Change.CORRECTED
    assert sales.cancel(SYSTEM, sale, "desistiu").change is Change.SAME


def test_a_cancelled_invoice_gives_the_items_of_all_its_sales_back(shop: Shop, sales: Sales) -> None:
    first, second = three(shop, "1"), three(shop, "2")
    done = sales.bill(SYSTEM, form(shop, (first, (1, 2)), (second, (3,))), at_once=False)
    before = shop.world.lastro.safe_position()
    shop.world.commands.invoices.cancel(SYSTEM, done.invoice_id, "engano", frees_period=False)
    recorded = shop.world.lastro.read(before, 100)
    assert [each.topic for each in recorded] == [
        "invoice.cancelled.v1",
        "sale.items_released.v1",
        "sale.items_released.v1",
    ]
    assert len({each.correlation_id for each in recorded}) == 1
    assert shop.sale(first).is_open
    again = sales.bill(SYSTEM, form(shop, (first, (1, 2)), (second, (3,))), at_once=False)
    assert again.invoice_id != done.invoice_id
