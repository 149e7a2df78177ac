"""The contractual batch bills exactly what its plan showed, once, whatever happens on the way."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from application.access import SYSTEM
from application.billing.batch import PlanSummary
from application.registry import EntryTakenError
from domain.billing_run.billing_run import RunState
from domain.invoice.situacao import Situacao
from tests.application.world import World

MARCH = {"due_from": date(2026, 3, 1), "due_until": date(2026, 3, 31)}


def plan(world: World) -> PlanSummary:
    return world.commands.batch.plan(SYSTEM, **MARCH)


def test_confirming_bills_each_item_of_the_plan_and_nothing_else(world: World) -> None:
    firsts = [world.sign(f"A-{n}", customer=n)[0] for n in range(3)]
    later = world.sign("A-9")[1]
    planned = plan(world)
    assert planned.planned.invoices == 4
    assert planned.planned.totals[0].amount == Decimal("600.00")
    done = world.commands.batch.confirm(SYSTEM, planned.plan_hash)
    assert (done.run.state, done.run.billed, done.run.amount) == (RunState.CLOSED, 4, Decimal("600.00"))
    for invoice in firsts:
        assert world.topics_of(invoice) == [
            "invoice.opened.v1",
            "invoice.billing_requested.v1",
            "invoice.boleto_issued.v1",
            "invoice.billed.v1",
        ]
    assert world.invoice(later).situacao() is Situacao.PENDING


def test_a_plan_bills_nothing(world: World) -> None:
    invoice = world.sign("A-1")[0]
    plan(world)
    assert world.topics_of(invoice) == ["invoice.opened.v1"]


def test_boletos_of_a_run_have_distinct_numbers(world: World) -> None:
    for n in range(4):
        world.sign(f"A-{n}", customer=n)
    world.commands.batch.confirm(SYSTEM, plan(world).plan_hash)
    numbers = [fact.nosso_numero for fact in world.facts(topics=["invoice.boleto_issued.v1"])]
    assert sorted(numbers) == ["00000001", "00000002", "00000003", "00000004"]
