"""Fixtures that every test may ask for: a PostgreSQL, a fresh database, and the application on it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support.postgres import SCHEMA, Server, migrated_template, test_server

if TYPE_CHECKING:
    from application.app import Lastro
    from application.database import Database
    from tests.support.kafka import Broker, Topics

# The same examples on each run, however busy the machine: a red test is a finding, not an accident.
settings.register_profile("lastro", deadline=None, derandomize=True)
settings.load_profile("lastro")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One server per test process, started by the first test that needs it."""
    with test_server() as server:
        yield server


@pytest.fixture(scope="session")
def template_database(postgres_server: Server) -> Iterator[str]:
    """The migrated database that each test's own is copied from."""
    with migrated_template(postgres_server) as name:
        yield name


@pytest.fixture
def empty_database_url(postgres_server: Server) -> Iterator[str]:
    """The address of a database without a table."""
    with postgres_server.fresh() as url:
        yield url


@pytest.fixture
def database_url(postgres_server: Server, template_database: str) -> Iterator[str]:
    """The address of a fresh database with every migration applied."""
    with postgres_server.fresh(template_database) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The pool on this test's own database."""
    from application.database import Database

    pool = Database(database_url, SCHEMA, 8)
    try:
        yield pool
    finally:
        pool.close()


@pytest.fixture
def lastro(database: Database) -> Iterator[Lastro]:
    """The application on this test's own database."""
    from tests.support.application import application_on

    with application_on(database) as application:
        yield application


@pytest.fixture(scope="session")
def kafka_server() -> Iterator[Broker]:
    """One broker for the whole run, started by the first test that needs it."""
    from tests.support.kafka import shared_broker

    with shared_broker() as broker:
        yield broker


@pytest.fixture
def topics(kafka_server: Broker) -> Iterator[Topics]:
    """This test's own topic names (`topics.prefix` is for LASTRO_KAFKA_PREFIX); removed with it."""
    from tests.support.kafka import Topics

    own = Topics(kafka_server.bootstrap, f"t{secrets.token_hex(6)}.")
    yield own
    own.remove()
