"""A rebuild of the listing against eventsourcing's ProjectionRunner on a sample, and its memory."""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from threading import Event, Thread

import psutil

from application.database import Database
from bench.eventsourcing_projection import events_a_second
from bench.rebuild_house import House, Took, house, rebuilt
from bench.rows import Row

_LOOK_SECONDS = 0.1


def run(scale: str) -> list[Row]:
    """The short log first, then the long one: its memory may not be more."""
    sizes, sample = ((40_000, 60_000), 500) if scale == "small" else ((100_000, 1_000_000), 5_000)
    peaks = []
    for size in sizes:
        with house(size) as where:
            took, *peak = _in_its_own_process(where)
            peaks.append(peak)
    theirs = events_a_second(sample)
    ours = sizes[1] / took.whole
    note = (
        f"{sizes[1]:,} events in {took.whole:.1f} s, {ours:,.0f}/s; ProjectionRunner {theirs:,.0f}/s"
        f" on {sample:,}"
    )
    (client, backends), (long_client, long_backends) = peaks
    memory = (
        f"process {client:.0f} -> {long_client:.0f} MB, its connections {backends:.0f} ->"
        f" {long_backends:.0f} MB at {sizes[0]:,} -> {sizes[1]:,} events"
    )
    grown = (long_client + long_backends) / (client + backends)
    return [
        Row("rebuild", ours / theirs, 100.0, "higher", note),
        Row("rebuild_memory", grown, 1.2, "lower", memory),
    ]


def _in_its_own_process(where: House) -> tuple[Took, float, float]:
    """How long it took, and the most MB that the process and that its connections held at once."""
    context = multiprocessing.get_context("spawn")
    told, tell = context.Pipe(duplex=False)
    database = where.database
    process = context.Process(target=_rebuild, args=(database.url, database.schema, tell))
    over = Event()
    peak = [0.0]
    looking = Thread(target=_look, args=(database, over, lambda megabytes: peak.append(megabytes)))
    looking.start()
    process.start()
    took, client = told.recv()
    over.set()
    looking.join()
    process.join()
    return took, client, max(peak)


def _rebuild(url: str, schema: str, tell: Pipe) -> None:
    with Database(url, schema, 4) as database:
        took = rebuilt(database)
    tell.send((took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def _look(database: Database, over: Event, note: Callable[[float], None]) -> None:
    """What the backends hold that they share with nobody; the server's buffers are nobody's own."""
    with database.dedicated() as connection:
        while not over.wait(_LOOK_SECONDS):
            pids = connection.execute(
                "SELECT pid FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchall()
            note(sum(_own_megabytes(pid) for (pid,) in pids))


def _own_megabytes(pid: int) -> float:
    try:
        return float(psutil.Process(pid).memory_full_info().uss) / 2**20
    except psutil.Error:
        return 0.0
