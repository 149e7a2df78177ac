"""What the tests of the pages share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from application.app import Lastro
from application.database import Database
from projections.progress import wait_for
from projections.registry import projections
from tests.e2e.server import read_models
from tests.support.application import application_on
from tests.support.postgres import SCHEMA, Server
from tests.web.portfolio import Portfolio, fill
from tests.web.world import World, world_on


@pytest.fixture
def world(lastro: Lastro) -> Iterator[World]:
    """An installation without anybody in it."""
    with world_on(lastro) as made:
        yield made


@pytest.fixture
def portfolio(world: World) -> Iterator[Portfolio]:
    """Invoices of every kind, on read models that follow the log."""
    with followed(world) as filled:
        yield filled


@contextmanager
def followed(world: World) -> Iterator[Portfolio]:
    """A filled world whose read models are at the end of the log, and stay there."""
    filled = fill(world.organisation)
    names = [model.name for model in projections(world.lastro.keyring)]
    with read_models(world.lastro):
        assert wait_for(world.lastro.database, world.lastro.safe_position(), 20, names)
        yield filled


@pytest.fixture(scope="module")
def still(postgres_server: Server, template_database: str) -> Iterator[tuple[World, Portfolio]]:
    """One filled world for all the tests of a module, which only read it."""
    with (
        postgres_server.fresh(template_database) as url,
        Database(url, SCHEMA, 8) as database,
        application_on(database) as lastro,
        world_on(lastro) as made,
        followed(made) as filled,
    ):
        yield made, filled


@pytest.fixture(scope="module")
def still_world(still: tuple[World, Portfolio]) -> World:
    """The world of `still`."""
    return still[0]


@pytest.fixture(scope="module")
def still_portfolio(still: tuple[World, Portfolio]) -> Portfolio:
    """The portfolio of `still`."""
    return still[1]
