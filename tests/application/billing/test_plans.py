"""A plan is what its hash says, item by item, and is kept for as long as its run is open."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import LiteralString

import pytest

from application.access import SYSTEM
from application.billing import planning
from application.billing.batch import PlanSummary
from application.billing.plan_rows import Difference, PlanUnknownError
from application.billing.running import PlanAlteredError
from domain.billing_run.billing_run import RunState
from domain.billing_run.events import BillingChunkDone
from domain.invoice.events import BoletoIssued
from domain.kernel import DomainEvent
from tests.application.world import World


def plan(world: World) -> PlanSummary:
    return world.commands.batch.plan(SYSTEM, due_from=date(2026, 3, 1), due_until=date(2026, 3, 31))


def boletos(world: World) -> list[DomainEvent]:
    return world.facts(topics=[BoletoIssued.TOPIC])


def test_plans_of_the_same_content_are_told_apart(world: World) -> None:
    """Two people plan the same: each confirms their own, and the second finds everything billed."""
    world.sign("A-1")
    mine, theirs = plan(world), plan(world)
    assert theirs.difference == Difference(new=0, changed=0, dropped=0, blocked=0)
    done = world.commands.batch.confirm(SYSTEM, mine.plan_hash)
    assert (done.run.id, done.run.billed) == (mine.run.id, 1)
    done = world.commands.batch.confirm(SYSTEM, theirs.plan_hash)
    assert (done.run.id, done.run.billed, done.run.refused) == (theirs.run.id, 0, 1)


def test_what_no_total_can_tell_waits_for_the_next_plan(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "_MOST", Decimal("299.99"))
    for number in range(2):
        world.sign(f"A-{number}", customer=number)
    full = plan(world)
    (left,) = world.commands.batch.exclusions(SYSTEM, full.plan_hash)
    assert (full.planned.invoices, left.amount, left.reason) == (1, Decimal("150.00"), planning.PLAN_FULL)
    assert world.commands.batch.confirm(SYSTEM, full.plan_hash).run.billed == 1
    rest = plan(world)
    assert [each.invoice_id for each in world.commands.batch.items(SYSTEM, rest.plan_hash)] == [
        left.invoice_id
    ]


def alter(world: World, statement: LiteralString) -> None:
    with world.lastro.database.connection() as db:
        assert db.execute(statement).rowcount == 1


ALTER_FACTS: LiteralString = (
    "UPDATE billing_run_item SET facts = convert_to(replace(convert_from(facts, 'UTF8'), '150.00', '999.99'),"
    " 'UTF8') WHERE ordinal = 1"
)


@pytest.mark.parametrize(
    "statement",
    [
        ALTER_FACTS,
        "UPDATE billing_run_item SET version = version + 1 WHERE ordinal = 1",
        "UPDATE billing_run_item SET number_offset = 1 WHERE ordinal = 1",
        "UPDATE billing_run_item SET amount = 1 WHERE ordinal = 1",
    ],
)
def test_an_item_that_is_not_as_it_was_planned_is_not_billed(world: World, statement: LiteralString) -> None:
    altered, other = (world.sign(f"A-{n}", customer=n)[0] for n in range(2))
    planned = plan(world)
    first = world.commands.batch.items(SYSTEM, planned.plan_hash)[0].invoice_id
    alter(world, statement)
    done = world.commands.batch.confirm(SYSTEM, planned.plan_hash)
    assert (done.run.billed, done.run.failed) == (1, 1)
    (report,) = world.commands.batch.reports(SYSTEM, planned.plan_hash)
    assert (report.invoice_id, report.outcome, report.reason) == (first, "failed", "altered")
    assert world.topics_of(first) == ["invoice.opened.v1"]
    assert {altered, other} == {first, *(fact.originator_id for fact in boletos(world))}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_run_item SET digest = sha256(facts) WHERE ordinal = 1",
        "DELETE FROM billing_run_item WHERE ordinal = 2",
        "INSERT INTO billing_run_item SELECT (jsonb_populate_record(item, '{\"ordinal\": 0}')).*"
        " FROM billing_run_item AS item WHERE ordinal = 1",
        "UPDATE billing_run_rest SET version = version + 1 WHERE stream_id IN"
        " (SELECT account_id FROM billing_run_item)",
        "DELETE FROM billing_run_exclusion",
    ],
)
def test_a_plan_that_is_not_what_its_hash_says_is_not_confirmed(
    world: World, statement: LiteralString
) -> None:
    world.sign("A-1")
    world.sign("A-2", customer=1)
    world.sign("A-3", customer=2, variable=True)
    planned = plan(world)
    alter(world, statement)
    with pytest.raises(PlanAlteredError):
        world.commands.batch.confirm(SYSTEM, planned.plan_hash)
    assert boletos(world) == []
    assert world.topics_of(planned.run.id) == ["billing_run.planned.v1"]


def test_a_stopped_run_is_never_forgotten_and_its_refusals_are_facts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("application.billing.batch.CHUNK", 1)
    invoices = [world.sign(f"A-{n}", customer=n)[0] for n in range(4)]
    planned = plan(world)
    for invoice in invoices:
        world.commands.invoices.reschedule(SYSTEM, invoice, 1, date(2026, 3, 20))
    batch = world.commands.batch
    stopped = batch.confirm(SYSTEM, planned.plan_hash, lambda _: stop_once(world, planned))
    assert stopped.run.state is RunState.STOPPED
    assert stopped.run.refused < 4
    world.now = datetime(2026, 5, 2, 12, tzinfo=UTC)
    plan(world)
    plan(world)
    assert batch.resume(SYSTEM, planned.plan_hash).run.state is RunState.CLOSED
    plan(world)
    with pytest.raises(PlanUnknownError):
        batch.show(SYSTEM, planned.plan_hash)
    facts = [fact for fact in world.facts() if isinstance(fact, BillingChunkDone)]
    left = [(each.invoice_id, each.outcome, each.moved_stream) for f in facts for each in f.not_billed]
    assert sorted(left) == sorted((invoice, "refused", invoice) for invoice in invoices)


def stop_once(world: World, planned: PlanSummary) -> None:
    if world.topics_of(planned.run.id).count("billing_run.stopped.v1") == 0:
        world.commands.batch.stop(SYSTEM, planned.plan_hash)
