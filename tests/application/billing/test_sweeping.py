"""What leaves the working tables of plans, when, and what a comparison says of it then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from application.access import SYSTEM
from application.billing.plan_rows import Difference
from tests.application.billing.test_batch import plan
from tests.application.world import World


def test_old_plans_leave_the_working_tables(world: World) -> None:
    world.sign("A-1")
    old, kept = plan(world), plan(world)
    world.now = datetime(2026, 5, 2, 12, tzinfo=UTC)
    newest = plan(world)
    with world.lastro.database.connection() as db:
        runs = db.execute("SELECT run_id FROM billing_run").fetchall()
        items = db.execute("SELECT run_id FROM billing_run_item").fetchall()
    assert {run for (run,) in runs} == {kept.run.id, newest.run.id} == {run for (run,) in items}
    assert world.topics_of(old.run.id) == ["billing_run.planned.v1"]


def test_plans_of_automatic_billing_leave_them_too(world: World) -> None:
    world.sign("A-1")
    due = world.commands.batch.plan_due(SYSTEM, world.company, date(2026, 3, 31))
    assert due is not None
    world.now = datetime(2026, 5, 2, 12, tzinfo=UTC)
    newest = plan(world)
    with world.lastro.database.connection() as db:
        runs = db.execute("SELECT run_id FROM billing_run").fetchall()
    assert runs == [(newest.run.id,)]


def kept(world: World) -> int:
    with world.lastro.database.connection() as db:
        row = db.execute("SELECT count(*) FROM billing_run").fetchone()
    assert row is not None
    return int(row[0])


def test_plans_of_filters_that_nobody_asks_for_again_leave_after_a_year_and_some(world: World) -> None:
    world.sign("A-1")
    for day in range(1, 6):
        world.commands.batch.plan(SYSTEM, due_from=date(2026, 3, day), due_until=date(2026, 3, 31))
    world.now += timedelta(days=399)
    plan(world)
    assert kept(world) == 6
    world.now += timedelta(days=2)
    plan(world)
    assert kept(world) == 2


def test_a_plan_whose_predecessor_is_no_longer_kept_says_so(world: World) -> None:
    world.sign("A-1")
    plan(world)
    second = plan(world)
    assert (second.difference, second.previous_forgotten) == (
        Difference(new=0, changed=0, dropped=0, blocked=0),
        False,
    )
    world.now += timedelta(days=31)
    world.commands.batch.plan(SYSTEM, due_from=date(2026, 3, 2), due_until=date(2026, 3, 31))
    shown = world.commands.batch.show(SYSTEM, second.plan_hash)
    assert (shown.difference, shown.previous_forgotten) == (None, True)
