"""Appends batches of 1,000 aggregates: our event store against eventsourcing's own on the same server."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import cast

from eventsourcing.persistence import StoredEvent

from application.app import Lastro
from application.event_store.keys import MasterKey
from application.event_store.mapper import FactMapper
from application.event_store.recorder import FactRecorder
from application.ids import new_id
from bench.eventsourcing_twin import library_recorder, library_store
from bench.facts import context, requested
from bench.rows import Row
from bench.server import durable_server, fresh_url, migrated
from domain.kernel import DomainEvent

_BATCH = 1_000

type Way = Callable[[Sequence[DomainEvent]], float]


def run(scale: str) -> list[Row]:
    """From events to a durable commit, and the recorders' share of it, in turns; medians."""
    batches = 25 if scale == "small" else 250
    with durable_server() as server, migrated(server) as database, fresh_url(server) as library_url:
        datastore, library = library_recorder(library_url, pool=2)
        lastro = Lastro(database, MasterKey(bytes(32)))
        recorder, mapper = cast(FactRecorder, lastro.recorder), cast(FactMapper, lastro.mapper)
        store = library_store(library)

        def our_recorder(events: Sequence[DomainEvent]) -> float:
            facts = mapper.to_stored_events(events)
            return _timed(lambda: recorder.append(facts, context()))

        def their_recorder(events: Sequence[DomainEvent]) -> float:
            facts = mapper.to_stored_events(events)
            plain = [StoredEvent(f.originator_id, 1, f.topic, f.state) for f in facts]
            return _timed(lambda: library.insert_events(plain))

        ways: dict[str, Way] = {
            "ours": lambda events: _timed(lambda: lastro.record_batch(context(), events)),
            "theirs": lambda events: _timed(lambda: store.put(events)),
            "our recorder": our_recorder,
            "their recorder": their_recorder,
        }
        try:
            took = _in_turns(ways, batches)
        finally:
            lastro.close()
            datastore.close()
    return [
        _row("append_batch", took["ours"], took["theirs"], 3.0),
        _row("append_batch_recorder", took["our recorder"], took["their recorder"], None),
    ]


def _in_turns(ways: dict[str, Way], batches: int) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(batches):
        for name, way in ways.items():
            times[name].append(way([requested(new_id()) for _ in range(_BATCH)]))
    return {name: statistics.median(found) for name, found in times.items()}


def _row(name: str, ours: float, theirs: float, goal: float | None) -> Row:
    note = f"ours {ours * 1000:.1f} ms, eventsourcing {theirs * 1000:.1f} ms per {_BATCH:,}"
    return Row(name, theirs / ours, goal, "higher", note)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
