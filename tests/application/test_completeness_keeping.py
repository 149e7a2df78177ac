"""The checks that are kept for the page: asked for once, taken once, read back, and the oldest let go."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from application.completeness.findings import Asked, Kind
from application.completeness.keeping import Checks
from application.database import Database
from tests.application.test_completeness import Audit, TrueListing
from tests.application.world import World

TODAY = date(2026, 3, 2)


@pytest.fixture
def audit(world: World) -> Audit:
    return Audit(world, TrueListing(world.lastro))


def test_a_check_is_asked_for_taken_once_and_kept(world: World, database: Database) -> None:
    checks, now = Checks(database), world.now
    asked = Asked(until=TODAY, today=TODAY, companies=(world.company,))
    first = checks.ask(asked, "user:1", now)
    assert checks.ask(asked, "user:2", now) == first
    taken = checks.take(now)
    assert taken is not None
    assert (taken.check_id, taken.asked) == (first, asked)
    assert checks.take(now) is None
    assert checks.ask(asked, "user:2", now) == first
    later = now + timedelta(minutes=3)
    assert taken.is_lost(later)
    assert checks.ask(asked, "user:2", later) != first


def test_what_a_check_found_is_read_back(world: World, audit: Audit, database: Database) -> None:
    world.sign("K1")
    world.now += timedelta(days=20)
    checks = Checks(database)
    asked = Asked(until=world.now.date(), today=world.now.date())
    check_id = checks.begin(asked, "cli", world.now)
    with checks.keeping(check_id, lambda: world.now) as keeper:
        tally = audit.run()
        for finding in audit.findings:
            keeper.add(finding)
        keeper.report(1, 1)
        keeper.finish(tally)
    assert checks.findings(check_id, Kind.GAP, None, 10) == audit.findings
    assert checks.findings(check_id, Kind.GAP, [UUID(int=1)], 10) == []
    last = checks.last_done()
    assert last is not None
    assert last.summary is not None
    assert (last.done, last.total, last.summary["complete"]) == (1, 1, False)


def test_a_check_that_failed_says_so_and_the_oldest_go(world: World, database: Database) -> None:
    checks = Checks(database)
    asked = Asked(until=TODAY, today=TODAY)
    for number in range(12):
        check_id = checks.begin(asked, "cli", world.now + timedelta(minutes=number))
        with pytest.raises(ZeroDivisionError), checks.keeping(check_id, lambda: world.now):
            raise ZeroDivisionError
    newest = checks.newest()
    assert newest is not None
    assert (newest.state, newest.summary) == ("failed", {"error": "ZeroDivisionError"})
    with database.connection() as connection:
        assert connection.execute("SELECT FROM completeness_check").rowcount == 10


def test_the_last_finished_check_of_each_set_of_companies_stays(
    world: World, audit: Audit, database: Database
) -> None:
    checks, tally = Checks(database), audit.run()

    def finished(minute: int, *companies: UUID) -> UUID:
        now = world.now + timedelta(minutes=minute)
        asked = Asked(until=TODAY, today=TODAY, companies=companies or None)
        check_id = checks.begin(asked, "user:1", now)
        with checks.keeping(check_id, lambda: now) as keeper:
            keeper.finish(tally)
        return check_id

    finished(0)
    nightly = finished(1)
    for minute in range(2, 14):
        finished(minute, world.company)
    with database.connection() as connection:
        kept = {id for (id,) in connection.execute("SELECT check_id FROM completeness_check")}
    assert len(kept) == 11
    assert nightly in kept
    found = checks.newest_of_all()
    assert found is not None
    assert found.check_id == nightly
