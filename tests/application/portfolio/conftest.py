"""The import on a database of the test's own, and a place for its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from application.app import Lastro
from tests.support.portfolio import Desk, desk_on


@pytest.fixture
def desk(lastro: Lastro) -> Desk:
    """At a fixed instant."""
    return desk_on(lastro)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a test writes its portfolio."""
    return tmp_path / "carteira.csv"
