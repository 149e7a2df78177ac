"""Readers and read models under a database that is killed and restarted: whole, in order, nothing twice."""

from __future__ import annotations

import os
from uuid import UUID

import pytest

from tests.soak.outcome import Outcome, told
from tests.soak.plan import plan
from tests.soak.readers import storm
from tests.support.mortal import MortalPostgres


@pytest.mark.chaos
@pytest.mark.slow
def test_every_reader_and_read_model_outlives_kills_and_restarts() -> None:
    seed = os.environ.get("LASTRO_SOAK_SEED")
    events = int(os.environ.get("LASTRO_SOAK_EVENTS", "400000" if seed else "8000"))
    with MortalPostgres() as server:
        outcome = storm(server, seed=int(seed or 1), events=events)
    print(*outcome.acts, told(outcome, int(seed or 1)), sep="\n")  # noqa: T201 - shown when it fails, or on -s
    assert outcome.faults() == []
    assert len(outcome.log) >= events
    assert outcome.counts["restart database"] >= 1
    assert outcome.counts["kill -9 database"] >= 1
    assert min(outcome.counts[what] for what in ("kill backend", "rollbacks", "conflicts")) > 0


def test_a_seed_plans_the_same_assaults_each_time_and_another_seed_others() -> None:
    assert plan(7, 400_000) == plan(7, 400_000)
    assert plan(7, 400_000) != plan(8, 400_000)
    for seed in range(20):
        kinds = [each.kind for each in plan(seed, 8_000)]
        assert {"kill backend", "restart database", "kill -9 database"} <= set(kinds)
        assert [each.at for each in plan(seed, 8_000)] == sorted(each.at for each in plan(seed, 8_000))


def test_the_judge_of_the_readers_sees_each_fault() -> None:
    one, two = UUID(int=1), UUID(int=2)
    log = [(2, UUID(int=12), one, 1), (3, UUID(int=13), one, 2), (5, UUID(int=15), two, 1)]
    seen = [(position, event) for position, event, _, _ in log]
    assert Outcome(log=log, seen={"a": seen}, acknowledged={3: (one, 2)}, models={"grid": []}).faults() == []
    assert "1 missed" in Outcome(log=log, seen={"a": seen[:2]}).faults()[0]
    assert "1 twice" in Outcome(log=log, seen={"a": [*seen, seen[0]]}).faults()[0]
    assert "1 that are not in the log" in Outcome(log=log, seen={"a": [*seen, (6, one)]}).faults()[0]
    assert "order broken" in Outcome(log=log, seen={"a": seen[::-1]}).faults()[0]
    assert "acknowledged" in Outcome(log=log, acknowledged={5: (one, 3)}).faults()[0]
    assert "gaps" in Outcome(log=[log[0], (3, UUID(int=13), one, 3)]).faults()[0]
    assert Outcome(log=log, models={"grid": ["1 rows of x are missing"]}).faults() != []
