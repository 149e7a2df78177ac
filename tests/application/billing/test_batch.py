"""The contractual batch bills exactly what its plan showed, once, whatever happens on the way."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from application.access import SYSTEM, PermissionMissingError, Principal
from application.billing import prepared
from application.billing.batch import PlanSummary
from application.billing.plan_rows import Difference, PlanUnknownError
from application.billing.running import RunBusyError, coordinating
from application.ids import new_id
from domain.account.account import Account
from domain.account.account import project as project_account
from domain.billing_run.billing_run import (
    PlanIntervalInvalidError,
    RunNotPlannedError,
    RunNotRunningError,
    RunState,
)
from domain.billing_run.events import BillingChunkDone, NotBilled
from domain.invoice.events import BoletoIssued, InvoiceBilled
from domain.invoice.situacao import Situacao
from domain.user.events import Grant
from domain.user.roles import Role
from domain.values.payment import PaymentMethod
from tests.application.world import CNPJS, World, person
from tests.support.house import ITAU

BILLED = [
    "invoice.opened.v1",
    "invoice.billing_requested.v1",
    "invoice.boleto_issued.v1",
    "invoice.billed.v1",
]


def plan(world: World, **changes: Any) -> PlanSummary:
    return world.commands.batch.plan(
        SYSTEM, **{"due_from": date(2026, 3, 1), "due_until": date(2026, 3, 31), **changes}
    )


def not_billed(world: World) -> list[NotBilled]:
    """What the runs' own facts say was left."""
    facts = world.facts(topics=[BillingChunkDone.TOPIC])
    return [each for fact in facts if isinstance(fact, BillingChunkDone) for each in fact.not_billed]


def boletos(world: World) -> list[BoletoIssued]:
    facts = world.facts(topics=[BoletoIssued.TOPIC])
    return [fact for fact in facts if isinstance(fact, BoletoIssued)]


def small_chunks(world: World, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("application.billing.batch.CHUNK", size)


def test_confirming_bills_each_item_of_the_plan_and_nothing_else(world: World) -> None:
    firsts = [world.sign(f"A-{n}", customer=n)[0] for n in range(3)]
    later = world.sign("A-9")[1]
    planned = plan(world)
    assert planned.planned.invoices == 4
    assert planned.planned.totals[0].amount == Decimal("600.00")
    done = world.commands.batch.confirm(SYSTEM, planned.plan_hash)
    assert (done.run.state, done.run.billed, done.run.amount) == (RunState.CLOSED, 4, Decimal("600.00"))
    assert [world.topics_of(invoice) for invoice in firsts] == [BILLED] * 3
    assert world.invoice(later).situacao() is Situacao.PENDING


def test_a_plan_bills_nothing(world: World) -> None:
    invoice = world.sign("A-1")[0]
    plan(world)
    assert world.topics_of(invoice) == ["invoice.opened.v1"]


def test_what_is_recorded_is_what_deciding_anew_would_record(world: World) -> None:
    """The plan's own facts, and those of a plan confirmed on another day, which decides again."""
    one, other = world.sign("A-1")[0], world.sign("A-2")[0]
    world.commands.batch.confirm(SYSTEM, plan(world, due_until=date(2026, 3, 31)).plan_hash)
    world.sign("B-1")
    world.sign("B-2")
    later = plan(world)
    world.now = datetime(2026, 3, 3, 12, tzinfo=UTC)
    world.commands.batch.confirm(SYSTEM, later.plan_hash)
    first, _, third, _ = boletos(world)
    changed = {
        "originator_id",
        "occurred_at",
        "nosso_numero",
        "nosso_numero_digit",
        "barcode",
        "linha_digitavel",
    }
    assert first.model_dump(exclude=changed) == third.model_dump(exclude=changed)
    billed = [fact.billed_on for fact in world.facts() if isinstance(fact, InvoiceBilled)]
    assert billed == [date(2026, 3, 2)] * 2 + [date(2026, 3, 3)] * 2
    assert world.invoice(one).boletos != world.invoice(other).boletos


def test_boletos_of_a_run_have_distinct_numbers_of_its_range(world: World) -> None:
    for n in range(4):
        world.sign(f"A-{n}", customer=n)
    world.commands.batch.confirm(SYSTEM, plan(world).plan_hash)
    assert sorted(each.nosso_numero for each in boletos(world)) == [f"{n:08d}" for n in range(1, 5)]


def test_facts_of_a_run_are_correlated_with_it(world: World) -> None:
    world.sign("A-1")
    done = world.commands.batch.confirm(SYSTEM, plan(world).plan_hash)
    log = world.lastro.read(0, 1_000, ["invoice.billed.v1", "billing_run.chunk_done.v1"])
    assert {event.correlation_id for event in log} == {done.run.id}
    (confirmed,) = world.lastro.read(0, 1_000, ["billing_run.confirmed.v1"])
    assert {event.causation_id for event in log} == {confirmed.event_id}
    assert confirmed.causation_id is None


def test_the_filter_chooses_companies_and_due_dates(world: World) -> None:
    world.sign("A-1")
    world.sign("A-2", first_due_on=date(2026, 3, 15), due_day=15)
    other = world.add_company("BETA", CNPJS[1])
    assert plan(world).planned.invoices == 2
    assert plan(world, due_on=date(2026, 3, 15)).planned.invoices == 1
    assert plan(world, companies=[other]).planned.invoices == 0
    with pytest.raises(PlanIntervalInvalidError):
        plan(world, due_until=date(2026, 2, 1))


def test_exclusions_have_reasons(world: World) -> None:
    world.sign("A-1", variable=True)
    (failing, *_) = world.sign("A-2", items=(world.item(service=world.uncoded),))
    world.commands.invoices.bill_now(SYSTEM, [failing])
    planned = plan(world)
    assert {each.reason: each.invoices for each in planned.planned.exclusions} == {
        "value_pending": 1,
        "still_failing": 1,
    }
    listed = world.commands.batch.exclusions(SYSTEM, planned.plan_hash)
    assert [each.reason for each in listed] == ["still_failing", "value_pending"]
    assert "Serviço CON" in listed[0].detail
    assert planned.planned.invoices == 0


def test_a_reason_that_says_it_all_is_not_left_with_a_colon(world: World) -> None:
    customer = world.add_customer("C9", None)
    world.customers.append(customer)
    (failing, *_) = world.sign("A-1", len(world.customers) - 1)
    world.commands.invoices.bill_now(SYSTEM, [failing])
    (listed,) = world.commands.batch.exclusions(SYSTEM, plan(world).plan_hash)
    assert (listed.reason, listed.detail) == ("still_failing", "payer_without_document")


def test_an_item_that_will_fail_in_part_says_so_and_is_billed(world: World) -> None:
    (invoice, *_) = world.sign("A-1", items=(world.item(service=world.uncoded),))
    planned = plan(world)
    (item,) = world.commands.batch.items(SYSTEM, planned.plan_hash)
    assert item.expected == "service_without_fiscal_code"
    done = world.commands.batch.confirm(SYSTEM, planned.plan_hash)
    assert (done.run.billed, done.run.with_failures) == (0, 1)
    (report,) = world.commands.batch.reports(SYSTEM, planned.plan_hash)
    assert (report.invoice_id, report.outcome, report.reason) == (
        invoice,
        "with_failures",
        "service_without_fiscal_code",
    )
    assert world.topics_of(invoice)[-1] == "invoice.nfse_failed.v1"


def move_invoice(world: World, invoice: UUID) -> UUID:
    world.commands.invoices.reschedule(SYSTEM, invoice, 1, date(2026, 3, 20))
    return invoice


def move_customer(world: World, invoice: UUID) -> UUID:
    world.commands.customers.correct_name(SYSTEM, world.customers[0], "Outro Nome", None)
    return world.customers[0]


def move_account(world: World, invoice: UUID) -> UUID:
    world.commands.accounts.set_pix_key(SYSTEM, world.account, "contas@example.com")
    return world.account


def move_service(world: World, invoice: UUID) -> UUID:
    world.commands.services.assign_fiscal_code(SYSTEM, world.service, "01.05")
    return world.service


@pytest.mark.parametrize("move", [move_invoice, move_customer, move_account, move_service])
def test_an_item_whose_stream_moved_is_refused_and_names_it(world: World, move: Any) -> None:
    spare = world.add_account(world.company, "OUTRA", agreement=ITAU)
    invoice = world.sign("A-1")[0]
    other = world.sign("A-2", customer=1, account_id=spare, nfse="none")[0]
    planned = plan(world)
    moved = move(world, invoice)
    done = world.commands.batch.confirm(SYSTEM, planned.plan_hash)
    assert (done.run.billed, done.run.refused) == (1, 1)
    (report,) = world.commands.batch.reports(SYSTEM, planned.plan_hash)
    assert (report.invoice_id, report.reason, report.stream_id) == (invoice, "moved", moved)
    left = NotBilled(invoice_id=invoice, outcome="refused", reason="moved", moved_stream=moved)
    assert not_billed(world) == [left]
    assert world.invoice(invoice).situacao() is Situacao.PENDING
    assert world.invoice(other).situacao() is Situacao.BILLED


def test_other_traffic_does_not_touch_the_plan(world: World) -> None:
    world.sign("A-1")
    planned = plan(world)
    world.sign("A-2", customer=1)
    world.add_customer("NOVO", None)
    done = world.commands.batch.confirm(SYSTEM, planned.plan_hash)
    assert (done.run.billed, done.run.refused) == (1, 0)


def test_two_plans_over_the_same_invoices_bill_each_once(world: World) -> None:
    invoices = [world.sign(f"A-{n}", customer=n)[0] for n in range(3)]
    first, second = plan(world), plan(world, due_until=date(2026, 3, 30))
    world.commands.batch.confirm(SYSTEM, first.plan_hash)
    done = world.commands.batch.confirm(SYSTEM, second.plan_hash)
    assert (done.run.billed, done.run.refused) == (0, 3)
    assert [world.topics_of(invoice) for invoice in invoices] == [BILLED] * 3


def test_a_failing_item_fails_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    invoices = [world.sign(f"A-{n}", customer=n)[0] for n in range(3)]
    planned = plan(world)
    unpack = prepared.unpack

    def fail_one(item: Any, *rest: Any) -> Any:
        if item.invoice_id == invoices[1]:
            raise ZeroDivisionError
        return unpack(item, *rest)

    monkeypatch.setattr(prepared, "unpack", fail_one)
    done = world.commands.batch.confirm(SYSTEM, planned.plan_hash)
    assert (done.run.billed, done.run.failed) == (2, 1)
    (report,) = world.commands.batch.reports(SYSTEM, planned.plan_hash)
    assert (report.invoice_id, report.outcome, report.detail) == (invoices[1], "failed", "ZeroDivisionError")
    left = NotBilled(invoice_id=invoices[1], outcome="failed", reason="unexpected", moved_stream=None)
    assert not_billed(world) == [left]


def test_a_boleto_names_the_version_of_the_account_whose_agreement_numbered_it(world: World) -> None:
    world.commands.accounts.set_pix_key(SYSTEM, world.account, "contas@example.com")
    world.sign("A-1")
    world.commands.batch.confirm(SYSTEM, plan(world).plan_hash)
    account: Account = world.lastro.load(project_account, world.account)
    assert {fact.account_version for fact in boletos(world)} == {account.version}


def test_the_difference_to_the_previous_plan_is_counted(world: World) -> None:
    changed, dropped, blocked = (world.sign(f"A-{n}", customer=n)[0] for n in range(3))
    world.sign("A-3", customer=3)
    assert plan(world).difference is None
    world.commands.invoices.reschedule(SYSTEM, changed, 1, date(2026, 3, 25))
    world.commands.invoices.bill_now(SYSTEM, [dropped])
    world.commands.invoices.revise_payment(SYSTEM, blocked, PaymentMethod.CASH, world.account)
    variable = world.sign("A-4", variable=True)[0]
    world.sign("A-5")
    second = plan(world)
    assert second.difference == Difference(new=1, changed=2, dropped=1, blocked=0)
    world.commands.invoices.set_definitive_value(SYSTEM, variable, Decimal("10.00"))
    assert plan(world).difference == Difference(new=1, changed=0, dropped=0, blocked=0)


def test_what_a_plan_no_longer_bills_for_a_reason_is_blocked(world: World) -> None:
    (invoice, *_) = world.sign("A-1", items=(world.item(service=world.uncoded),))
    plan(world)
    world.commands.invoices.bill_now(SYSTEM, [invoice])
    assert plan(world).difference == Difference(new=0, changed=0, dropped=0, blocked=1)


def test_a_plan_is_shown_by_the_beginning_of_its_hash(world: World) -> None:
    world.sign("A-1")
    planned = plan(world)
    batch = world.commands.batch
    assert batch.show(SYSTEM, planned.plan_hash[:8]) == planned
    assert batch.latest(SYSTEM) == planned
    for wrong in ("0" * 64, planned.plan_hash[:7], "%" * 8):
        with pytest.raises(PlanUnknownError):
            batch.show(SYSTEM, wrong)


def test_a_plan_is_confirmed_once(world: World) -> None:
    world.sign("A-1")
    planned = plan(world)
    with pytest.raises(RunNotRunningError):
        world.commands.batch.resume(SYSTEM, planned.plan_hash)
    world.commands.batch.confirm(SYSTEM, planned.plan_hash)
    with pytest.raises(RunNotPlannedError):
        world.commands.batch.confirm(SYSTEM, planned.plan_hash)
    assert world.commands.batch.resume(SYSTEM, planned.plan_hash).run.state is RunState.CLOSED


def test_an_empty_plan_closes_at_once(world: World) -> None:
    done = world.commands.batch.confirm(SYSTEM, plan(world).plan_hash)
    assert (done.run.state, done.run.billed) == (RunState.CLOSED, 0)


def test_a_run_has_one_coordinator_at_a_time(world: World) -> None:
    world.sign("A-1")
    planned = plan(world)
    with coordinating(world.lastro.database, planned.run.id), pytest.raises(RunBusyError):
        world.commands.batch.confirm(SYSTEM, planned.plan_hash)
    assert world.commands.batch.confirm(SYSTEM, planned.plan_hash).run.billed == 1


def test_a_stopped_run_ends_after_its_chunk_and_is_resumed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_chunks(world, 1, monkeypatch)
    for n in range(4):
        world.sign(f"A-{n}", customer=n)
    planned = plan(world)
    seen: list[int] = []

    def stop_after_two(progress: Any) -> None:
        seen.append(progress.done)
        if progress.done == 2:
            world.commands.batch.stop(SYSTEM, planned.plan_hash)

    stopped = world.commands.batch.confirm(SYSTEM, planned.plan_hash, stop_after_two)
    assert stopped.run.state is RunState.STOPPED
    assert stopped.run.billed < 4
    done = world.commands.batch.resume(SYSTEM, planned.plan_hash)
    assert (done.run.state, done.run.billed, len(boletos(world))) == (RunState.CLOSED, 4, 4)


def test_each_chunk_is_one_fact_of_the_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    small_chunks(world, 2, monkeypatch)
    for n in range(3):
        world.sign(f"A-{n}", customer=n)
    done = world.commands.batch.confirm(SYSTEM, plan(world).plan_hash)
    assert world.topics_of(done.run.id) == [
        "billing_run.planned.v1",
        "billing_run.confirmed.v1",
        "billing_run.chunk_done.v1",
        "billing_run.chunk_done.v1",
        "billing_run.closed.v1",
    ]


def test_only_who_may_bill_in_all_its_companies_works_a_plan(world: World) -> None:
    world.sign("A-1")
    other = world.add_company("BETA", CNPJS[1])
    planned = plan(world)
    batch = world.commands.batch
    stranger, viewer = person(Role.FINANCE, other), person(Role.VIEWER)
    for command in (batch.show, batch.confirm, batch.stop, batch.resume, batch.items, batch.reports):
        with pytest.raises(PlanUnknownError):
            command(stranger, planned.plan_hash)
        with pytest.raises(PermissionMissingError):
            command(viewer, planned.plan_hash)
    with pytest.raises(PermissionMissingError):
        batch.plan(viewer, due_from=date(2026, 3, 1), due_until=date(2026, 3, 31))
    theirs = batch.plan(stranger, due_from=date(2026, 3, 1), due_until=date(2026, 3, 31))
    assert (theirs.planned.filter.companies, theirs.planned.invoices) == ((other,), 0)
    with pytest.raises(PlanUnknownError):
        batch.latest(person(Role.FINANCE, UUID(int=1)))


def test_who_reaches_no_company_plans_nothing(world: World) -> None:
    world.sign("A-1")
    nowhere = Principal(new_id(), "ana@example.com", (Grant(role=Role.FINANCE, companies=()),))
    with pytest.raises(PermissionMissingError):
        world.commands.batch.plan(nowhere, due_from=date(2026, 3, 1), due_until=date(2026, 3, 31))


def test_the_latest_plan_that_one_may_see_is_found_behind_many_that_one_may_not(world: World) -> None:
    other = world.add_company("BETA", CNPJS[1])
    visitor = person(Role.FINANCE, other)
    mine = world.commands.batch.plan(
        visitor, due_from=date(2026, 3, 1), due_until=date(2026, 3, 31), companies=[other]
    )
    for _ in range(60):
        world.now += timedelta(seconds=1)
        plan(world)
    assert world.commands.batch.latest(visitor).plan_hash == mine.plan_hash
