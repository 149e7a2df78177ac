"""A run killed between any two exchanges with the database bills nothing twice, and resuming finishes it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from application.access import SYSTEM
from application.billing.batch import PlanSummary
from application.billing.running import RunBusyError
from domain.billing_run.billing_run import RunNotRunningError, RunState
from tests.application.billing.test_batch import BILLED
from tests.application.world import World

ROOT = Path(__file__).parents[3]
DEADLINE = 10.0


class Crasher:
    """Another process, which dies on demand."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, command: str, plan_hash: str, at: int) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command} {plan_hash} {at}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()


@contextmanager
def crasher(url: str) -> Iterator[Crasher]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.application.billing.crashing", url],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Crasher(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(DEADLINE)
        assert process.stdout is not None
        process.stdout.close()


def resumed(world: World, plan: PlanSummary) -> PlanSummary:
    """Finish the run once the server has noticed that its coordinator is gone."""
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            return world.commands.batch.resume(SYSTEM, plan.plan_hash)
        except RunBusyError:
            if time.monotonic() > deadline:
                raise
        except RunNotRunningError:
            return world.commands.batch.confirm(SYSTEM, plan.plan_hash)


def check_billed_once(world: World, plan: PlanSummary, invoices: list, at: int) -> None:  # type: ignore[type-arg]
    done = resumed(world, plan)
    assert (done.run.state, done.run.billed) == (RunState.CLOSED, 3), at
    assert [world.topics_of(invoice) for invoice in invoices] == [BILLED] * 3, at
    topics = world.topics_of(plan.run.id)
    assert topics.count("billing_run.chunk_done.v1") == 2, at
    assert topics.count("billing_run.closed.v1") == 1, at


@pytest.mark.chaos
@pytest.mark.slow
def test_a_run_killed_between_any_two_steps_is_finished_by_resuming(
    world: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("application.billing.batch.CHUNK", 2)
    with crasher(database_url) as other:
        outcome, at = "killed", 0
        while outcome == "killed":
            at += 1
            invoices = [world.sign(f"A-{at}-{n}", customer=n)[0] for n in range(3)]
            plan = world.commands.batch.plan(SYSTEM, due_from=date(2026, 3, 1), due_until=date(2026, 3, 31))
            outcome = other.run("confirm", plan.plan_hash, at)
            check_billed_once(world, plan, invoices, at)
    assert at > 25
    numbers = world.facts(topics=["invoice.boleto_issued.v1"])
    assert len({fact.model_dump()["nosso_numero"] for fact in numbers}) == 3 * at
