"""Automatic billing bills what is due in the companies that switched it on, once, and catches up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from application.access import SYSTEM, PermissionMissingError
from application.app import RecordedEvent
from application.billing import batch
from application.billing.due import Tick
from application.leading import held
from application.ports import ReadModelBehindError
from application.stopping import StoppedError, until
from domain.billing_run.billing_run import RunState, project
from domain.billing_run.events import BillingPlanned
from domain.invoice.events import BillingRequested
from domain.invoice.situacao import Situacao
from domain.user.roles import Role
from tests.application.world import CNPJS, World, person
from tests.support.house import ITAU


def switch_on(world: World, company: UUID) -> None:
    world.commands.companies.switch_automatic_billing(SYSTEM, company, on=True)


def situacoes(world: World, invoices: list[UUID]) -> list[Situacao]:
    return [world.invoice(invoice).situacao() for invoice in invoices]


def test_what_is_due_is_billed_and_missed_days_catch_up(world: World) -> None:
    switch_on(world, world.company)
    invoices = world.sign("A-1")
    (run,) = world.commands.due.bill_due(SYSTEM, date(2026, 4, 30))
    assert run.run.billed == 2
    assert situacoes(world, invoices) == [Situacao.BILLED, Situacao.BILLED, Situacao.PENDING]
    requests = [fact for fact in world.facts() if isinstance(fact, BillingRequested)]
    assert {request.requested_by for request in requests} == {"scheduler"}


def test_the_day_itself_is_due_and_the_next_is_not(world: World) -> None:
    switch_on(world, world.company)
    invoices = world.sign("A-1")
    assert world.commands.due.bill_due(SYSTEM, date(2026, 3, 9)) == []
    world.commands.due.bill_due(SYSTEM, date(2026, 3, 10))
    assert situacoes(world, invoices)[:2] == [Situacao.BILLED, Situacao.PENDING]


def test_again_bills_and_records_nothing(world: World) -> None:
    switch_on(world, world.company)
    world.sign("A-1")
    world.sign("A-2", items=(world.item(service=world.uncoded),))
    world.commands.due.bill_due(SYSTEM, date(2026, 3, 31))
    before = world.lastro.safe_position()
    assert world.commands.due.bill_due(SYSTEM, date(2026, 3, 31)) == []
    assert world.lastro.safe_position() == before
    with world.lastro.database.connection() as db:
        row = db.execute("SELECT count(DISTINCT run_id) FROM billing_run_exclusion").fetchone()
    assert row == (0,)


def test_a_correction_lets_the_next_call_finish_what_failed(world: World) -> None:
    switch_on(world, world.company)
    (invoice, *_) = world.sign("A-1", items=(world.item(service=world.uncoded),))
    world.commands.due.bill_due(SYSTEM, date(2026, 3, 31))
    world.commands.services.assign_fiscal_code(SYSTEM, world.uncoded, "01.05")
    world.commands.due.bill_due(SYSTEM, date(2026, 3, 31))
    assert world.invoice(invoice).situacao() is Situacao.BILLED
    assert world.topics_of(invoice).count("invoice.boleto_issued.v1") == 1


def test_only_companies_that_switched_it_on_are_billed(world: World) -> None:
    invoices = world.sign("A-1")
    assert world.commands.due.bill_due(SYSTEM, date(2026, 3, 31)) == []
    switch_on(world, world.company)
    world.commands.companies.switch_automatic_billing(SYSTEM, world.company, on=False)
    assert world.commands.due.bill_due(SYSTEM, date(2026, 3, 31)) == []
    assert situacoes(world, invoices) == [Situacao.PENDING] * 3
    (run,) = world.commands.due.bill_due(SYSTEM, date(2026, 3, 31), [world.company])
    assert run.run.billed == 1


def test_billing_what_is_due_asks_for_the_permission(world: World) -> None:
    with pytest.raises(PermissionMissingError):
        world.commands.due.bill_due(person(Role.VIEWER), date(2026, 3, 31))


def test_a_contract_signed_with_a_due_date_of_today_is_billed_by_the_next_tick(world: World) -> None:
    switch_on(world, world.company)
    world.now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    invoices = world.sign("A-1")
    assert world.commands.scheduler.tick() == Tick(led=True, billed=1, topped_up=0)
    assert situacoes(world, invoices)[0] is Situacao.BILLED


def test_today_is_sao_paulos(world: World) -> None:
    switch_on(world, world.company)
    world.sign("A-1")
    world.now = datetime(2026, 3, 10, 2, 59, tzinfo=UTC)
    assert world.commands.scheduler.tick().billed == 0
    world.now = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)
    assert world.commands.scheduler.tick().billed == 1


def test_the_tick_tops_up_horizons_once_a_day(world: World) -> None:
    world.sign("A-1", instalment_count=None)
    assert world.commands.scheduler.tick().topped_up == 0
    world.now = datetime(2026, 5, 2, 12, tzinfo=UTC)
    assert world.commands.scheduler.tick().topped_up == 2
    assert world.commands.scheduler.tick().topped_up == 0


def test_one_company_that_cannot_be_billed_does_not_hold_up_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = world.add_company("BETA", CNPJS[1])
    world.add_account(other, "ITAU", agreement=ITAU)
    switch_on(world, other)
    switch_on(world, world.company)
    world.sign("A-1")
    world.now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    plan_due = world.commands.batch.plan_due

    def broken(principal: Any, company_id: UUID, *others: Any) -> Any:
        if company_id == other:
            raise ZeroDivisionError
        return plan_due(principal, company_id, *others)

    monkeypatch.setattr(world.commands.batch, "plan_due", broken)
    assert world.commands.scheduler.tick().billed == 1


def test_who_has_not_the_lead_does_nothing(world: World) -> None:
    switch_on(world, world.company)
    world.sign("A-1")
    world.now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    with held(world.lastro.database, "billing", "scheduler") as led:
        assert led
        assert world.commands.scheduler.tick() == Tick(led=False)
    assert world.commands.scheduler.tick().billed == 1


def test_a_read_model_that_is_behind_postpones_the_billing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def behind(*_: object) -> Iterator[UUID]:
        raise ReadModelBehindError

    switch_on(world, world.company)
    world.sign("A-1")
    world.now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    with monkeypatch.context() as patch:
        patch.setattr("tests.application.world.FactReadModels.wait_for", behind)
        assert world.commands.scheduler.tick() == Tick(led=True)
    assert world.commands.scheduler.tick().billed == 1


def test_an_automatic_run_that_was_interrupted_is_finished_and_closed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        """What no handler of ours catches."""

    def killed(*_: object) -> None:
        raise KilledError

    switch_on(world, world.company)
    invoices = world.sign("A-1")
    with monkeypatch.context() as patch:
        patch.setattr("application.billing.running.bill_chunk", killed)
        with pytest.raises(KilledError):
            world.commands.due.bill_due(SYSTEM, date(2026, 3, 31))
    assert world.commands.due.bill_due(SYSTEM, date(2026, 3, 31)) == []
    assert situacoes(world, invoices)[0] is Situacao.BILLED
    topics = [event.topic for event in world.lastro.read(0, 1_000)]
    assert topics.count("billing_run.planned.v1") == topics.count("billing_run.closed.v1") == 1


def stopping_after(calls: int) -> Callable[[], bool]:
    """Whether to stop, asked again and again: not yet, so many times."""
    left = iter([False] * calls)
    return lambda: next(left, True)


def test_a_tick_that_is_told_to_stop_leaves_the_rest_to_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "CHUNK", 2)
    switch_on(world, world.company)
    world.now = datetime(2026, 2, 1, 12, tzinfo=UTC)
    invoices = [world.sign(f"A-{n}")[0] for n in range(6)]
    world.now = datetime(2026, 3, 10, 12, tzinfo=UTC)

    billed = []
    for calls in count():
        with suppress(StoppedError):
            world.commands.scheduler.tick(proceed=until(stopping_after(calls)))
            break
        billed.append(situacoes(world, invoices).count(Situacao.BILLED))

    assert billed == sorted(billed)
    assert set(billed) & {2, 4}
    assert situacoes(world, invoices) == [Situacao.BILLED] * 6
    runs = [world.lastro.load(project, each.stream_id) for each in planned(world)]
    assert {run.state for run in runs} == {RunState.CLOSED}
    assert sum(run.billed for run in runs) == 6


def test_a_tick_that_is_told_to_stop_at_once_does_nothing(world: World) -> None:
    switch_on(world, world.company)
    world.sign("A-1", instalment_count=None)
    world.now = datetime(2026, 5, 2, 12, tzinfo=UTC)
    before = world.lastro.safe_position()

    with pytest.raises(StoppedError):
        world.commands.scheduler.tick(proceed=until(lambda: True))

    assert world.lastro.safe_position() == before
    assert world.commands.scheduler.tick().topped_up == 2


def planned(world: World) -> list[RecordedEvent]:
    return world.lastro.read(0, 100, [BillingPlanned.TOPIC])
