"""Appends batches of 1,000 aggregates: our recorder against eventsourcing's own, same facts, same server."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from eventsourcing.persistence import StoredEvent

from application.app import Lastro
from application.event_store.keys import MasterKey
from application.ids import new_id
from bench.eventsourcing_twin import library_recorder
from bench.facts import context, paid
from bench.rows import Row
from bench.server import durable_server, fresh_url, migrated

_BATCH = 1_000


def run(scale: str) -> list[Row]:
    """Recorder against recorder from facts already mapped; the whole way from events in the note."""
    batches = 20 if scale == "small" else 200
    with durable_server() as server, migrated(server) as database, fresh_url(server) as library_url:
        datastore, library = library_recorder(library_url, pool=2)
        lastro = Lastro(database, MasterKey(bytes(32)))
        ours: list[float] = []
        theirs: list[float] = []
        whole: list[float] = []
        try:
            for _ in range(batches):
                facts = lastro.mapper.to_stored_events([paid(new_id()) for _ in range(_BATCH)])  # type: ignore[attr-defined]
                plain = [StoredEvent(f.originator_id, 1, f.topic, f.state) for f in facts]
                ours.append(_timed(lambda facts=facts: lastro.recorder.append(facts, context())))  # type: ignore[misc, attr-defined]
                theirs.append(_timed(lambda plain=plain: library.insert_events(plain)))  # type: ignore[misc]
                events = [paid(new_id()) for _ in range(_BATCH)]
                whole.append(_timed(lambda events=events: lastro.record_batch(context(), events)))  # type: ignore[misc]
        finally:
            lastro.close()
            datastore.close()
    median = statistics.median
    note = (
        f"ours {median(ours) * 1000:.1f} ms, eventsourcing {median(theirs) * 1000:.1f} ms"
        f" per {_BATCH:,}; from events, sealed and digested: {median(whole) * 1000:.1f} ms"
    )
    return [Row("append_batch", median(theirs) / median(ours), 3.0, "higher", note)]


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
