"""Shards: several runners side by side keep a model as one does, whoever dies and however many there are."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event as ProcessEvent
from uuid import UUID

import pytest

from application.app import Lastro
from application.database import Connection, Database
from domain.invoice.events import InvoiceOpened
from projections.builds import Promote, State
from projections.checkpoint import Shard, ShardCheckpoint, ShardInvalidError, ShardsChangedError
from projections.feeder import Feeder, hand_over
from projections.installation import install
from projections.invoice_grid.model import INVOICE_GRID
from projections.progress import parked_streams, projection_statuses, wait_for
from projections.projection import Projection
from projections.rebuild.operations import rebuild, rollback
from projections.replay import replay_parked
from projections.runner import Runner, configure
from projections.sharding import WorkerShardRefusedError, admit, ask_for_shards, shard_standings
from projections.worker import Worker
from tests.domain.invoice import facts
from tests.projections.histories import lived
from tests.projections.poison import poisoned, some_places
from tests.projections.rows import CONTEXT, fed, record, rows
from tests.projections.test_every_projection import NAMES, SEEDS, model
from tests.projections.test_runner import opened
from tests.projections.test_worker import DEADLINE, eventually, working

BY_STREAM = [name for name in NAMES if name != "audit"]


def cut(database: Database, projection: Projection, shards: int) -> None:
    """Install the model, and have it fed by so many shards."""
    with database.autocommit() as connection:
        install(connection, projection)
        hand_over(connection, projection, shards)


def feed(database: Database, projection: Projection, shard: Shard, until: int, page_size: int = 50) -> None:
    """What one worker does for one model."""
    with database.dedicated() as connection:
        configure(connection)
        feeder = Feeder(projection, page_size=page_size, shard=shard)
        feeder.take_up(connection)
        feeder.run_to(connection, until)


def feed_all(database: Database, projection: Projection, of: int, until: int, page_size: int = 50) -> None:
    """All shards side by side, each on a connection of its own."""
    with ThreadPoolExecutor(of) as pool:
        each = [Shard(number, of) for number in range(1, of + 1)]
        list(pool.map(lambda shard: feed(database, projection, shard, until, page_size), each))


def position(database: Database, projection: Projection) -> int:
    """How far the whole build is, as every reader asks."""
    (found,) = [
        each.position
        for each in projection_statuses(database)
        if (each.name, each.version) == (projection.name, projection.version)
    ]
    return found


@pytest.mark.parametrize("of", [1, 2, 4])
@pytest.mark.parametrize("name", BY_STREAM)
def test_shards_side_by_side_give_the_rows_of_one_runner(
    lastro: Lastro, database: Database, name: str, of: int
) -> None:
    record(lastro, lived(SEEDS[0], 500).events)
    whole = model(lastro, name)
    expected = fed(database, whole)
    sharded = replace(whole, version=2)
    cut(database, sharded, of)
    if of == 1:
        fed(database, sharded)
    else:
        feed_all(database, sharded, of, lastro.safe_position())
    with database.autocommit() as connection:
        assert rows(connection, sharded) == expected
    assert position(database, sharded) == lastro.safe_position()


def test_every_stream_is_of_one_shard(lastro: Lastro, database: Database) -> None:
    record(lastro, [opened(number) for number in range(1, 60)])
    cut(database, INVOICE_GRID, 4)
    seen = []
    for number in range(1, 5):
        feed(database, INVOICE_GRID, Shard(number, 4), lastro.safe_position())
        with database.autocommit() as connection:
            seen.append(len(rows(connection, INVOICE_GRID)["invoice_grid"]))
    assert seen == sorted(set(seen))
    assert seen[-1] == 59


def test_a_write_is_read_when_every_shard_has_come_so_far(lastro: Lastro, database: Database) -> None:
    cut(database, INVOICE_GRID, 2)
    record(lastro, [opened(number) for number in range(1, 20)])
    until = lastro.safe_position()
    feed(database, INVOICE_GRID, Shard(1, 2), until)
    assert not wait_for(database, until, 0.0, ["invoice_grid"])
    (status,) = projection_statuses(database)
    assert (status.position, status.lag_events) == (0, 19)
    feed(database, INVOICE_GRID, Shard(2, 2), until)
    assert wait_for(database, until, 0.0, ["invoice_grid"])


def test_shards_that_end_together_leave_the_position_of_the_last(lastro: Lastro, database: Database) -> None:
    cut(database, INVOICE_GRID, 2)
    until = lastro.record(CONTEXT, opened(1), opened(2))
    one, other = (ShardCheckpoint(INVOICE_GRID, Shard(number, 2)) for number in (1, 2))
    with database.dedicated() as first, database.dedicated() as second, ThreadPoolExecutor(1) as pool:
        with first.transaction():
            one.move(first, 0, until)
            one.end(first)
            ended = pool.submit(_end, second, other, until)
            assert eventually(lambda: ended.done() or _waits(database, second))
        ended.result()
    assert position(database, INVOICE_GRID) == until


def _end(connection: Connection, checkpoint: ShardCheckpoint, until: int) -> None:
    with connection.transaction():
        checkpoint.move(connection, 0, until)
        checkpoint.end(connection)


def _waits(database: Database, connection: Connection) -> bool:
    query = "SELECT FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
    with database.autocommit() as looking:
        return looking.execute(query, (connection.info.backend_pid,)).rowcount > 0


def test_shards_that_share_many_days_wait_for_each_other_and_never_in_a_circle(
    lastro: Lastro, database: Database
) -> None:
    record(lastro, [due_on(number) for number in range(1, 2_000)])
    cut(database, INVOICE_GRID, 4)
    feed_all(database, INVOICE_GRID, 4, lastro.safe_position(), page_size=40)
    with database.autocommit() as connection:
        found = rows(connection, INVOICE_GRID)
    assert len(found["invoice_grid"]) == 1_999
    assert sum(total["invoices"] for total in found["daily_rollup"]) == 1_999


def due_on(number: int) -> InvoiceOpened:
    """An invoice of any of ninety days."""
    day = facts.TODAY + timedelta(days=number * 37 % 90)
    plain = facts.opened(id=UUID(int=number))
    (instalment,) = plain.instalments
    moved = instalment.model_copy(update={"due_on": day, "payable_until": day})
    return plain.model_copy(update={"instalments": (moved,)})


@pytest.mark.parametrize("name", ["invoice_grid", "receivables", "customers"])
def test_another_number_of_shards_goes_on_from_one_position(
    lastro: Lastro, database: Database, name: str
) -> None:
    events = lived(SEEDS[0], 500).events
    third = len(events) // 3
    projection = model(lastro, name)
    cut(database, projection, 2)
    record(lastro, events[:third])
    feed(database, projection, Shard(1, 2), lastro.safe_position())
    cut(database, projection, 4)
    assert position(database, projection) == lastro.safe_position()
    with pytest.raises(ShardsChangedError, match="fed by 4 shards now, not by 2"):
        feed(database, projection, Shard(1, 2), lastro.safe_position())
    record(lastro, events[third : 2 * third])
    for number in (3, 1):
        feed(database, projection, Shard(number, 4), lastro.safe_position())
    cut(database, projection, 1)
    record(lastro, events[2 * third :])
    expected = fed(database, replace(projection, version=2))
    assert fed(database, projection, 30) == expected


def test_a_runner_that_was_overtaken_by_a_change_applies_nothing_more(
    lastro: Lastro, database: Database
) -> None:
    with database.autocommit() as connection:
        runner = Runner(INVOICE_GRID)
        runner.install(connection)
        cut(database, INVOICE_GRID, 2)
        lastro.record(CONTEXT, opened(1))
        with pytest.raises(ShardsChangedError):
            runner.run_to(connection, lastro.safe_position())
        assert rows(connection, INVOICE_GRID)["invoice_grid"] == []


def test_a_feeder_of_all_goes_on_when_the_number_changes(lastro: Lastro, database: Database) -> None:
    with database.autocommit() as connection:
        install(connection, INVOICE_GRID)
        feeder = Feeder(INVOICE_GRID)
        feeder.take_up(connection)
        for number, shards in enumerate((2, 3, 1), 1):
            lastro.record(CONTEXT, opened(number))
            cut(database, INVOICE_GRID, shards)
            feeder.run_to(connection, lastro.safe_position())
            assert len(rows(connection, INVOICE_GRID)["invoice_grid"]) == number


@pytest.mark.parametrize("page_size", [7, 10_000])
def test_parked_streams_of_shards_are_counted_and_replayed(
    lastro: Lastro, database: Database, page_size: int
) -> None:
    events = lived(SEEDS[1], 250).events
    half = len(events) // 2
    places = some_places(events, INVOICE_GRID.topics, seed=3, most=12)
    sick = poisoned(INVOICE_GRID, places)
    cut(database, sick, 2)
    for part in (events[:half], events[half:]):
        record(lastro, part)
        feed_all(database, sick, 2, lastro.safe_position(), page_size)
    waiting = {each.stream_id: each.events for each in parked_streams(database)}
    assert waiting.keys() == {stream for stream, _ in places}
    with database.autocommit() as connection:
        outcome = list(replay_parked(connection, INVOICE_GRID))
        assert {each.stream_id: each.applied for each in outcome} == waiting
        replayed = rows(connection, INVOICE_GRID)
    assert replayed == fed(database, replace(INVOICE_GRID, version=2))


def test_a_model_fed_by_shards_is_rebuilt_shown_and_rolled_back(lastro: Lastro, database: Database) -> None:
    record(lastro, [opened(number) for number in range(1, 80)])
    ask(database, lastro, 2)
    with workers(database, lastro, 2):
        assert wait_for(database, lastro.safe_position(), DEADLINE, ["invoice_grid"])
        made = rebuild(database, INVOICE_GRID, "user:1", Promote.IF_EQUAL, range_events=20)
        assert made.state is State.LIVE
        assert made.comparison is not None
        assert made.comparison.equal
        lastro.record(CONTEXT, opened(500))
        rollback(database, INVOICE_GRID)
        assert wait_for(database, lastro.record(CONTEXT, opened(501)), DEADLINE, ["invoice_grid"])
        assert eventually(lambda: _shards(database, "invoice_grid") == {1: 2, 2: 2})


def test_workers_of_shards_feed_every_model(lastro: Lastro, database: Database) -> None:
    ask(database, lastro, 2)
    with workers(database, lastro, 2, names=list(NAMES)) as fed_by:
        for event in lived(SEEDS[0], 60).events:
            at = lastro.record(CONTEXT, event)
        assert wait_for(database, at, DEADLINE, list(NAMES))
        assert all(not worker.failures for worker in fed_by)
    assert _shards(database, "audit") == {1: 1}


def test_a_worker_of_another_number_feeds_nothing_until_it_has_a_place(
    lastro: Lastro, database: Database
) -> None:
    ask(database, lastro, 2)
    with workers(database, lastro, 2) as (first, second):
        assert wait_for(database, lastro.record(CONTEXT, opened(1)), DEADLINE, ["invoice_grid"])
        ask(database, lastro, 1)
        assert eventually(lambda: "shards" in first.failures and "shards" in second.failures)
        assert "--shard K/1" in first.failures["shards"]
        late = lastro.record(CONTEXT, opened(2))
        with working(Worker(database, [[INVOICE_GRID]])):
            assert wait_for(database, late, DEADLINE, ["invoice_grid"])
        ask(database, lastro, 2)
        assert wait_for(database, lastro.record(CONTEXT, opened(3)), DEADLINE, ["invoice_grid"])
        assert eventually(lambda: not first.failures and not second.failures)


def test_a_worker_is_admitted_to_its_own_number_only(lastro: Lastro, database: Database) -> None:
    with database.autocommit() as connection:
        with pytest.raises(WorkerShardRefusedError, match=r"1 shard, .* for 1/2: start it with --shard K/1"):
            admit(connection, Shard(1, 2))
        ask(database, lastro, 2)
        admit(connection, Shard(2, 2))


@pytest.mark.chaos
def test_a_killed_shard_holds_readers_of_new_writes_and_is_taken_up_again(
    lastro: Lastro, database: Database
) -> None:
    events = [opened(number) for number in range(1, 400)]
    ask(database, lastro, 2)
    with processes(database, 2) as running:
        record(lastro, events[:200])
        os.kill(running[1].pid or 0, signal.SIGKILL)
        running[1].join()
        record(lastro, events[200:])
        until = lastro.safe_position()
        assert not wait_for(database, until, 1.0, ["invoice_grid"])
        with processes(database, 2, only=[2]):
            assert wait_for(database, until, DEADLINE, ["invoice_grid"])
    with database.autocommit() as connection:
        found = rows(connection, INVOICE_GRID)
    assert found == fed(database, replace(INVOICE_GRID, version=2))


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "a/b", "1/65", "-1/2", "1/2/3"])
def test_a_shard_is_written_as_one_of_so_many(text: str) -> None:
    assert Shard.parse("2/4") == Shard(2, 4)
    with pytest.raises(ShardInvalidError):
        Shard.parse(text)


def ask(database: Database, lastro: Lastro, shards: int) -> None:
    with database.autocommit() as connection:
        ask_for_shards(connection, [model(lastro, name) for name in NAMES], shards, "user:1")


@contextmanager
def workers(
    database: Database, lastro: Lastro, of: int, names: list[str] | None = None
) -> Iterator[list[Worker]]:
    lane = [model(lastro, name) for name in names or ["invoice_grid"]]
    started = [Worker(database, [lane], shard=Shard(number, of)) for number in range(1, of + 1)]
    for each in started:
        each.start()
    try:
        yield started
    finally:
        for each in started:
            each.stop()


@contextmanager
def processes(database: Database, of: int, only: list[int] | None = None) -> Iterator[list[SpawnProcess]]:
    context = multiprocessing.get_context("spawn")
    stopping = context.Event()
    started = [
        context.Process(target=_work, args=(database.url, database.schema, number, of, stopping), daemon=True)
        for number in only or range(1, of + 1)
    ]
    for each in started:
        each.start()
    try:
        yield started
    finally:
        stopping.set()
        for each in started:
            each.join(DEADLINE)


def _work(url: str, schema: str, number: int, of: int, stopping: ProcessEvent) -> None:
    with Database(url, schema, 4) as database:
        worker = Worker(database, [[INVOICE_GRID]], page_size=10, shard=Shard(number, of))
        worker.start()
        with suppress(KeyboardInterrupt):
            stopping.wait()
        worker.stop()


def _shards(database: Database, name: str) -> dict[int, int]:
    """The shards of the live build, each with how many there are."""
    with database.autocommit() as connection:
        return {
            each.shard: each.of for each in shard_standings(connection) if each.live and each.name == name
        }
