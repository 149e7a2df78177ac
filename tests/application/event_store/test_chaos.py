"""Under writers that race, roll back and are killed, readers miss nothing, see nothing twice, in order."""

from __future__ import annotations

import os
from uuid import UUID

import pytest

from application.database import Database
from application.ids import new_id
from tests.soak.event_store import TAILERS, WRITERS, Outcome, storm
from tests.support.postgres import SCHEMA


@pytest.mark.chaos
@pytest.mark.slow
def test_sixteen_writers_and_two_tailers_in_a_storm(database_url: str) -> None:
    seed = os.environ.get("LASTRO_SOAK_SEED")
    events = int(os.environ.get("LASTRO_SOAK_EVENTS", "1000000" if seed else "50000"))
    with Database(database_url, SCHEMA, WRITERS + TAILERS + 4) as database:
        outcome = storm(database, seed=int(seed or 1), events=events)
    assert outcome.faults() == []
    assert len(outcome.stored) >= events
    assert min(outcome.kills, outcome.rollbacks, outcome.conflicts) > 0
    assert outcome.unknown <= outcome.kills // 20, "a kill or two is got over, without a word to the caller"


def _row(position: int, stream: UUID, version: int = 1) -> tuple[int, UUID, UUID, int]:
    return position, UUID(int=position), stream, version


def test_the_storm_s_judge_sees_each_fault() -> None:
    stream = new_id()
    stored = [_row(2, stream), _row(3, stream, 2), _row(5, new_id())]
    seen = [(position, event) for position, event, _, _ in stored]
    assert Outcome(stored=stored, tailed=[seen, seen], acknowledged={3, 5}).faults() == []
    assert "1 missed" in Outcome(stored=stored, tailed=[seen[:2]]).faults()[0]
    assert "1 twice" in Outcome(stored=stored, tailed=[[*seen, seen[0]]]).faults()[0]
    assert "order broken" in Outcome(stored=stored, tailed=[seen[::-1]]).faults()[0]
    assert "acknowledged" in Outcome(stored=stored, tailed=[seen], acknowledged={9}).faults()[0]
    gap = [_row(2, stream), _row(3, stream, 3)]
    assert "gaps" in Outcome(stored=gap, tailed=[]).faults()[0]
