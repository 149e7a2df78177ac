"""The hash of a plan is over lines that anybody can write again, however they are gathered."""

from __future__ import annotations

import hashlib
from datetime import date

import orjson
import pytest

from application.access import SYSTEM
from application.billing import plan_hash
from tests.application.world import World


def test_the_hash_is_over_one_line_of_json_for_each_row(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_hash, "_AT_ONCE", 2)
    for number in range(5):
        world.sign(f"A-{number}", customer=number % 4)
    plan = world.commands.batch.plan(SYSTEM, due_from=date(2026, 3, 1), due_until=date(2026, 3, 31))
    expected = hashlib.sha256(f"{plan.run.id}\n{plan.planned.filter.model_dump_json()}\n".encode())
    with world.lastro.database.connection() as db:
        rows = db.execute(
            "SELECT digest FROM billing_run_item WHERE run_id = %s ORDER BY ordinal", (plan.run.id,)
        ).fetchall()
        assert len(rows) == 5
        shared = [row for statement in plan_hash._OTHERS for row in db.execute(statement, (plan.run.id,))]
    for (digest,) in rows:
        expected.update(orjson.dumps([digest.hex()]) + b"\n")
    for row in shared:
        expected.update(orjson.dumps(row, default=str) + b"\n")
    assert plan.plan_hash == expected.hexdigest()
