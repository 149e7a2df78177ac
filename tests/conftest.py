"""Fixtures that every test may ask for: a PostgreSQL, a fresh database, and the application on it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
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

# What waits more than it computes, the longest kinds first.
_WAITING = ("slow", "chaos", "kafka", "e2e")
_BY_THEN = 0.8


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that wait for processes, brokers and browsers are dealt out among the first of the others.

    So nobody is left alone with one at the end, and while one worker waits another computes.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    kinds = {file: _kind(tests) for file, tests in files.items()}
    waiting = sorted((file for file in files if kinds[file] < len(_WAITING)), key=kinds.__getitem__)
    others = [file for file in files if kinds[file] == len(_WAITING)]
    places = {file: _BY_THEN * number / len(waiting) for number, file in enumerate(waiting)}
    places |= {file: number / len(others) for number, file in enumerate(others)}
    items[:] = [item for file in sorted(places, key=places.__getitem__) for item in files[file]]


def _kind(tests: list[pytest.Item]) -> int:
    """The first of the marks that any of a file's tests has; one more than the last for none."""
    marks = {mark.name for test in tests for mark in test.iter_markers()}
    return next((number for number, name in enumerate(_WAITING) if name in marks), len(_WAITING))


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
