"""What the tests of the pages share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from application.app import Lastro
from tests.web.world import World, world_on


@pytest.fixture
def world(lastro: Lastro) -> Iterator[World]:
    """An installation without anybody in it."""
    with world_on(lastro) as made:
        yield made
