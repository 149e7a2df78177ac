"""The runner of a read model: poison, old topic versions, versions side by side, indexes, lag, waiting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from application.app import Lastro
from application.database import Database
from application.event_store.upcasters import UPCASTERS, Upcaster
from domain.invoice.events import InvoiceBilled, InvoiceEvent
from domain.kernel import first
from projections.checkpoint import BuildGoneError
from projections.installation import install, is_live
from projections.invoice_grid.model import INVOICE_GRID
from projections.invoice_grid.query import invoice
from projections.invoice_history.model import INVOICE_HISTORY
from projections.parking import ProjectionBrokenError
from projections.progress import facts_behind, parked_streams, projection_statuses, wait_for
from projections.runner import Runner, catch_up
from tests.domain.invoice import facts
from tests.projections.rows import CONTEXT, fed, record

LOST = UUID("00000000-0000-7000-8000-0000000000ff")


def opened(number: int) -> InvoiceEvent:
    return facts.opened(id=UUID(int=number))


def billed(stream: UUID, version: int) -> InvoiceBilled:
    header = first(stream, facts.NOW, facts.COMPANY) | {"originator_version": version}
    return InvoiceBilled(**header, billed_on=facts.TODAY)


def insert(database: Database, stream: UUID, version: int, topic: str, state: dict[str, Any]) -> None:
    """Write an event as an older program would have, without waking anyone."""
    with database.connection() as connection:
        connection.execute(
            "INSERT INTO event (occurred_at, recorded_at, version, stream_id, event_id, correlation_id,"
            " company_id, topic, actor, release, digest, state)"
            " VALUES (now(), now(), %s, %s, gen_random_uuid(), %s, %s, %s, 'x', '0', '', %s)",
            (version, stream, UUID(int=7), facts.COMPANY, topic, Jsonb(state)),
        )


def test_an_event_that_cannot_be_applied_parks_its_stream_and_nothing_else(
    lastro: Lastro, database: Database
) -> None:
    record(lastro, [opened(number) for number in range(1, 40)])
    poison = lastro.record(CONTEXT, billed(LOST, 1))
    record(lastro, [billed(UUID(int=number), 2) for number in range(1, 40)])
    lastro.record(CONTEXT, billed(LOST, 2), billed(LOST, 3))
    rows = fed(database, INVOICE_GRID)["invoice_grid"]
    assert len(rows) == 39
    assert {row["situacao"] for row in rows} == {"billed"}
    (parked,) = parked_streams(database)
    assert (parked.stream_id, parked.position, parked.topic) == (LOST, poison, "invoice.billed.v1")
    assert parked.reason.startswith("NotNullViolation: ")
    assert parked.events == 3
    (status,) = projection_statuses(database)
    assert (status.parked_streams, status.parked_events, status.lag_events) == (1, 3, 0)


def test_events_behind_a_parked_one_wait_in_later_pages_too(lastro: Lastro, database: Database) -> None:
    lastro.record(CONTEXT, billed(LOST, 1))
    fed(database, INVOICE_GRID)
    lastro.record(CONTEXT, billed(LOST, 2), opened(1))
    rows = fed(database, INVOICE_GRID)["invoice_grid"]
    assert [row["invoice_id"] for row in rows] == [str(UUID(int=1))]
    assert [parked.events for parked in parked_streams(database)] == [2]


def test_the_listing_marks_a_row_whose_stream_is_parked(lastro: Lastro, database: Database) -> None:
    lastro.record(CONTEXT, opened(1))
    insert(database, UUID(int=1), 2, "invoice.billed.v1", {"billed_on": "31/02/2026"})
    for model in (INVOICE_GRID, INVOICE_HISTORY):
        fed(database, model)
    _install_registries(lastro, database)
    row = invoice(database, UUID(int=1))
    assert row is not None
    assert row.parked
    assert row.situacao == "pending"
    assert [parked.projection for parked in parked_streams(database)] == ["invoice_grid"]


def test_a_model_that_fails_on_everything_stops_instead_of_parking_all(
    lastro: Lastro, database: Database
) -> None:
    record(lastro, [opened(number) for number in range(1, 150)])
    broken = replace(
        INVOICE_GRID, apply="SELECT 1 / (count(*) - count(*)) FROM {page} AS page HAVING count(*) > 0;"
    )
    with pytest.raises(ProjectionBrokenError, match="DivisionByZero"):
        fed(database, broken)
    assert len(parked_streams(database)) < 149
    assert projection_statuses(database)[0].lag_events > 0


def test_what_no_event_is_to_blame_for_parks_nothing(lastro: Lastro, database: Database) -> None:
    lastro.record(CONTEXT, opened(1))
    broken = replace(INVOICE_GRID, apply="INSERT INTO nowhere SELECT stream_id FROM {page} AS page;")
    with pytest.raises(psycopg.errors.UndefinedTable):
        fed(database, broken)
    assert parked_streams(database) == []


@pytest.fixture
def older_topic() -> Iterator[str]:
    """A topic of an older program, which named the field otherwise."""
    old = "invoice.billed.v0"
    UPCASTERS.register(Upcaster(old, "invoice.billed.v1", lambda state: {"billed_on": state["on"]}))
    yield old
    UPCASTERS.forget(old)


@pytest.mark.parametrize("page_size", [1, 10_000])
def test_old_topic_versions_are_upcast_on_their_way_into_the_page(
    lastro: Lastro, database: Database, older_topic: str, page_size: int
) -> None:
    lastro.record(CONTEXT, opened(1), opened(2))
    insert(database, UUID(int=1), 2, older_topic, {"on": "2026-11-04"})
    (old, new) = fed(database, INVOICE_GRID, page_size)["invoice_grid"]
    assert (old["billed_on"], old["situacao"], old["version"]) == ("2026-11-04", "billed", 2)
    assert (new["billed_on"], new["situacao"]) == (None, "pending")


def test_a_build_beside_the_live_one_is_fed_and_not_shown(lastro: Lastro, database: Database) -> None:
    lastro.record(CONTEXT, opened(1))
    fed(database, INVOICE_GRID)
    newer = replace(INVOICE_GRID, version=2, apply=str(INVOICE_GRID.apply).replace("'pending'", "'unbilled'"))
    with database.autocommit() as connection:
        install(connection, newer)
        catch_up(connection, [Runner(newer)])
        assert is_live(connection, INVOICE_GRID)
        assert not is_live(connection, newer)
        assert connection.execute("SELECT situacao FROM invoice_grid").fetchone() == ("pending",)
        assert connection.execute("SELECT situacao FROM invoice_grid__v2").fetchone() == ("unbilled",)


def test_a_build_that_was_dropped_is_not_made_again_by_who_fed_it(lastro: Lastro, database: Database) -> None:
    lastro.record(CONTEXT, opened(1))
    fed(database, INVOICE_GRID)
    runner = Runner(INVOICE_GRID)
    with database.autocommit() as connection:
        runner.take_up(connection)
        connection.execute("DELETE FROM projection")
        with pytest.raises(BuildGoneError):
            runner.run_to(connection, lastro.record(CONTEXT, opened(2)))


def test_indexes_are_built_once_the_load_is_done(lastro: Lastro, database: Database) -> None:
    lastro.record(CONTEXT, opened(1))
    query = "SELECT count(*) FROM pg_indexes WHERE tablename = 'invoice_grid__v1'"
    runner = Runner(INVOICE_GRID)
    with database.autocommit() as connection:
        runner.install(connection)
        assert connection.execute(query).fetchone() == (1,)
        for _ in range(2):
            catch_up(connection, [runner])
        catch_up(connection, [Runner(INVOICE_GRID)])
        assert connection.execute(query).fetchone() == (1 + INVOICE_GRID.indexes.count("CREATE INDEX"),)


def test_lag_is_told_in_events_and_seconds(lastro: Lastro, database: Database) -> None:
    with database.autocommit() as connection:
        install(connection, INVOICE_GRID)
    (idle,) = projection_statuses(database)
    assert (idle.lag_events, idle.lag_seconds, idle.live) == (0, 0.0, True)
    lastro.record(CONTEXT, opened(1), opened(2))
    (behind,) = projection_statuses(database)
    assert behind.lag_events == 2
    assert behind.lag_seconds > 0
    fed(database, INVOICE_GRID)
    (again,) = projection_statuses(database)
    assert (again.lag_events, again.lag_seconds) == (0, 0.0)


def test_waiting_ends_when_the_live_models_show_the_position(lastro: Lastro, database: Database) -> None:
    position = lastro.record(CONTEXT, opened(1))
    assert not wait_for(database, position, 0.01)
    fed(database, INVOICE_GRID)
    assert wait_for(database, position, 0.01)
    assert wait_for(database, position, 0.01, ["invoice_grid"])
    assert not wait_for(database, position, 0.01, ["invoice_grid", "invoice_history"])
    assert not wait_for(database, position + 1, 0.01)
    assert facts_behind(database, "invoice_grid") == 0
    assert facts_behind(database, "unknown") == 0
    lastro.record(CONTEXT, opened(2))
    assert facts_behind(database, "invoice_grid") > 0


def test_a_gap_in_the_positions_holds_nobody_up(lastro: Lastro, database: Database) -> None:
    with database.connection() as connection:
        connection.execute("SELECT nextval('event_position') FROM generate_series(1, 500)")
    lastro.record(CONTEXT, opened(1))
    assert len(fed(database, INVOICE_GRID, 7)["invoice_grid"]) == 1


def test_days_are_those_of_sao_paulo(lastro: Lastro, database: Database) -> None:
    late = facts.NOW.replace(hour=2, minute=30)
    lastro.record(CONTEXT, facts.opened(now=late))
    (row,) = fed(database, INVOICE_GRID)["invoice_grid"]
    assert row["created_on"] == date(2026, 11, 2).isoformat()


def _install_registries(lastro: Lastro, database: Database) -> None:
    from projections.registry import projections

    with database.autocommit() as connection:
        for model in projections(lastro.keyring):
            install(connection, model)
