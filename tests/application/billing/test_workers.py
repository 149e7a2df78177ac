"""Helper processes share the chunks of a run, and one that is killed takes nothing with it."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from concurrent.futures.process import BrokenProcessPool
from datetime import date
from functools import partial
from uuid import UUID

import psycopg
import pytest

from application.access import SYSTEM
from application.app import Lastro
from application.billing.batch import PlanSummary
from application.billing.plan_rows import Chunk
from application.billing.workers import Behind, InProcesses, Opener
from application.commands import Commands
from application.database import Database
from domain.billing_run.billing_run import RunState
from tests.application.billing.test_batch import BILLED
from tests.application.world import FactReadModels, World
from tests.support.application import MASTER_KEY
from tests.support.postgres import SCHEMA

pytestmark = pytest.mark.slow


def open_lastro(url: str) -> Lastro:
    return Lastro(Database(url, SCHEMA, 4), MASTER_KEY)


def die(url: str) -> Lastro:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError(url)


def helped(world: World, opener: Opener, behind: Behind = lambda: 0) -> Commands:
    """The commands with one helper process for the batch."""
    models = FactReadModels(world.lastro.database)
    workers = InProcesses(world.lastro, lambda: world.now, opener, behind, helpers=1)
    return Commands.over(world.lastro, MASTER_KEY, models, clock=lambda: world.now, workers=workers)


def planned(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[list[UUID], PlanSummary]:
    monkeypatch.setattr("application.billing.batch.CHUNK", 2)
    invoices = [world.sign(f"A-{n}", customer=n % 4)[0] for n in range(12)]
    plan = world.commands.batch.plan(SYSTEM, due_from=date(2026, 3, 1), due_until=date(2026, 3, 31))
    return invoices, plan


def test_two_processes_bill_each_item_once(
    world: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoices, plan = planned(world, monkeypatch)
    done = helped(world, partial(open_lastro, database_url)).batch.confirm(SYSTEM, plan.plan_hash)
    assert (done.run.state, done.run.billed, len(done.run.chunks)) == (RunState.CLOSED, 12, 6)
    assert [world.topics_of(invoice) for invoice in invoices] == [BILLED] * 12


def test_this_process_bills_nothing_while_the_listing_is_far_behind(
    world: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> Chunk:
        raise AssertionError("a helper's work")

    invoices, plan = planned(world, monkeypatch)
    monkeypatch.setattr("application.billing.workers.bill_chunk", never)
    far = helped(world, partial(open_lastro, database_url), lambda: 1_000_000)
    assert far.batch.confirm(SYSTEM, plan.plan_hash).run.billed == 12
    assert [world.topics_of(invoice) for invoice in invoices] == [BILLED] * 12


def test_a_listing_that_cannot_be_asked_holds_nobody_up(
    world: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> int:
        raise psycopg.OperationalError

    _, plan = planned(world, monkeypatch)
    commands = helped(world, partial(open_lastro, database_url), away)
    assert commands.batch.confirm(SYSTEM, plan.plan_hash).run.billed == 12


def test_helpers_that_were_started_before_serve_one_run(
    world: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, plan = planned(world, monkeypatch)
    models = FactReadModels(world.lastro.database)
    opener = partial(open_lastro, database_url)
    workers = InProcesses(world.lastro, lambda: world.now, opener, lambda: 0, helpers=1)
    commands = Commands.over(world.lastro, MASTER_KEY, models, clock=lambda: world.now, workers=workers)
    threshold, frozen = gc.get_threshold(), gc.get_freeze_count()
    workers.start()
    workers.start()
    assert commands.batch.confirm(SYSTEM, plan.plan_hash).run.billed == 12
    assert multiprocessing.active_children() == []
    assert (gc.get_threshold(), gc.get_freeze_count()) == (threshold, frozen)


def test_a_killed_helper_is_told_and_resuming_finishes(
    world: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoices, plan = planned(world, monkeypatch)
    with pytest.raises(BrokenProcessPool):
        helped(world, partial(die, database_url)).batch.confirm(SYSTEM, plan.plan_hash)
    done = world.commands.batch.resume(SYSTEM, plan.plan_hash)
    assert (done.run.state, done.run.billed) == (RunState.CLOSED, 12)
    assert [world.topics_of(invoice) for invoice in invoices] == [BILLED] * 12
