"""The installation and the subscriber of the tests of webhooks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from application.app import Lastro
from tests.application.world import World
from tests.producers.webhooks.house import House
from tests.producers.webhooks.receiver import Receiver, receiver


@pytest.fixture
def world(lastro: Lastro) -> World:
    """A company with customers and services: some twenty facts."""
    return World(lastro)


@pytest.fixture
def house(world: World) -> House:
    """Webhooks over the world's log."""
    return House.on(world.lastro)


@pytest.fixture
def told() -> Iterator[Receiver]:
    """A subscriber that takes everything."""
    with receiver() as made:
        yield made
