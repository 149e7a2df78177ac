"""A lock of the installation is free again the moment its holder is done, however it ended."""

from __future__ import annotations

import pytest

from application.database import Database
from application.leading import held


def test_one_holder_at_a_time(database: Database) -> None:
    with held(database, "billing run", "1") as first, held(database, "billing run", "1") as second:
        assert (first, second) == (True, False)


def test_who_was_refused_frees_nothing(database: Database) -> None:
    with held(database, "billing run", "1"):
        with held(database, "billing run", "1"):
            pass
        with held(database, "billing run", "1") as third:
            assert third is False


def test_a_holder_that_failed_leaves_it_free_at_once(database: Database) -> None:
    for _ in range(50):
        with pytest.raises(RuntimeError, match="held: True"):
            _hold_and_fail(database)


def _hold_and_fail(database: Database) -> None:
    with held(database, "billing run", "1") as alone:
        raise RuntimeError(f"held: {alone}")
