"""A run with sales, killed between any two exchanges with the database, bills each item of a sale once."""

from __future__ import annotations

from datetime import date

import pytest

from application.access import SYSTEM
from domain.billing_run.billing_run import RunState
from tests.application.billing.test_crashes import crasher, resumed
from tests.application.selling import Shop
from tests.application.world import World


@pytest.mark.chaos
@pytest.mark.slow
def test_a_killed_run_bills_each_sale_once_joined_or_on_its_own(
    world: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("application.billing.batch.CHUNK", 1)
    shop = Shop(world)
    with crasher(database_url) as other:
        outcome, at = "killed", 0
        while outcome == "killed":
            at += 1
            (joined, *_) = world.sign(f"A-{at}", customer=0)
            sales = [shop.sell(f"{at}-1", "C0"), shop.sell(f"{at}-2", "C1")]
            plan = world.commands.batch.plan(SYSTEM, due_from=date(2026, 3, 1), due_until=date(2026, 3, 31))
            outcome = other.run("confirm", plan.plan_hash, at)
            done = resumed(world, plan)
            assert (done.run.state, done.run.billed) == (RunState.CLOSED, 2), at
            assert [world.topics_of(sale) for sale in sales] == [
                ["sale.recorded.v1", "sale.items_billed.v1"]
            ] * 2
            assert {*shop.sale(sales[0]).billed.values()} == {joined}, at
            own = world.invoice(shop.sale(sales[1]).billed[1])
            assert (own.billed, len(own.lines), len(own.boletos)) == (True, 1, 1), at
    assert at > 25
    charged = [line.source for fact in world.facts() for line in getattr(fact, "lines", ())]
    from_sales = [source for source in charged if hasattr(source, "sale_id")]
    assert len(from_sales) == len(set(from_sales)) == 2 * at
