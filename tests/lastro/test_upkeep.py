"""The worker's upkeep: legal terms end by themselves; what was asked for is checked in a process apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

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


def test_ending_the_worker_ends_the_check(cli: Cli, lastro: Lastro) -> None:
    with opened(Settings()) as runtime:
        upkeep = Upkeep(runtime, lambda: NIGHT)
        upkeep.tick()
        upkeep.close()
        upkeep.close()
    assert Checks(lastro.database).last_done() is None
