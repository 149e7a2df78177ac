"""A plan with sales is held to: what moved since is refused by name, and no sale is billed twice."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from application.access import SYSTEM
from application.sales_billing import Sales
from domain.invoice.situacao import Situacao
from tests.application.billing.test_sales_in_batch import (
    avulso,
    confirm,
    invoices,
    outcome,
    plan,
    sold_of,
)
from tests.application.selling import Shop
from tests.application.test_completeness import Audit, TrueListing
from tests.application.world import World


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


def _billed_elsewhere(shop: Shop, sale: UUID) -> None:
    avulso(shop, sale, 1)


def _cancelled(shop: Shop, sale: UUID) -> None:
    Sales(shop.world.lastro, lambda: shop.world.now).cancel(SYSTEM, sale, "desistiu")


@pytest.mark.parametrize("move", [_billed_elsewhere, _cancelled])
@pytest.mark.parametrize("days", [0, 1], ids=["same day", "a day later"])
@pytest.mark.parametrize("contract", [True, False], ids=["joins", "own"])
def test_a_sale_that_moved_is_refused_by_name_and_its_invoice_with_it(
    shop: Shop, move: Any, days: int, contract: bool
) -> None:
    if contract:
        shop.world.sign("A")
    shop.world.sign("B", customer=1)
    sale = shop.sell()
    made = plan(shop)
    move(shop, sale)
    before = invoices(shop)
    shop.world.now += timedelta(days)
    run = confirm(shop, made)
    assert outcome(run) == (1, 0, 1, 0)
    (report,) = shop.world.commands.batch.reports(SYSTEM, made.plan_hash)
    assert (report.outcome, report.reason, report.stream_id) == ("refused", "moved", sale)
    assert invoices(shop) == before


@pytest.mark.parametrize("contract", [True, False], ids=["joins", "own"])
def test_a_day_later_the_same_is_decided_again(shop: Shop, contract: bool) -> None:
    if contract:
        shop.world.sign("A")
    sale = shop.sell()
    made = plan(shop)
    (planned,) = sold_of(shop, made)
    shop.world.now += timedelta(1)
    run = confirm(shop, made)
    assert outcome(run) == (1, 0, 0, 0)
    assert shop.sale(sale).billed == {1: planned.invoice_id}
    assert shop.world.invoice(planned.invoice_id).situacao() is Situacao.BILLED
    assert run.run.amount == made.planned.totals[0].amount


@pytest.mark.parametrize("days", [0, 1])
def test_an_invoice_that_moved_keeps_its_sale_out(shop: Shop, days: int) -> None:
    (invoice_id, *_) = shop.world.sign("A")
    sale = shop.sell()
    made = plan(shop)
    shop.world.commands.invoices.reschedule(SYSTEM, invoice_id, 1, date(2026, 3, 12))
    shop.world.now += timedelta(days)
    run = confirm(shop, made)
    assert outcome(run) == (0, 0, 1, 0)
    assert not shop.sale(sale).billed


@pytest.mark.parametrize("days", [0, 1])
def test_a_company_whose_settings_moved_opens_nothing_as_planned(shop: Shop, days: int) -> None:
    sale = shop.sell()
    made = plan(shop)
    shop.world.commands.companies.set_year_end_rule(SYSTEM, shop.world.company, on=False)
    shop.world.now += timedelta(days)
    run = confirm(shop, made)
    assert outcome(run) == (0, 0, 1, 0)
    (report,) = shop.world.commands.batch.reports(SYSTEM, made.plan_hash)
    assert (report.reason, report.stream_id) == ("moved", shop.world.company)
    assert not shop.sale(sale).billed


def test_two_plans_bill_a_sale_once(shop: Shop) -> None:
    shop.world.sign("A")
    sale = shop.sell()
    first, second = plan(shop), plan(shop, sales="own")
    assert outcome(confirm(shop, first)) == (1, 0, 0, 0)
    assert outcome(confirm(shop, second))[2] == 2
    assert len(shop.sale(sale).billed) == 1
    assert shop.world.topics_of(sale) == ["sale.recorded.v1", "sale.items_billed.v1"]


def test_a_sale_that_moves_while_the_chunk_is_written_fails_alone(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.world.sign("A")
    shop.world.sign("B", customer=1)
    sale = shop.sell()
    made = plan(shop)
    real = shop.world.lastro.record_prepared
    raced: list[bool] = []

    def late(*args: Any, **kwargs: Any) -> int:
        if not raced:
            raced.append(True)
            avulso(shop, sale, 1)
        return real(*args, **kwargs)

    monkeypatch.setattr(shop.world.lastro, "record_prepared", late)
    run = confirm(shop, made)
    assert outcome(run) == (1, 0, 1, 0)
    assert shop.world.topics_of(sale) == ["sale.recorded.v1", "sale.items_billed.v1"]


def test_a_sale_that_joins_a_period_s_invoice_leaves_nothing_unaccounted_for(shop: Shop) -> None:
    shop.world.sign("A")
    shop.sell()
    shop.sell("1002", "C1")
    assert outcome(confirm(shop, plan(shop))) == (2, 0, 0, 0)
    audit = Audit(shop.world, TrueListing(shop.world.lastro))
    tally = audit.run(date(2026, 3, 10))
    assert (tally.expected, tally.billed, tally.is_complete) == (1, 1, True), audit.findings
