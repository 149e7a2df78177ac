"""The worker's upkeep: legal terms end by themselves; what was asked for is checked in a process apart."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from application.access import SYSTEM
from application.app import Lastro
from application.completeness.findings import Asked
from application.completeness.keeping import Checks
from application.settings import Settings
from lastro.forget import forgetter_of
from lastro.upkeep import Upkeep
from lastro.wiring import opened
from tests.application.world import World
from tests.lastro.test_forget import feed
from tests.support.cli import Cli
from tests.support.processes import eventually

NIGHT = datetime(2026, 3, 3, 6, 30, tzinfo=UTC)


@pytest.mark.usefixtures("cli")
def test_a_term_that_is_over_is_seen_to(lastro: Lastro) -> None:
    world = World(lastro)
    invoices = world.sign("K1", instalment_count=1)
    world.commands.invoices.bill_now(SYSTEM, invoices)
    feed(lastro)
    with opened(Settings()) as runtime:
        forgetter_of(runtime).forget(SYSTEM, world.customers[0], "p", "titular", despite_open=True)
        now = datetime(2031, 12, 31, 12, tzinfo=UTC)
        upkeep = Upkeep(runtime, lambda: now)
        upkeep.tick()
        assert "customer.fiscal_data_erased.v1" not in world.topics_of(world.customers[0])
        now += timedelta(minutes=59)
        upkeep.tick()
        now += timedelta(hours=24)
        upkeep.tick()
        assert world.topics_of(world.customers[0])[-1] == "customer.fiscal_data_erased.v1"


@pytest.mark.usefixtures("cli")
def test_a_check_is_asked_for_once_a_night_and_done_apart(lastro: Lastro) -> None:
    feed(lastro)
    checks = Checks(lastro.database)
    with opened(Settings()) as runtime:
        day = Upkeep(runtime, lambda: NIGHT + timedelta(hours=3))
        day.tick()
        assert checks.newest() is None
        upkeep = Upkeep(runtime, lambda: NIGHT)
        try:
            upkeep.tick()
            found = checks.newest()
            assert found is not None
            assert found.asked == Asked(until=NIGHT.date(), today=NIGHT.date())
            eventually(lambda: checks.last_done() is not None, 60, "the check")
            upkeep.tick()
            again = checks.newest()
            assert again is not None
            assert again.check_id == found.check_id
        finally:
            upkeep.close()


@pytest.mark.usefixtures("cli")
def test_a_check_that_cannot_begin_is_put_off_for_longer_and_longer(lastro: Lastro, tmp_path: Path) -> None:
    feed(lastro)
    checks, now, begun = Checks(lastro.database), NIGHT + timedelta(hours=6), tmp_path / "begun"
    dies = (sys.executable, "-c", f"open({str(begun)!r}, 'a').write('x'); raise SystemExit(1)")
    checks.ask(Asked(until=now.date(), today=now.date()), "user:1", now)
    with opened(Settings()) as runtime:
        upkeep = Upkeep(runtime, lambda: now, dies)
        for count, pause in enumerate((30, 60, 300, 900, 900), start=1):
            upkeep.tick()
            eventually(lambda: not upkeep.is_checking, 30, "the process to end")
            assert begun.read_text() == "x" * count
            upkeep.tick()
            now += timedelta(seconds=pause - 1)
            upkeep.tick()
            assert not upkeep.is_checking
            now += timedelta(seconds=1)
        whole = Upkeep(runtime, lambda: now)
        try:
            eventually(lambda: _done(whole, checks), 60, "the check, by a process that lives")
        finally:
            whole.close()


@pytest.mark.usefixtures("cli")
def test_a_check_of_one_company_does_not_stand_for_that_of_the_night(lastro: Lastro) -> None:
    checks = Checks(lastro.database)
    checks.begin(Asked(until=NIGHT.date(), today=NIGHT.date(), companies=(UUID(int=1),)), "user:1", NIGHT)
    with opened(Settings()) as runtime:
        upkeep = Upkeep(runtime, lambda: NIGHT, (sys.executable, "-c", ""))
        upkeep.tick()
        upkeep.close()
    whole = checks.newest_of_all()
    assert whole is not None
    assert whole.asked_by == "system"


def _done(upkeep: Upkeep, checks: Checks) -> bool:
    upkeep.tick()
    return checks.last_done() is not None


def test_ending_the_worker_ends_the_check(cli: Cli, lastro: Lastro) -> None:
    with opened(Settings()) as runtime:
        upkeep = Upkeep(runtime, lambda: NIGHT)
        upkeep.tick()
        upkeep.close()
        upkeep.close()
    assert Checks(lastro.database).last_done() is None
