"""Catch-up of the listing by 1, 2 and 4 workers side by side, each the streams of its shard, of one log."""

from __future__ import annotations

import multiprocessing
import os
import time
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection as Pipe
from multiprocessing.synchronize import Barrier

import psutil

from application.database import Database
from application.event_store.reading import safe_position
from bench.rebuild_log import write_log
from bench.rows import Row
from bench.server import durable_server, migrated
from projections.checkpoint import Shard
from projections.feeder import Feeder, hand_over
from projections.installation import build_indexes, install
from projections.invoice_grid.model import INVOICE_GRID
from projections.projection import Projection
from projections.runner import configure

WORKERS = (1, 2, 4)
ROUNDS = 3
_CORES = os.cpu_count() or 1
_LONGEST = 900.0


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds until the last worker had come to the end, and of processor time in workers and connections."""

    wall: float
    client: float
    backend: float
    others: float


def run(scale: str) -> list[Row]:
    """Each build is of the same log, with its indexes in place, as a worker finds it after an hour off."""
    events = 80_000 if scale == "small" else 400_000
    with durable_server() as server, migrated(server, 8) as database:
        with database.dedicated() as connection:
            written = write_log(connection, events)
        rounds = [
            {workers: _caught_up(database, workers, number) for workers in WORKERS}
            for number in range(ROUNDS)
        ]
    return [_row(workers, written, rounds) for workers in WORKERS[1:]]


def _row(workers: int, events: int, rounds: list[dict[int, Took]]) -> Row:
    """The median of the rounds' ratios, told by the round that has it."""
    ratios = sorted((each[1].wall / each[workers].wall, number) for number, each in enumerate(rounds))
    ratio, middle = ratios[len(ratios) // 2]
    one, many = rounds[middle][1], rounds[middle][workers]
    note = (
        f"{events:,} events: 1 worker {events / one.wall:,.0f}/s, {_share(one)};"
        f" {workers} workers {events / many.wall:,.0f}/s, {_share(many)}; processor time an event"
        f" {_microseconds(one, events):.0f} and {_microseconds(many, events):.0f} µs;"
        f" ratios of the rounds {', '.join(f'{each:.2f}' for each, _ in ratios)}"
    )
    return Row("sharded_workers" + ("" if workers == 2 else f"_{workers}"), ratio, None, "higher", note)


def _share(took: Took) -> str:
    ours = took.client + took.backend
    return (
        f"busy {ours / took.wall:.2f} of {_CORES} processors, {took.backend / ours:.0%} of it PostgreSQL's,"
        f" other programs {took.others / took.wall:.2f}"
    )


def _microseconds(took: Took, events: int) -> float:
    return (took.client + took.backend) / events * 1e6


def _caught_up(database: Database, workers: int, number: int) -> Took:
    model = replace(INVOICE_GRID, version=10 * (number + 1) + workers)
    with database.dedicated() as connection:
        install(connection, model)
        build_indexes(connection, model)
        hand_over(connection, model, workers)
        connection.execute("CHECKPOINT")
        until = safe_position(connection)
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(workers + 1)
    told, tell = context.Pipe(duplex=False)
    where = (database.url, database.schema, model.version)
    processes = [
        context.Process(target=_feed, args=(*where, Shard(each, workers), until, barrier, tell))
        for each in range(1, workers + 1)
    ]
    for process in processes:
        process.start()
    barrier.wait(_LONGEST)
    start, before = time.perf_counter(), psutil.cpu_times()
    used = [told.recv() for _ in processes]
    wall, after = time.perf_counter() - start, psutil.cpu_times()
    for process in processes:
        process.join()
    _check(database, model, until)
    client, backend = (sum(each) for each in zip(*used, strict=True))
    whole = sum(getattr(after, kind) - getattr(before, kind) for kind in ("user", "system"))
    return Took(wall, client, backend, max(0.0, whole - client - backend))


def _feed(
    url: str, schema: str, version: int, shard: Shard, until: int, barrier: Barrier, tell: Pipe
) -> None:
    model = replace(INVOICE_GRID, version=version)
    with Database(url, schema, 2) as database, database.dedicated() as connection:
        configure(connection)
        feeder = Feeder(model, shard=shard)
        feeder.take_up(connection)
        backend = psutil.Process(connection.info.backend_pid)
        barrier.wait(_LONGEST)
        before = _spent(psutil.Process()), _spent(backend)
        feeder.run_to(connection, until)
        after = _spent(psutil.Process()), _spent(backend)
    tell.send((after[0] - before[0], after[1] - before[1]))


def _spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _check(database: Database, model: Projection, until: int) -> None:
    """The build stands where its shards do, which is the end."""
    with database.autocommit() as connection:
        row = connection.execute(
            "SELECT position FROM projection WHERE name = %s AND version = %s", (model.name, model.version)
        ).fetchone()
    assert row is not None
    assert row[0] == until, f"{model.relation(model.name)} stands at {row[0]}, not at {until}"
