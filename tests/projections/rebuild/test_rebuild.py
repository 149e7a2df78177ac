"""A rebuild makes the same rows beside the live ones, is compared with them, goes live, and goes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from application.app import Lastro
from application.database import Database
from application.event_store.upcasters import UPCASTERS, Upcaster
from projections import registry
from projections.builds import Promote, State, builds, live_build
from projections.installation import install
from projections.invoice_grid.model import INVOICE_GRID
from projections.projection import Projection
from projections.rebuild import operations
from projections.rebuild.intent import RebuildUnderWayError, ask, ask_where_code_differs, begin, claimed
from projections.rebuild.operations import CannotBeFedError, NothingToShowError, go_on, rebuild, verify
from projections.rebuild.run import Progress, RebuildFailedError, Rebuilt
from projections.rebuild.standing import standings
from projections.runner import Runner, catch_up
from tests.projections.histories import lived
from tests.projections.rows import CONTEXT, fed, record, rows
from tests.projections.test_runner import billed, insert, opened

RANGE = 60
"""Events of a range, so that a short history has many."""


def made(database: Database, model: Projection, promote: Promote = Promote.NO) -> Rebuilt:
    return rebuild(database, model, "user:1", promote, range_events=RANGE)


def states(database: Database, name: str = "invoice_grid") -> dict[int, str]:
    with database.autocommit() as connection:
        return {build.version: build.state.value for build in builds(connection, [name])}


def feed(database: Database, *models: Projection) -> None:
    """Bring these builds to the end of the log, as a worker would."""
    with database.autocommit() as connection:
        catch_up(connection, [Runner(model) for model in models])


def with_column(model: Projection = INVOICE_GRID) -> Projection:
    """The grid as a later release might have it: one more column, and another word for one situação."""
    return replace(
        model,
        table=model.table.replace(
            "version integer NOT NULL,", "version integer NOT NULL,\n    flag text NOT NULL DEFAULT 'new',", 1
        ),
        apply=str(model.apply).replace("ELSE 'pending'", "ELSE 'unbilled'", 1),
    )


@pytest.mark.parametrize("seed", [0, 10])
def test_every_model_rebuilt_equals_itself_live(lastro: Lastro, database: Database, seed: int) -> None:
    record(lastro, lived(seed, 700).events)
    for model in registry.projections(lastro.keyring):
        before = fed(database, model)
        done = made(database, model)
        assert done.comparison is not None
        assert done.comparison.equal, model.name
        with database.autocommit() as connection:
            assert rows(connection, replace(model, version=2)) == before


def test_a_model_that_rests_on_other_streams_is_loaded_in_the_order_of_the_log(
    lastro: Lastro, database: Database
) -> None:
    record(lastro, lived(0, 300).events)
    in_order = replace(INVOICE_GRID, by_stream=False, sums=())
    before = fed(database, in_order)
    assert made(database, in_order).comparison == verify(database, in_order, "user:1")[0]
    with database.autocommit() as connection:
        assert rows(connection, replace(in_order, version=2)) == before


def test_a_rebuild_stops_when_it_is_ready_and_readers_see_what_they_saw(
    lastro: Lastro, database: Database
) -> None:
    lastro.record(CONTEXT, opened(1), opened(2))
    fed(database, INVOICE_GRID)
    done = made(database, INVOICE_GRID)
    assert (done.version, done.state, done.same_code) == (2, State.READY, True)
    assert states(database) == {1: "live", 2: "ready"}


def test_it_goes_live_if_asked_and_the_one_before_is_kept_and_fed(lastro: Lastro, database: Database) -> None:
    lastro.record(CONTEXT, opened(1))
    fed(database, INVOICE_GRID)
    assert made(database, INVOICE_GRID, Promote.IF_EQUAL).state is State.LIVE
    assert states(database) == {1: "kept", 2: "live"}
    lastro.record(CONTEXT, opened(2), billed(UUID(int=1), 2))
    feed(database, INVOICE_GRID, replace(INVOICE_GRID, version=2))
    back = operations.rollback(database, INVOICE_GRID)
    assert (back.old, back.new) == (2, 1)
    assert states(database) == {1: "live", 2: "kept"}
    with database.autocommit() as connection:
        shown = connection.execute("SELECT situacao FROM invoice_grid ORDER BY invoice_id").fetchall()
    assert shown == [("billed",), ("pending",)]


def test_a_rollback_brings_the_kept_build_to_where_readers_were(lastro: Lastro, database: Database) -> None:
    """Also when nobody fed it: no reader may see the log go backwards."""
    lastro.record(CONTEXT, opened(1))
    fed(database, INVOICE_GRID)
    made(database, INVOICE_GRID, Promote.IF_EQUAL)
    position = lastro.record(CONTEXT, billed(UUID(int=1), 2), opened(2))
    feed(database, replace(INVOICE_GRID, version=2))
    assert operations.rollback(database, INVOICE_GRID).position == position
    with database.autocommit() as connection:
        assert connection.execute("SELECT count(*) FROM invoice_grid").fetchone() == (2,)


def test_a_rollback_goes_to_what_was_live_before_and_not_to_what_was_rolled_back_from(
    lastro: Lastro, database: Database
) -> None:
    """Build 2 was faulty: after build 3 nobody may be shown it again."""
    lastro.record(CONTEXT, opened(1))
    fed(database, INVOICE_GRID)
    made(database, INVOICE_GRID, Promote.IF_EQUAL)
    operations.rollback(database, INVOICE_GRID)
    assert states(database) == {1: "live", 2: "kept"}
    assert _shown_by_a_rollback(database) == [2], "a rollback can be undone"
    assert made(database, INVOICE_GRID).state is State.READY
    assert states(database) == {1: "live", 3: "ready"}
    assert _shown_by_a_rollback(database) == []
    operations.promote(database, INVOICE_GRID)
    assert _shown_by_a_rollback(database) == [1]
    assert operations.rollback(database, INVOICE_GRID).new == 1


def test_a_ready_build_beside_a_rollback_leaves_the_order_in_which_builds_were_live(
    lastro: Lastro, database: Database
) -> None:
    lastro.record(CONTEXT, opened(1))
    fed(database, INVOICE_GRID)
    made(database, INVOICE_GRID, Promote.IF_EQUAL)
    made(database, INVOICE_GRID)
    operations.rollback(database, INVOICE_GRID)
    operations.promote(database, INVOICE_GRID)
    assert states(database) == {1: "kept", 2: "kept", 3: "live"}
    assert _shown_by_a_rollback(database) == [1]
    assert operations.rollback(database, INVOICE_GRID).new == 1


def _shown_by_a_rollback(database: Database) -> list[int]:
    told = standings(database, [INVOICE_GRID])
    return [each.build.version for each in told if each.build and "rollback" in each.notes()]


def test_a_third_build_drops_the_oldest(lastro: Lastro, database: Database) -> None:
    lastro.record(CONTEXT, opened(1))
    fed(database, INVOICE_GRID)
    for _ in range(3):
        made(database, INVOICE_GRID, Promote.IF_EQUAL)
    assert states(database) == {2: "kept", 3: "kept", 4: "live"}
    made(database, INVOICE_GRID)
    made(database, INVOICE_GRID)
    assert states(database) == {3: "kept", 4: "live", 6: "ready"}
    with database.autocommit() as connection:
        left = connection.execute(
            "SELECT DISTINCT substring(relname FROM '__v(\\d+)') FROM pg_class"
            " WHERE relname ~ '^(invoice|daily).*__v' AND relkind = 'r' ORDER BY 1"
        ).fetchall()
    assert left == [("3",), ("4",), ("6",)]


def test_a_poisoned_event_stops_a_rebuild_and_nothing_else(lastro: Lastro, database: Database) -> None:
    record(lastro, [opened(number) for number in range(1, 200)])
    record(lastro, [billed(UUID(int=number), 2) for number in range(1, 200)])
    insert(database, UUID(int=77), 3, "invoice.billed.v1", {"billed_on": "31/02/2026"})
    poison = lastro.safe_position()
    lastro.record(CONTEXT, billed(UUID(int=77), 4))
    before = fed(database, INVOICE_GRID)
    with pytest.raises(RebuildFailedError, match=f"position {poison}, invoice.billed.v1: DatetimeField"):
        made(database, INVOICE_GRID)
    assert states(database) == {1: "live", 2: "failed"}
    with database.autocommit() as connection:
        assert rows(connection, INVOICE_GRID) == before
    with pytest.raises(RebuildFailedError):
        made(database, INVOICE_GRID)
    assert states(database) == {1: "live", 3: "failed"}


def test_poison_that_comes_while_it_catches_up_stops_it_too(lastro: Lastro, database: Database) -> None:
    lastro.record(CONTEXT, opened(1))
    fed(database, INVOICE_GRID)

    def poisoned(progress: Progress) -> None:
        if progress.state is State.INDEXING:
            insert(database, UUID(int=1), 2, "invoice.billed.v1", {"billed_on": "31/02/2026"})

    with pytest.raises(RebuildFailedError, match=r"invoice\.billed\.v1"):
        rebuild(database, INVOICE_GRID, "user:1", tell=poisoned)


@pytest.fixture
def older_topic() -> Iterator[str]:
    old = "invoice.billed.v0"
    UPCASTERS.register(Upcaster(old, "invoice.billed.v1", lambda state: {"billed_on": state["on"]}))
    yield old
    UPCASTERS.forget(old)


def test_old_topic_versions_are_upcast_in_a_bulk_load_too(
    lastro: Lastro, database: Database, older_topic: str
) -> None:
    lastro.record(CONTEXT, opened(1), opened(2))
    insert(database, UUID(int=1), 2, older_topic, {"on": "2026-11-04"})
    fed(database, INVOICE_GRID)
    done = made(database, INVOICE_GRID)
    assert done.comparison is not None
    assert done.comparison.equal
    with database.autocommit() as connection:
        shown = connection.execute("SELECT billed_on FROM invoice_grid__v2 ORDER BY 1").fetchall()
    assert [day and day.isoformat() for (day,) in shown] == ["2026-11-04", None]


def test_two_rebuilds_of_one_model_at_once_are_refused(lastro: Lastro, database: Database) -> None:
    fed(database, INVOICE_GRID)
    with claimed(database, "invoice_grid") as alone:
        assert alone
        with pytest.raises(RebuildUnderWayError, match="invoice_grid is being rebuilt"):
            made(database, INVOICE_GRID)
    with database.autocommit() as connection:
        ask(connection, INVOICE_GRID, "user:1")
        with pytest.raises(RebuildUnderWayError, match="asked by user:1, build 2"):
            ask(connection, INVOICE_GRID, "user:2")


def test_what_somebody_asked_for_is_made_by_whoever_looks(lastro: Lastro, database: Database) -> None:
    lastro.record(CONTEXT, opened(1))
    fed(database, INVOICE_GRID)
    assert go_on(database, INVOICE_GRID) is None
    with database.autocommit() as connection:
        ask(connection, INVOICE_GRID, "user:1", Promote.IF_EQUAL)
    done = go_on(database, INVOICE_GRID)
    assert done is not None
    assert done.state is State.LIVE


def test_a_new_definition_goes_live_while_the_old_build_is_fed_as_it_was_made(
    lastro: Lastro, database: Database
) -> None:
    lastro.record(CONTEXT, opened(1))
    fed(database, INVOICE_GRID)
    newer = with_column()
    with database.autocommit() as connection:
        assert ask_where_code_differs(connection, INVOICE_GRID) is None
        assert ask_where_code_differs(connection, newer) is not None
        assert ask_where_code_differs(connection, newer) is None, "it is under way"
    done = go_on(database, newer)
    assert done is not None
    assert done.state is State.LIVE
    lastro.record(CONTEXT, opened(2))
    with database.autocommit() as connection:
        for build in builds(connection, ["invoice_grid"]):
            bound = build.bound(newer)
            assert bound is not None
            catch_up(connection, [Runner(bound)])
        new = connection.execute("SELECT situacao, flag FROM invoice_grid").fetchall()
        old = connection.execute("SELECT situacao FROM invoice_grid__v1").fetchall()
        assert ask_where_code_differs(connection, INVOICE_GRID) is None, "an older release takes nothing back"
    assert new == [("unbilled", "new")] * 2
    assert old == [("pending",)] * 2


def test_a_model_that_is_new_to_a_log_is_shown_only_when_it_is_whole(
    lastro: Lastro, database: Database
) -> None:
    record(lastro, [opened(number) for number in range(1, 200)])
    with database.autocommit() as connection:
        begin(connection, INVOICE_GRID)
        begin(connection, INVOICE_GRID)
    assert states(database) == {1: "asked"}
    seen = []

    def look(progress: Progress) -> None:
        with database.autocommit() as connection:
            seen.append(connection.execute("SELECT to_regclass('invoice_grid') IS NULL").fetchone())

    done = go_on(database, INVOICE_GRID, look, range_events=RANGE)
    assert done is not None
    assert (done.state, set(seen)) == (State.LIVE, {(True,)})
    assert states(database) == {1: "live"}
    with database.autocommit() as connection:
        assert connection.execute("SELECT count(*) FROM invoice_grid").fetchone() == (199,)


def test_on_an_empty_log_a_model_is_live_at_once(database: Database) -> None:
    with database.autocommit() as connection:
        begin(connection, INVOICE_GRID)
    assert states(database) == {1: "live"}


def test_a_fold_in_python_of_other_code_is_never_fed_by_this_one(lastro: Lastro, database: Database) -> None:
    customers = next(each for each in registry.projections(lastro.keyring) if each.name == "customers")
    record(lastro, lived(0, 100).events)
    fed(database, customers)
    newer = replace(customers, code="another fold")
    (found,) = [each for each in standings(database, [newer]) if each.build]
    assert (found.differs, found.feedable, found.wanting) == (True, False, True)
    assert made(database, newer, Promote.UPGRADE).state is State.LIVE
    with pytest.raises(CannotBeFedError):
        operations.rollback(database, newer)


def test_an_installation_that_kept_no_definitions_is_built_anew(lastro: Lastro, database: Database) -> None:
    lastro.record(CONTEXT, opened(1))
    fed(database, INVOICE_GRID)
    with database.autocommit() as connection:
        connection.execute("UPDATE projection_build SET fingerprint = NULL, definition = NULL")
        connection.execute("DELETE FROM projection_build")
        connection.execute(
            "INSERT INTO projection_build (name, version, state, asked_by)"
            " VALUES ('invoice_grid', 1, 'live', 'system')"
        )
        assert ask_where_code_differs(connection, INVOICE_GRID) is not None
    done = go_on(database, INVOICE_GRID)
    assert done is not None
    assert done.state is State.LIVE
    assert states(database) == {1: "kept", 2: "live"}


def test_a_new_definition_that_loses_every_row_does_not_go_live_by_itself(
    lastro: Lastro, database: Database
) -> None:
    lastro.record(CONTEXT, opened(1))
    fed(database, INVOICE_GRID)
    empty = replace(INVOICE_GRID, apply="SELECT count(*) FROM {page} AS page;")
    assert made(database, empty, Promote.UPGRADE).state is State.READY
    assert states(database) == {1: "live", 2: "ready"}


def test_a_comment_or_a_margin_is_no_other_definition() -> None:
    apply = "-- why\n" + "\n".join(f"  {line}" for line in str(INVOICE_GRID.apply).splitlines())
    assert replace(INVOICE_GRID, apply=apply).fingerprint == INVOICE_GRID.fingerprint
    assert with_column().fingerprint != INVOICE_GRID.fingerprint


def test_there_must_be_something_to_show(lastro: Lastro, database: Database) -> None:
    for act in (operations.promote, operations.rollback):
        with pytest.raises(NothingToShowError):
            act(database, INVOICE_GRID)
    with pytest.raises(NothingToShowError, match="not installed"):
        verify(database, INVOICE_GRID, "user:1")


def test_a_first_build_on_an_empty_log_is_rebuilt_too(lastro: Lastro, database: Database) -> None:
    with database.autocommit() as connection:
        install(connection, INVOICE_GRID)
    done = made(database, INVOICE_GRID, Promote.IF_EQUAL)
    assert done.state is State.LIVE
    with database.autocommit() as connection:
        live = live_build(connection, "invoice_grid")
    assert live is not None
    assert live.version == 2
