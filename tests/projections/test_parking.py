"""Parked streams, replayed: the rows are those of a model that never failed, whatever happens meanwhile."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from uuid import UUID

import psycopg
import pytest

from application.app import Lastro
from application.database import Connection, Database
from application.event_store.upcasters import UPCASTERS, Upcaster
from domain.kernel import DomainEvent
from projections.invoice_grid.model import INVOICE_GRID
from projections.page import Page
from projections.parking import ProjectionBrokenError
from projections.progress import parked_streams
from projections.projection import Projection
from projections.replay import Replayed, replay_all, replay_parked, replay_stream
from projections.runner import PoisonError, Runner, catch_up
from tests.projections.histories import lived
from tests.projections.poison import BadFactError, poisoned, some_places
from tests.projections.rows import CONTEXT, fed, record, rows
from tests.projections.test_every_projection import NAMES, SEEDS, model
from tests.projections.test_runner import billed, insert, opened

STEPS = 250


def replayed(database: Database, projection: Projection) -> list[Replayed]:
    with database.autocommit() as connection:
        return list(replay_parked(connection, projection))


@pytest.mark.parametrize("page_size", [1, 7, 10_000])
@pytest.mark.parametrize("name", NAMES)
def test_replayed_streams_have_the_rows_of_a_model_that_never_failed(
    lastro: Lastro, database: Database, name: str, page_size: int
) -> None:
    events = lived(SEEDS[1], STEPS).events
    half = len(events) // 2
    sound = model(lastro, name)
    places = some_places(events, sound.topics, seed=page_size, most=12)
    sick = poisoned(sound, places)
    record(lastro, events[:half])
    fed(database, sick, page_size)
    record(lastro, events[half:])
    fed(database, sick, page_size)
    parked = parked_streams(database)
    assert {each.stream_id for each in parked} == {stream for stream, _ in places}
    waiting = {each.stream_id: each.events for each in parked}
    outcome = replayed(database, sound)
    assert {each.stream_id: each.applied for each in outcome} == waiting
    assert all(each.is_whole for each in outcome)
    assert parked_streams(database) == []
    assert fed(database, sound) == fed(database, replace(sound, version=2))


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_that_fails_again_stays_parked_where_it_fails_with_the_new_reason(
    lastro: Lastro, database: Database, name: str
) -> None:
    events = lived(SEEDS[0], STEPS).events
    record(lastro, events)
    sound = model(lastro, name)
    stream, versions = _longest(events, sound)
    fed(database, poisoned(sound, [(stream, versions[0])], "first"), 50)
    half_cured = poisoned(sound, [(stream, versions[-1])], "second")
    (outcome,) = replayed(database, half_cured)
    assert (outcome.applied, outcome.waiting) == (len(versions) - 1, 1)
    told = r"BadFactError at poison\.py:\d+" if sound.personal else "BadFactError: second"
    assert re.fullmatch(told, outcome.reason or "")
    (parked,) = parked_streams(database)
    assert (parked.position, parked.topic, parked.events) == (outcome.position, outcome.topic, 1)
    assert parked.reason == outcome.reason
    (cured,) = replayed(database, sound)
    assert cured.is_whole
    assert fed(database, sound) == fed(database, replace(sound, version=2))


def _longest(events: list[DomainEvent], projection: Projection) -> tuple[UUID, list[int]]:
    versions: dict[UUID, list[int]] = {}
    for event in events:
        if type(event).TOPIC in projection.topics:
            versions.setdefault(event.originator_id, []).append(event.originator_version)
    return max(versions.items(), key=lambda each: len(each[1]))


@pytest.mark.parametrize("name", NAMES)
def test_events_that_arrive_during_replays_by_two_at_once_are_applied_once_and_in_order(
    lastro: Lastro, database: Database, name: str
) -> None:
    events = lived(SEEDS[1], STEPS).events
    sound = model(lastro, name)
    places = some_places(events, sound.topics, seed=3, most=12)
    sick = poisoned(sound, places)
    third = len(events) // 3
    record(lastro, events[:third])
    fed(database, sick, 50)
    written = Event()

    def write() -> None:
        for start in range(third, len(events), 5):
            lastro.record_batch(CONTEXT, events[start : start + 5])
        written.set()

    def follow() -> None:
        runner = Runner(sick, page_size=20)
        while not written.is_set():
            with database.autocommit() as connection:
                catch_up(connection, [runner])

    def replay() -> None:
        while not written.is_set():
            replayed(database, sound)

    with ThreadPoolExecutor(4) as pool:
        for work in [pool.submit(act) for act in (write, follow, replay, replay)]:
            work.result(60)
    fed(database, sick)
    assert all(each.is_whole for each in replayed(database, sound))
    assert fed(database, sound) == fed(database, replace(sound, version=2))


def test_a_replay_whose_connection_is_killed_leaves_the_stream_as_it_was(
    lastro: Lastro, database: Database
) -> None:
    lastro.record(CONTEXT, opened(1), billed(UUID(int=1), 2), opened(2))
    fed(database, poisoned(INVOICE_GRID, [(UUID(int=1), 2)]))
    before = parked_streams(database)
    doomed = database.dedicated()

    def kill(connection: Connection, page: object) -> None:
        with database.autocommit() as killer:
            killer.execute("SELECT pg_terminate_backend(%s)", [doomed.info.backend_pid])
        connection.execute("SELECT 1")

    with pytest.raises(psycopg.OperationalError):
        list(replay_parked(doomed, replace(INVOICE_GRID, apply=kill)))
    assert parked_streams(database) == before
    assert [each.applied for each in replayed(database, INVOICE_GRID)] == [1]
    assert fed(database, INVOICE_GRID) == fed(database, replace(INVOICE_GRID, version=2))


def test_what_is_not_parked_is_not_replayed(lastro: Lastro, database: Database) -> None:
    lastro.record(CONTEXT, opened(1))
    before = fed(database, INVOICE_GRID)
    with database.autocommit() as connection:
        assert replay_stream(connection, INVOICE_GRID, UUID(int=1)) is None
        assert list(replay_parked(connection, INVOICE_GRID, UUID(int=1))) == []
        assert rows(connection, INVOICE_GRID) == before


def test_one_stream_alone_is_replayed(lastro: Lastro, database: Database) -> None:
    lastro.record(CONTEXT, opened(1), opened(2), opened(3))
    fed(database, poisoned(INVOICE_GRID, [(UUID(int=1), 1), (UUID(int=2), 1)]))
    with database.autocommit() as connection:
        (outcome,) = replay_parked(connection, INVOICE_GRID, UUID(int=2))
    assert outcome.stream_id == UUID(int=2)
    assert [each.stream_id for each in parked_streams(database)] == [UUID(int=1)]


def test_a_wrong_model_holds_no_lock_after_its_replay_failed(lastro: Lastro, database: Database) -> None:
    lastro.record(CONTEXT, opened(1))
    fed(database, poisoned(INVOICE_GRID, [(UUID(int=1), 1)]))
    broken = replace(INVOICE_GRID, apply="INSERT INTO nowhere SELECT stream_id FROM {page} AS page;")
    with pytest.raises(psycopg.errors.UndefinedTable):
        replayed(database, broken)
    assert len(parked_streams(database)) == 1
    assert [each.is_whole for each in replayed(database, INVOICE_GRID)] == [True]


def test_many_bad_streams_in_one_page_stop_nothing_else(lastro: Lastro, database: Database) -> None:
    record(lastro, [opened(number) for number in range(1, 401)])
    bad = [(UUID(int=number), 1) for number in range(1, 401) if number % 5 < 2]
    after = fed(database, poisoned(INVOICE_GRID, bad))["invoice_grid"]
    assert len(parked_streams(database)) == len(bad) == 160
    assert len(after) == 240
    assert len(replayed(database, INVOICE_GRID)) == 160
    assert fed(database, INVOICE_GRID) == fed(database, replace(INVOICE_GRID, version=2))


def test_a_model_that_is_held_to_be_broken_parks_no_more_until_it_is_made_anew(
    lastro: Lastro, database: Database
) -> None:
    record(lastro, [opened(number) for number in range(1, 300)])
    everything = [(UUID(int=number), 1) for number in range(1, 300)]
    runner = Runner(poisoned(INVOICE_GRID, everything))
    parked = []
    with database.autocommit() as connection:
        for _ in range(3):
            with pytest.raises(ProjectionBrokenError, match="bad fact"):
                catch_up(connection, [runner])
            parked.append(len(parked_streams(database, 1000)))
        assert parked == [149, 149, 149]
        catch_up(connection, [Runner(INVOICE_GRID)])
    assert len(replayed(database, INVOICE_GRID)) == 149
    assert len(fed(database, INVOICE_GRID)["invoice_grid"]) == 299


@pytest.fixture
def failing_upcaster() -> Iterator[list[BadFactError]]:
    """An old topic whose step to the new one fails while there is something in the list."""
    failures = [BadFactError("no such field")]

    def change(state: dict[str, object]) -> dict[str, object]:
        if failures:
            raise failures[0]
        return {"billed_on": state["on"]}

    UPCASTERS.register(Upcaster("invoice.billed.v0", "invoice.billed.v1", change))
    yield failures
    UPCASTERS.forget("invoice.billed.v0")


@pytest.mark.parametrize("page_size", [1, 10_000])
def test_old_topic_versions_that_cannot_be_upcast_park_their_stream(
    lastro: Lastro, database: Database, failing_upcaster: list[BadFactError], page_size: int
) -> None:
    lastro.record(CONTEXT, opened(1), opened(2))
    for version in (2, 3):
        insert(database, UUID(int=1), version, "invoice.billed.v0", {"on": f"2026-11-0{version}"})
    fed(database, INVOICE_GRID, page_size)
    insert(database, UUID(int=1), 4, "invoice.billed.v0", {"on": "2026-11-04"})
    lastro.record(CONTEXT, billed(UUID(int=2), 2))
    found = fed(database, INVOICE_GRID, page_size)["invoice_grid"]
    assert {row["invoice_id"][-1]: row["version"] for row in found} == {"1": 1, "2": 2}
    (parked,) = parked_streams(database)
    assert (parked.topic, parked.reason) == ("invoice.billed.v0", "BadFactError: no such field")
    assert parked.events == 3
    failing_upcaster.clear()
    assert [each.applied for each in replayed(database, INVOICE_GRID)] == [3]
    assert fed(database, INVOICE_GRID) == fed(database, replace(INVOICE_GRID, version=2))


def test_a_sealed_value_that_does_not_open_parks_its_customer(lastro: Lastro, database: Database) -> None:
    customers = model(lastro, "customers")
    record(lastro, lived(SEEDS[0], 50).events)
    whole = fed(database, customers)["customers"]
    stream = UUID(whole[0]["customer_id"])
    sealed = {"name": "s1:" + "A" * 60, "trade_name": None}
    insert(database, stream, whole[0]["version"] + 1, "customer.name_corrected.v1", sealed)
    assert fed(database, customers)["customers"] == whole
    (parked,) = parked_streams(database)
    assert parked.reason.startswith("SealBrokenError: customer.name_corrected.v1.name")


def test_no_word_of_a_person_is_told_of_what_failed(
    lastro: Lastro, database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    """The reason is kept, shown and logged, and none of that knows of an erasure."""
    sound = model(lastro, "customers")
    assert callable(sound.apply)

    def repeat(connection: Connection, page: Page) -> None:
        sound.apply(connection, page)  # type: ignore[operator]
        for name, *_ in connection.execute("SELECT name FROM customers__v1 WHERE name IS NOT NULL"):
            raise ValueError(f"{name} is no name")

    record(lastro, lived(SEEDS[0], STEPS).events)
    sick = replace(sound, apply=repeat)
    fed(database, sick)
    reasons = {each.reason for each in parked_streams(database)}
    with database.autocommit() as connection:
        runner = Runner(replace(sick, version=1), strict=True)
        runner.install(connection)
        connection.execute("UPDATE projection SET position = 0")
        connection.execute("DELETE FROM projection_parked")
        runner.resume()
        with pytest.raises(PoisonError) as told:
            runner.run_to(connection, lastro.safe_position())
    assert "is no name" not in "".join(traceback.format_exception(told.value))
    assert reasons
    assert all(re.fullmatch(r"ValueError at test_parking\.py:\d+", reason) for reason in reasons)
    assert "is no name" not in "".join(capfd.readouterr())


def test_a_value_too_long_for_an_index_parks_its_stream(lastro: Lastro, database: Database) -> None:
    long = "".join(f"{number:06d}" for number in range(2_000))
    lastro.record(CONTEXT, opened(1), opened(2))
    insert(database, UUID(int=1), 2, "invoice.boleto_issued.v1", _issued(long))
    fed(database, INVOICE_GRID)
    indexed = replace(
        INVOICE_GRID,
        version=2,
        table=INVOICE_GRID.table + "\nCREATE INDEX ON {invoice_grid} ((boletos::text));\n",
    )
    assert len(fed(database, indexed)["invoice_grid"]) == 2
    (parked,) = [each for each in parked_streams(database) if each.projection_version == 2]
    assert parked.reason.startswith("ProgramLimitExceeded: ")


def _issued(nosso_numero: str) -> dict[str, object]:
    return {"instalment": 1, "nosso_numero": nosso_numero, "linha_digitavel": "0"}


def test_after_a_crash_a_runner_goes_on_where_the_model_stands(lastro: Lastro, database: Database) -> None:
    lastro.record(CONTEXT, opened(1), opened(2))
    runner = Runner(INVOICE_GRID)
    with database.autocommit() as connection:
        catch_up(connection, [runner])
        before = rows(connection, INVOICE_GRID)
        _take_back(connection)
        runner.resume()
        catch_up(connection, [runner])
        assert rows(connection, INVOICE_GRID) == before


def _take_back(connection: Connection) -> None:
    """What a crash does to pages that were committed without waiting for the disk."""
    for table in INVOICE_GRID.relations:
        connection.execute(f"TRUNCATE {INVOICE_GRID.relation(table)}")
    connection.execute("UPDATE projection SET position = 0")


def test_every_build_of_a_model_is_replayed_by_the_corrected_code_where_its_tables_fit(
    lastro: Lastro, database: Database
) -> None:
    lastro.record(CONTEXT, opened(1), opened(2))
    guard = f"SELECT 1 / (version - version) FROM {{page}} AS page WHERE stream_id = '{UUID(int=1)}';\n"
    sick = replace(INVOICE_GRID, apply=guard + str(INVOICE_GRID.apply))
    other = replace(sick, version=2, table=sick.table + "\n-- a column less\n")
    for each in (sick, other):
        fed(database, each)
    assert [each.projection_version for each in parked_streams(database)] == [1, 2]
    with database.autocommit() as connection:
        first_build, second_build = replay_all(connection, [INVOICE_GRID])
    assert (first_build.projection_version, first_build.is_whole) == (1, True)
    assert (second_build.projection_version, second_build.is_whole) == (2, False)
    assert (second_build.reason or "").startswith("DivisionByZero")
