"""Whatever order batches, *Faturar agora* and corrections come in, no instalment has two live boletos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from application.access import SYSTEM
from application.app import ConcurrencyError
from application.billing.running import RunBusyError
from domain.billing_run.billing_run import RunState
from domain.invoice.events import BoletoCancelled, BoletoIssued
from domain.kernel import DomainError
from tests.application.world import World

type Act = Callable[[], object]


def live_boletos(world: World) -> Counter[tuple[UUID, int]]:
    """How many valid boletos each instalment has."""
    live: Counter[tuple[UUID, int]] = Counter()
    for fact in world.facts(topics=[BoletoIssued.TOPIC, BoletoCancelled.TOPIC]):
        if isinstance(fact, BoletoIssued):
            live[fact.originator_id, fact.instalment] += 1
        if isinstance(fact, BoletoCancelled):
            live[fact.originator_id, fact.instalment] -= 1
    return live


def numbers(world: World) -> list[str]:
    facts = world.facts(topics=[BoletoIssued.TOPIC])
    return [fact.nosso_numero for fact in facts if isinstance(fact, BoletoIssued)]


def acts(world: World, invoices: list[UUID]) -> dict[str, Act]:
    """Things that people and machines do, each allowed to be refused."""
    commands = world.commands
    planned: list[str] = []

    def plan() -> None:
        plan = commands.batch.plan(SYSTEM, due_from=date(2026, 3, 1), due_until=date(2026, 3, 31))
        planned.append(plan.plan_hash)

    return {
        "plan": plan,
        "confirm first": lambda: commands.batch.confirm(SYSTEM, planned[0]),
        "confirm last": lambda: commands.batch.confirm(SYSTEM, planned[-1]),
        "resume": lambda: commands.batch.resume(SYSTEM, planned[0]),
        "bill due": lambda: commands.due.bill_due(SYSTEM, date(2026, 3, 31), [world.company]),
        "bill one now": lambda: commands.invoices.bill_now(SYSTEM, invoices[:1]),
        "bill all now": lambda: commands.invoices.bill_now(SYSTEM, invoices),
        "cancel boleto": lambda: commands.invoices.cancel_boleto(SYSTEM, invoices[0], 1, "x"),
        "free period": lambda: commands.invoices.cancel(SYSTEM, invoices[1], "x", frees_period=True),
        "correct service": lambda: commands.services.assign_fiscal_code(SYSTEM, world.uncoded, "01.05"),
        "reschedule": lambda: commands.invoices.reschedule(SYSTEM, invoices[0], 1, date(2026, 3, 20)),
    }


ACTS = (
    "plan",
    "confirm first",
    "confirm last",
    "resume",
    "bill due",
    "bill one now",
    "bill all now",
    "cancel boleto",
    "free period",
    "correct service",
    "reschedule",
)


def signed(world: World, tag: str) -> list[UUID]:
    uncoded = world.item(service=world.uncoded)
    return [
        world.sign(f"{tag}-1", customer=0)[0],
        world.sign(f"{tag}-2", customer=1)[0],
        world.sign(f"{tag}-3", customer=2, items=(uncoded,))[0],
    ]


@pytest.fixture
def tags() -> Iterator[str]:
    return (f"T{n}" for n in range(1_000_000))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(order=st.lists(st.sampled_from(ACTS), max_size=12))
def test_any_order_of_acts_leaves_at_most_one_live_boleto(
    world: World, tags: Iterator[str], order: list[str]
) -> None:
    known = acts(world, signed(world, next(tags)))
    for name in order:
        try:
            known[name]()
        except (DomainError, IndexError):
            continue
    assert set(live_boletos(world).values()) <= {0, 1}
    assert len(numbers(world)) == len(set(numbers(world)))


@pytest.mark.chaos
def test_everybody_at_once_bills_each_invoice_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("application.billing.batch.CHUNK", 2)
    for attempt in range(5):
        invoices = [world.sign(f"P{attempt}-{n}", customer=n % 4)[0] for n in range(8)]
        plans = [
            world.commands.batch.plan(SYSTEM, due_from=date(2026, 3, day), due_until=date(2026, 3, 31))
            for day in (1, 2)
        ]
        works: list[Act] = [
            *(partial(world.commands.batch.confirm, SYSTEM, plan.plan_hash) for plan in plans),
            partial(world.commands.invoices.bill_now, SYSTEM, invoices),
            partial(world.commands.due.bill_due, SYSTEM, date(2026, 3, 31), [world.company]),
        ]
        with ThreadPoolExecutor(len(works)) as pool:
            for future in [pool.submit(_persistently, work) for work in works]:
                future.result()
        for plan in plans:
            assert world.commands.batch.show(SYSTEM, plan.plan_hash).run.state is RunState.CLOSED
        assert [live_boletos(world)[invoice, 1] for invoice in invoices] == [1] * 8
    assert len(numbers(world)) == len(set(numbers(world)))


def _persistently(work: Act) -> None:
    for _ in range(20):
        try:
            work()
        except (ConcurrencyError, RunBusyError):
            continue
        return
    raise AssertionError("never got through")
