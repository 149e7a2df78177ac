"""Readers and writers go on while a build is made, compared and shown: no error, no half state."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from uuid import UUID

import psycopg
import pytest

from application.app import Lastro
from application.database import Database
from projections import registry
from projections.builds import Promote, State
from projections.invoice_grid.model import INVOICE_GRID
from projections.progress import wait_for
from projections.rebuild import switch
from projections.rebuild.caretaker import Caretaker
from projections.rebuild.intent import ask
from projections.rebuild.operations import ask_to_verify, go_on, promote, rebuild, rollback
from projections.rebuild.run import Progress, Tell
from projections.rebuild.switch import SwitchRefusedError
from projections.registry import lanes
from projections.worker import Worker
from tests.projections.rebuild.test_rebuild import made, states, with_column
from tests.projections.rows import CONTEXT, fed, record, rows
from tests.projections.test_runner import billed, opened
from tests.support.processes import eventually

ROOT = Path(__file__).parents[3]
ROUNDS = 4
BORN = 300


def test_nobody_notices(lastro: Lastro, database: Database) -> None:
    """A writer bills and waits for its own write, a reader counts, the model is rebuilt again and again."""
    record(lastro, [opened(number) for number in range(1, BORN)])
    worker = Worker(database, lanes(lastro.keyring))
    worker.start()
    over = Event()
    try:
        assert wait_for(database, lastro.safe_position(), 30)
        with ThreadPoolExecutor(3) as pool:
            others = [pool.submit(act, lastro, over) for act in (_write, _read, _read_prepared)]
            try:
                for _ in range(ROUNDS):
                    rebuild(database, INVOICE_GRID, "user:1", Promote.IF_EQUAL, range_events=50)
                    rollback(database, INVOICE_GRID)
            finally:
                over.set()
            written, seen, prepared = (other.result() for other in others)
        assert worker.failures == {}
    finally:
        worker.stop()
    assert written > ROUNDS
    assert min(seen, prepared) > ROUNDS


def _write(lastro: Lastro, over: Event) -> int:
    written, database = 0, lastro.database
    for number in range(1, BORN):
        if over.is_set():
            break
        position = lastro.record(CONTEXT, billed(UUID(int=number), 2), opened(10_000 + number))
        assert wait_for(database, position, 20, ["invoice_grid"])
        with database.connection() as connection:
            rows = connection.execute(
                "SELECT situacao FROM invoice_grid WHERE invoice_id = ANY(%s) ORDER BY situacao",
                ([UUID(int=number), UUID(int=10_000 + number)],),
            ).fetchall()
        assert rows == [("billed",), ("pending",)], "one reads one's own write"
        written += 1
    return written


def _read(lastro: Lastro, over: Event) -> int:
    """Rows, totals and billings of one instant belong together, and never become fewer."""
    query = (
        "SELECT (SELECT count(*) FROM invoice_grid), (SELECT sum(invoices) FROM daily_rollup),"
        " (SELECT count(*) FROM invoice_grid WHERE billed_on IS NOT NULL),"
        " (SELECT count(*) FROM invoice_billings)"
    )
    return _looking(lastro.database, query, over, prepare=False)


def _read_prepared(lastro: Lastro, over: Event) -> int:
    """As a pool's connection does that has run the same page many times."""
    query = (
        "SELECT count(*), (SELECT sum(invoices) FROM daily_rollup),"
        " count(billed_on), (SELECT count(*) FROM invoice_billings) FROM invoice_grid"
    )
    return _looking(lastro.database, query, over, prepare=True)


def _looking(database: Database, query: str, over: Event, *, prepare: bool) -> int:
    looked, most = 0, 0
    with database.dedicated() as connection:
        while not over.is_set():
            row = connection.execute(query, prepare=prepare).fetchone()
            assert row is not None
            rows, totals, billed_rows, billings = row
            assert rows == totals
            assert billed_rows == billings
            assert rows >= max(most, BORN - 1)
            most = rows
            looked += 1
    return looked


def test_a_prepared_page_outlives_a_definition_with_more_columns(lastro: Lastro, database: Database) -> None:
    lastro.record(CONTEXT, opened(1))
    fed(database, INVOICE_GRID)
    query = "SELECT invoice_id, amount, situacao FROM invoice_grid WHERE amount > %s"
    with database.dedicated() as reader:
        for _ in range(8):
            assert len(reader.execute(query, (1,), prepare=True).fetchall()) == 1
        assert rebuild(database, with_column(), "user:1", Promote.UPGRADE).state is State.LIVE
        (row,) = reader.execute(query, (1,), prepare=True).fetchall()
        assert row[2] == "unbilled"


def test_no_query_takes_whatever_columns_a_read_model_has(lastro: Lastro) -> None:
    """It would fail once, where it is prepared, when the view has got another column."""
    models = registry.projections(lastro.keyring)
    names = "|".join(table for model in models for table in model.relations)
    takes_all = re.compile(rf"\"\s*SELECT \* FROM ({names})\b")
    files = [file for folder in ("projections", "web", "lastro") for file in (ROOT / folder).rglob("*.py")]
    assert [str(file) for file in files if takes_all.search(file.read_text(encoding="utf-8"))] == []
    assert takes_all.search('"SELECT * FROM invoice_grid WHERE true"')


def test_a_long_reader_makes_the_switch_wait_and_no_other_reader(lastro: Lastro, database: Database) -> None:
    lastro.record(CONTEXT, opened(1))
    fed(database, INVOICE_GRID)
    made(database, INVOICE_GRID)
    over = Event()
    with ThreadPoolExecutor(2) as pool, database.dedicated() as export:
        export.execute("BEGIN")
        export.execute("SELECT count(*) FROM invoice_grid")
        switching = pool.submit(promote, database, INVOICE_GRID)
        slowest = pool.submit(_slowest, database, over)
        eventually(lambda: _waited(database) or switching.done(), 5, "the switch to be held up")
        assert not switching.done()
        export.execute("COMMIT")
        assert switching.result(10).new == 2
        over.set()
        assert slowest.result() < 1.0
    assert states(database) == {1: "kept", 2: "live"}


def _waited(database: Database) -> bool:
    with database.autocommit() as connection:
        found = connection.execute("SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'")
        return found.rowcount > 0


def _slowest(database: Database, over: Event) -> float:
    slowest = 0.0
    with database.dedicated() as connection:
        while not over.is_set():
            start = time.monotonic()
            connection.execute("SELECT count(*) FROM invoice_grid")
            slowest = max(slowest, time.monotonic() - start)
    return slowest


def test_a_reader_that_never_ends_is_named_in_the_refusal(lastro: Lastro, database: Database) -> None:
    fed(database, INVOICE_GRID)
    made(database, INVOICE_GRID)
    second = replace(INVOICE_GRID, version=2)
    with database.dedicated() as export, database.dedicated() as connection:
        export.execute("BEGIN")
        export.execute("SELECT count(*) FROM invoice_grid")
        with pytest.raises(SwitchRefusedError, match="End the longest query"):
            switch.promote(connection, INVOICE_GRID, second, patience=0.3)
    assert states(database) == {1: "live", 2: "ready"}


@pytest.mark.parametrize("wish", [Promote.IF_EQUAL, Promote.UPGRADE])
def test_a_build_that_is_to_go_live_is_shown_by_the_next_when_its_maker_could_not(
    lastro: Lastro, database: Database, monkeypatch: pytest.MonkeyPatch, wish: Promote
) -> None:
    """Killed on the very step, or kept out by a reader of the old tables: nobody has to notice."""
    lastro.record(CONTEXT, opened(1))
    fed(database, INVOICE_GRID)

    def refused(*_: object, **__: object) -> int:
        raise SwitchRefusedError

    with monkeypatch.context() as patched:
        patched.setattr(switch, "promote", refused)
        with pytest.raises(SwitchRefusedError):
            made(database, INVOICE_GRID, wish)
    assert states(database) == {1: "live", 2: "comparing"}
    done = go_on(database, INVOICE_GRID)
    assert done is not None
    assert done.state is State.LIVE
    assert states(database) == {1: "kept", 2: "live"}


def test_a_build_kept_for_a_rollback_is_so_after_a_comparison_as_well(
    lastro: Lastro, database: Database
) -> None:
    lastro.record(CONTEXT, opened(1))
    fed(database, INVOICE_GRID)
    for _ in range(2):
        made(database, INVOICE_GRID, Promote.IF_EQUAL)
        before = states(database)
        with database.autocommit() as connection:
            ask_to_verify(connection, INVOICE_GRID, "user:1")
        assert go_on(database, INVOICE_GRID) is not None
        assert states(database) == before
    assert rollback(database, INVOICE_GRID).new == 2


def test_the_worker_makes_what_was_asked_and_feeds_what_it_made(lastro: Lastro, database: Database) -> None:
    models = registry.projections(lastro.keyring)
    worker, caretaker = Worker(database, lanes(lastro.keyring)), Caretaker(database, models)
    lastro.record(CONTEXT, opened(1))
    worker.start()
    caretaker.start()
    try:
        assert wait_for(database, lastro.safe_position(), 30, ["invoice_grid"])
        with database.autocommit() as connection:
            ask(connection, INVOICE_GRID, "user:1")
        eventually(lambda: states(database) == {1: "live", 2: "ready"}, 30, "the build to be ready")
        position = lastro.record(CONTEXT, opened(2))
        eventually(lambda: _position(database, 2) >= position, 30, "the ready build to be fed")
    finally:
        caretaker.stop()
        worker.stop()


def _position(database: Database, version: int) -> int:
    with database.autocommit() as connection:
        row = connection.execute(
            "SELECT position FROM projection WHERE name = 'invoice_grid' AND version = %s", (version,)
        ).fetchone()
    return 0 if row is None else int(row[0])


def test_a_rebuild_whose_connections_are_killed_is_finished_by_the_next(
    lastro: Lastro, database: Database
) -> None:
    record(lastro, [opened(number) for number in range(1, 400)])
    before = fed(database, INVOICE_GRID)
    with database.autocommit() as connection:
        ask(connection, INVOICE_GRID, "user:1")
    cuts = iter((2, 3, 4, 3, 2))
    interrupted, done = 0, None
    while done is None:
        try:
            done = go_on(database, INVOICE_GRID, _killer(database, next(cuts, 0)), range_events=40)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            interrupted += 1
            database.discard_broken()
    assert interrupted > 1
    assert (done.version, done.state) == (2, State.READY)
    with database.autocommit() as connection:
        assert rows(connection, replace(INVOICE_GRID, version=2)) == before


def _killer(database: Database, at: int) -> Tell:
    """Ends every connection of the others when it is told of something for the n-th time."""
    told = 0

    def tell(progress: Progress) -> None:
        nonlocal told
        told += 1
        if told == at:
            with database.autocommit() as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

    return tell
