"""A rebuild that is killed (-9) at random points is finished by the next process and ends equal."""

from __future__ import annotations

import os

import pytest

from application.database import Database
from tests.soak.rebuild import kill_rebuilds

SOAK = os.environ.get("LASTRO_SOAK_SEED")


@pytest.mark.chaos
@pytest.mark.timeout(3600 if SOAK else 300)
def test_a_rebuild_killed_at_any_point_ends_equal(database: Database) -> None:
    outcome = kill_rebuilds(database, seed=int(SOAK or 20261122), points=100 if SOAK else 6)
    print(outcome.says())  # noqa: T201 - a soak tells what it did
    assert outcome.faults == []
