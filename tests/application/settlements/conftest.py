"""The organisation with receipts, in a fresh database."""

from __future__ import annotations

import pytest

from application.app import Lastro
from tests.application.settlements.organisation import Organisation
from tests.application.world import World


@pytest.fixture
def org(lastro: Lastro) -> Organisation:
    """A fresh organisation."""
    return Organisation(World(lastro))
