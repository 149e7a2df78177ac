"""What every read model promises, shown on random histories of a whole organisation."""

from __future__ import annotations

import inspect
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from application.app import Lastro
from application.database import Connection, Database
from domain.kernel import EVENT_TYPES
from projections import registry
from projections.projection import Projection
from projections.runner import Runner, catch_up
from tests.projections.histories import lived
from tests.projections.rows import fed, record, rows

NAMES = (
    "accounts",
    "audit",
    "billing_runs",
    "companies",
    "contracts",
    "customers",
    "invoice_as_of",
    "invoice_grid",
    "invoice_history",
    "receivables",
    "sales_to_bill",
    "services",
    "settlements",
)
SEEDS = (0, 10)
_TOPIC = re.compile(r"[a-z_]+\.[a-z_]+\.v[0-9]+")


def model(lastro: Lastro, name: str) -> Projection:
    return next(each for each in registry.projections(lastro.keyring) if each.name == name)


def test_the_registry_is_what_is_tested_here(lastro: Lastro) -> None:
    assert sorted(each.name for each in registry.projections(lastro.keyring)) == list(NAMES)


def test_each_folder_of_a_model_is_in_the_registry() -> None:
    folder = Path(inspect.getfile(registry)).parent
    assert sorted(each.parent.name for each in folder.glob("*/model.py")) == list(NAMES)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_pages_of_any_size_give_the_same_rows(
    lastro: Lastro, database: Database, name: str, seed: int
) -> None:
    record(lastro, lived(seed, 700).events)
    at_once = fed(database, model(lastro, name))
    for version, page_size in ((2, 7), (3, 1), (4, 10_000)):
        again = replace(model(lastro, name), version=version)
        assert fed(database, again, page_size) == at_once
    assert all(found for found in at_once.values())


@pytest.mark.parametrize("name", NAMES)
def test_every_event_applied_once_more_changes_nothing(lastro: Lastro, database: Database, name: str) -> None:
    record(lastro, lived(SEEDS[0], 700).events)
    before = fed(database, model(lastro, name), 50)
    with database.autocommit() as connection:
        for start in (0, 113, 331):
            connection.execute("UPDATE projection SET position = %s", (start,))
            catch_up(connection, [Runner(model(lastro, name), page_size=90)])
            assert rows(connection, model(lastro, name)) == before


def test_the_histories_hold_every_fact_of_every_model(lastro: Lastro) -> None:
    seen = {fact.TOPIC for seed in SEEDS for fact in lived(seed, 700).events}
    models = registry.projections(lastro.keyring)
    asked = {topic for each in models if each.name != "audit" for topic in each.topics}
    assert asked == seen


@pytest.mark.parametrize("name", NAMES)
def test_projection_subscribes_to_exactly_what_it_handles(lastro: Lastro, name: str) -> None:
    projection = model(lastro, name)
    handled = _handled(projection)
    assert set(projection.topics) <= set(EVENT_TYPES)
    expected = {"audit": handled, "invoice_history": set()}.get(name, set(projection.topics))
    assert handled == expected <= set(projection.topics)


def _handled(projection: Projection) -> set[str]:
    if isinstance(projection.apply, str):
        return set(_TOPIC.findall(projection.apply))
    folder = Path(inspect.getfile(projection.apply)).parent
    return {topic for file in folder.glob("*.py") for topic in _TOPIC.findall(file.read_text())}


@pytest.mark.parametrize("name", NAMES)
def test_two_runners_of_one_model_at_once_apply_each_event_once(
    lastro: Lastro, database: Database, name: str
) -> None:
    record(lastro, lived(SEEDS[0], 300).events)
    projection = model(lastro, name)
    until = lastro.safe_position()

    def run(page_size: int) -> int:
        with database.autocommit() as connection:
            return Runner(projection, page_size=page_size).run_to(connection, until)

    with ThreadPoolExecutor(2) as both:
        assert list(both.map(run, (11, 5))) == [until, until]
    found = fed(database, projection)
    assert found == fed(database, replace(projection, version=2))


@pytest.mark.parametrize("name", NAMES)
def test_a_crash_between_apply_and_checkpoint_loses_and_repeats_nothing(
    lastro: Lastro, database: Database, name: str
) -> None:
    record(lastro, lived(SEEDS[1], 300).events)
    projection = model(lastro, name)
    until = lastro.safe_position()
    doomed = database.dedicated()
    runner = Runner(projection, page_size=100)
    assert runner.page(doomed, until)
    with pytest.raises(psycopg.OperationalError):
        page_without_commit(runner, doomed, database, until)
    assert fed(database, projection) == fed(database, replace(projection, version=2))


def page_without_commit(runner: Runner, doomed: Connection, database: Database, until: int) -> None:
    with doomed.transaction():
        assert runner.page(doomed, until)
        with database.autocommit() as killer:
            killer.execute("SELECT pg_terminate_backend(%s)", (doomed.info.backend_pid,))
        doomed.execute("SELECT 1")


def test_what_is_ready_asks_for_every_model_by_name(lastro: Lastro) -> None:
    assert {model.name for model in registry.projections(lastro.keyring)} == registry.NAMES
