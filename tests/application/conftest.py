"""The organisation of the use cases' tests."""

from __future__ import annotations

import pytest

from application.app import Lastro
from tests.application.world import World


@pytest.fixture
def world(lastro: Lastro) -> World:
    """A fresh organisation in a fresh database."""
    return World(lastro)
