"""Open sales in the contractual batch (V16): joined, alone or left out; planned is what is committed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from application.access import SYSTEM
from application.billing.batch import PlanSummary
from application.sales_billing import AvulsoForm, ChosenItems, Sales, monthly
from domain.invoice.events import ContractPeriod, SaleItem
from domain.invoice.situacao import Situacao
from domain.values.payment import PaymentMethod
from tests.application.selling import Shop, item
from tests.application.world import CNPJS, World

FROM, UNTIL = date(2026, 3, 1), date(2026, 3, 31)


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


def plan(shop: Shop, **changes: Any) -> PlanSummary:
    return shop.world.commands.batch.plan(SYSTEM, due_from=FROM, due_until=UNTIL, **changes)


def confirm(shop: Shop, plan: PlanSummary) -> PlanSummary:
    return shop.world.commands.batch.confirm(SYSTEM, plan.plan_hash)


def invoices(shop: Shop) -> set[UUID]:
    return {each.stream_id for each in shop.world.lastro.read(0, 100_000, ["invoice.opened.v1"])}


def outcome(run: PlanSummary) -> tuple[int, int, int, int]:
    state = run.run
    return state.billed, state.with_failures, state.refused, state.failed


def avulso(shop: Shop, sale: UUID, *items: int) -> UUID:
    form = AvulsoForm(
        chosen=(ChosenItems(sale_id=sale, items=items),),
        account_id=shop.world.account,
        payment_method=PaymentMethod.BOLETO,
        instalments=monthly(date(2026, 3, 20), 1),
    )
    return Sales(shop.world.lastro, lambda: shop.world.now).bill(SYSTEM, form, at_once=False).invoice_id


def test_a_sale_joins_its_customer_s_pending_invoice(shop: Shop) -> None:
    invoice_id, *later = shop.world.sign("A")
    sale = shop.sell(items=(item(price="10.00"), item(price="2.50", quantity="2")))
    before = shop.world.lastro.safe_position()
    made = plan(shop)
    assert [(each.sale_id, each.joins, each.invoice_id, each.amount) for each in sold_of(shop, made)] == [
        (sale, True, invoice_id, Decimal("15.00"))
    ]
    assert made.planned.totals[0].amount == Decimal("165.00")
    assert shop.world.topics_of(invoice_id) == ["invoice.opened.v1"]
    run = confirm(shop, made)
    assert (outcome(run), run.run.amount) == ((1, 0, 0, 0), Decimal("165.00"))
    assert shop.world.topics_of(invoice_id) == [
        "invoice.opened.v1",
        "invoice.line_added.v1",
        "invoice.billing_requested.v1",
        "invoice.boleto_issued.v1",
        "invoice.billed.v1",
    ]
    invoice = shop.world.invoice(invoice_id)
    assert (invoice.situacao(), invoice.amount) == (Situacao.BILLED, Decimal("165.00"))
    assert [each.source for each in invoice.lines if isinstance(each.source, SaleItem)] == [
        SaleItem(sale_id=sale, item=1),
        SaleItem(sale_id=sale, item=2),
    ]
    assert shop.sale(sale).billed == {1: invoice_id, 2: invoice_id}
    assert invoices(shop) == {invoice_id, *later}
    recorded = [each for each in shop.world.lastro.read(before, 100) if each.stream_id in (sale, invoice_id)]
    assert [each.topic for each in recorded][:2] == ["sale.items_billed.v1", "invoice.line_added.v1"]
    assert len({each.recorded_at for each in recorded}) == 1


def sold_of(shop: Shop, made: PlanSummary) -> list[Any]:
    return shop.world.commands.batch.sold(SYSTEM, made.plan_hash)


def test_the_boleto_is_of_the_whole_amount(shop: Shop) -> None:
    (invoice_id, *_) = shop.world.sign("A")
    shop.sell(items=(item(price="10.00"),))
    confirm(shop, plan(shop))
    (issued,) = shop.world.facts(0, ["invoice.boleto_issued.v1"])
    assert (issued.originator_id, issued.amount) == (invoice_id, Decimal("160.00"))  # type: ignore[attr-defined]


def test_what_meets_no_invoice_opens_one_of_its_own(shop: Shop) -> None:
    sales = [shop.sell(str(number)) for number in range(2)]
    other_day = shop.sell("3", due_on=date(2026, 3, 11))
    made = plan(shop)
    assert [each.joins for each in sold_of(shop, made)] == [False] * 3
    run = confirm(shop, made)
    assert outcome(run) == (2, 0, 0, 0)
    together, alone = {*shop.sale(sales[0]).billed.values()}, {*shop.sale(other_day).billed.values()}
    assert together == {*shop.sale(sales[1]).billed.values()} != alone
    invoice = shop.world.invoice(together.pop())
    assert (invoice.amount, invoice.situacao()) == (Decimal("200.00"), Situacao.BILLED)
    assert (invoice.contract_id, invoice.instalments[0].due_on) == (None, date(2026, 3, 10))
    assert len(invoices(shop)) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"due_on": date(2026, 3, 11)},
        {"customer": "C1"},
        {"account_code": "OUTRA", "payment_method": PaymentMethod.CASH},
    ],
)
def test_only_the_same_customer_account_and_due_date_meet(shop: Shop, changes: dict[str, Any]) -> None:
    shop.world.add_account(shop.world.company, "OUTRA", agreement=None)
    (invoice_id, *_) = shop.world.sign("A")
    sale = shop.sell(**changes)
    confirm(shop, plan(shop))
    assert invoice_id not in shop.sale(sale).billed.values()
    assert len(shop.sale(sale).billed) == 1


def test_a_sale_without_account_joins_whatever_invoice_is_there_then(shop: Shop) -> None:
    shop.world.add_account(shop.world.company, "OUTRA", pix_key="11222333000181")
    (invoice_id, *_) = shop.world.sign("A")
    sale = shop.sell(account_code=None)
    confirm(shop, plan(shop))
    assert {*shop.sale(sale).billed.values()} == {invoice_id}


def test_a_sale_without_account_takes_the_only_one_or_is_left_out_by_name(shop: Shop) -> None:
    cash: dict[str, Any] = {"account_code": None, "payment_method": PaymentMethod.CASH}
    boleto = shop.sell("1", account_code=None)
    confirm(shop, plan(shop))
    assert shop.world.invoice(shop.sale(boleto).billed[1]).account_id == shop.world.account
    shop.world.add_account(shop.world.company, "CAIXA")
    left = shop.sell("2", **cash)
    made = plan(shop)
    (excluded,) = shop.world.commands.batch.exclusions(SYSTEM, made.plan_hash)
    assert (excluded.reason, excluded.detail, excluded.amount) == (
        "sale_without_account",
        "loja/2",
        Decimal("100.00"),
    )
    assert not shop.sale(left).billed


def test_the_batch_may_give_every_sale_an_invoice_or_leave_all_out(shop: Shop) -> None:
    invoice_id, *rest = shop.world.sign("A")
    sale = shop.sell()
    left_out = plan(shop, sales="leave_out")
    assert sold_of(shop, left_out) == []
    confirm(shop, left_out)
    assert not shop.sale(sale).billed
    own = plan(shop, sales="own")
    assert [each.joins for each in sold_of(shop, own)] == [False]
    confirm(shop, own)
    assert len(invoices(shop)) == 1 + len([invoice_id, *rest])
    topics = shop.world.topics_of(own.planned.originator_id)
    assert topics[:2] == ["billing_run.planned.v1", "billing_run.sales_planned.v1"]


def test_a_billed_invoice_is_not_joined(shop: Shop) -> None:
    (invoice_id, *_) = shop.world.sign("A")
    shop.world.commands.invoices.bill_now(SYSTEM, [invoice_id])
    sale = shop.sell()
    confirm(shop, plan(shop))
    assert invoice_id not in shop.sale(sale).billed.values()
    assert shop.sale(sale).billed


def test_an_invoice_that_waits_for_its_value_is_not_joined(shop: Shop) -> None:
    (invoice_id, *_) = shop.world.sign("A", variable=True)
    assert shop.world.invoice(invoice_id).situacao() is Situacao.VALUE_PENDING
    sale = shop.sell()
    run = confirm(shop, plan(shop))
    assert outcome(run)[0] == 1
    assert invoice_id not in shop.sale(sale).billed.values()


def test_only_the_first_of_several_invoices_takes_the_sale(shop: Shop) -> None:
    firsts = {shop.world.sign(code)[0] for code in ("A", "B")}
    sale = shop.sell()
    run = confirm(shop, plan(shop))
    assert outcome(run) == (2, 0, 0, 0)
    assert len({*shop.sale(sale).billed.values()} & firsts) == 1


def test_a_plan_without_sales_says_nothing_of_them(shop: Shop) -> None:
    shop.world.sign("A")
    made = plan(shop)
    assert shop.world.topics_of(made.planned.originator_id) == ["billing_run.planned.v1"]


def test_avulso_sales_and_those_that_emit_nothing_stay_out_and_are_reminded_of(shop: Shop) -> None:
    mine = shop.sell("1", mode="avulso", due_on=date(2026, 1, 5))
    shop.sell("2", mode="avulso", customer="C1", items=(item(price="7.00"),))
    shop.sell("3", emits_documents=False)
    shop.sell("4", mode="avulso", due_on=UNTIL + timedelta(1))
    made = plan(shop)
    assert made.planned.invoices == 0
    reminders = shop.world.commands.batch.reminders(SYSTEM, made.plan_hash)
    assert [(each.customer_id, each.sales, each.amount, each.due_on) for each in reminders] == [
        (shop.world.customers[0], 1, Decimal("100.00"), date(2026, 1, 5)),
        (shop.world.customers[1], 1, Decimal("7.00"), date(2026, 3, 10)),
    ]
    assert not shop.sale(mine).billed


def test_contractual_sales_that_were_left_out_are_reminded_of(shop: Shop) -> None:
    shop.sell()
    batch = shop.world.commands.batch
    assert len(batch.reminders(SYSTEM, plan(shop, sales="leave_out").plan_hash)) == 1
    assert len(batch.reminders(SYSTEM, plan(shop).plan_hash)) == 0


def test_a_written_plan_of_sales_is_what_its_hash_says(shop: Shop) -> None:
    shop.sell()
    made = plan(shop)
    with shop.world.lastro.database.connection() as db:
        db.execute("UPDATE billing_run_sale SET amount = amount + 1")
    with pytest.raises(Exception, match="by hand"):
        confirm(shop, made)


def test_a_failing_own_invoice_is_opened_and_says_why(shop: Shop) -> None:
    sale = shop.sell(items=(item("CON"),))
    made = plan(shop)
    (planned,) = shop.world.commands.batch.items(SYSTEM, made.plan_hash)
    assert planned.expected == "service_without_fiscal_code"
    run = confirm(shop, made)
    assert outcome(run) == (0, 1, 0, 0)
    assert shop.world.invoice(shop.sale(sale).billed[1]).situacao() is Situacao.ERROR


def test_goods_join_beside_a_service_and_do_not_fail_its_nota(shop: Shop) -> None:
    shop.world.add_product("PEC")
    shop.world.sign("A")
    shop.sell(items=(item("PEC"),))
    assert outcome(confirm(shop, plan(shop))) == (1, 0, 0, 0)


def test_another_company_s_sales_are_another_company_s(shop: Shop) -> None:
    other = shop.world.add_company("OUTRA", CNPJS[1])
    shop.sell()
    assert plan(shop, companies=[other]).planned.invoices == 0


def test_automatic_billing_takes_the_sales_that_are_due(shop: Shop) -> None:
    shop.world.commands.companies.switch_automatic_billing(SYSTEM, shop.world.company, on=True)
    due, later = shop.sell("1", due_on=date(2026, 3, 1)), shop.sell("2", due_on=date(2026, 3, 3))
    (run,) = shop.world.commands.due.bill_due(SYSTEM, date(2026, 3, 2))
    assert outcome(run) == (1, 0, 0, 0)
    assert shop.sale(due).billed
    assert not shop.sale(later).billed
    assert shop.world.commands.due.bill_due(SYSTEM, date(2026, 3, 2)) == []


def test_cancelling_the_invoice_frees_the_sale_and_the_period(shop: Shop) -> None:
    (invoice_id, *_) = shop.world.sign("A")
    sale = shop.sell()
    confirm(shop, plan(shop))
    shop.world.commands.invoices.cancel(SYSTEM, invoice_id, "engano", frees_period=True)
    assert not shop.sale(sale).billed
    run = confirm(shop, plan(shop))
    assert outcome(run) == (1, 0, 0, 0)
    again = shop.world.invoice(shop.sale(sale).billed[1])
    assert again.amount == Decimal("250.00")
    assert any(isinstance(line.source, ContractPeriod) and line.source.attempt == 2 for line in again.lines)


def test_ending_the_contract_frees_the_sales_of_its_invoices(shop: Shop) -> None:
    terms: dict[str, Any] = {
        "items": (shop.world.item(shop.world.uncoded),),
        "payment_method": PaymentMethod.CASH,
    }
    (invoice_id, *_) = shop.world.sign("A", first_due_on=date(2026, 3, 20), due_day=20, **terms)
    sale = shop.sell(due_on=date(2026, 3, 20))
    assert outcome(confirm(shop, plan(shop))) == (0, 1, 0, 0)
    assert {*shop.sale(sale).billed.values()} == {invoice_id}
    contract_id = shop.world.invoice(invoice_id).contract_id
    assert contract_id is not None
    shop.world.commands.contracts.end(SYSTEM, contract_id, date(2026, 3, 15), "mudança")
    assert shop.world.invoice(invoice_id).cancelled
    assert shop.sale(sale).is_open
    assert shop.world.facts()[-1].because == "contract_ended"  # type: ignore[attr-defined]


def test_many_sales_are_planned_in_pages(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("application.billing.planning.PAGE", 3)
    sales = [shop.sell(str(n), customer=f"C{n % 3}", due_on=date(2026, 3, 10 + n % 2)) for n in range(12)]
    made = plan(shop)
    assert made.planned.invoices == 6
    assert len(sold_of(shop, made)) == 12
    assert outcome(confirm(shop, made)) == (6, 0, 0, 0)
    assert all(shop.sale(sale).billed for sale in sales)
    assert len(invoices(shop)) == 6
