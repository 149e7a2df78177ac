"""Sixteen writers of one fact each: our recorder against eventsourcing's own, in turns on one server."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import cast

from eventsourcing.persistence import StoredEvent

from application.app import Lastro
from application.event_store.keys import MasterKey
from application.event_store.mapper import FactMapper, StoredFact
from application.event_store.recorder import FactRecorder
from application.ids import new_id
from bench.eventsourcing_twin import library_recorder
from bench.facts import context, requested
from bench.rows import Row
from bench.server import durable_server, flush_milliseconds, fresh_url, migrated

_WRITERS = 16
_ROUNDS = 5


def run(scale: str) -> list[Row]:
    """Events per second, each writer waiting for its commit before the next; the medians of five rounds."""
    each = 40 if scale == "small" else 400
    with (
        durable_server() as server,
        migrated(server, _WRITERS + 2) as database,
        fresh_url(server) as library_url,
    ):
        datastore, library = library_recorder(library_url, pool=_WRITERS)
        lastro = Lastro(database, MasterKey(bytes(32)))
        recorder, mapper = cast(FactRecorder, lastro.recorder), cast(FactMapper, lastro.mapper)

        def ours(fact: StoredFact) -> None:
            recorder.append([fact], context())

        def theirs(fact: StoredFact) -> None:
            library.insert_events([StoredEvent(fact.originator_id, 1, fact.topic, fact.state)])

        rates: dict[Callable[[StoredFact], None], list[float]] = {ours: [], theirs: []}
        try:
            _rate(ours, mapper, 5), _rate(theirs, mapper, 5)
            for _ in range(_ROUNDS):
                for write, found in rates.items():
                    found.append(_rate(write, mapper, each))
        finally:
            lastro.close()
            datastore.close()
    mine, library_s = statistics.median(rates[ours]), statistics.median(rates[theirs])
    flush = flush_milliseconds(Path(tempfile.gettempdir()))
    note = f"ours {mine:,.0f}/s, eventsourcing {library_s:,.0f}/s; the disk flushes in {flush:.2f} ms"
    return [Row("append_writers", mine / library_s, 3.0, "higher", note)]


def _rate(write: Callable[[StoredFact], None], mapper: FactMapper, each: int) -> float:
    """Events per second of all writers together, from a common start to the last one's end."""
    facts = [mapper.to_stored_events([requested(new_id()) for _ in range(each)]) for _ in range(_WRITERS)]
    barrier = Barrier(_WRITERS + 1)

    def writer(number: int) -> None:
        barrier.wait()
        for fact in facts[number]:
            write(fact)

    with ThreadPoolExecutor(_WRITERS) as pool:
        writing = [pool.submit(writer, number) for number in range(_WRITERS)]
        barrier.wait()
        start = time.perf_counter()
        for one in writing:
            one.result()
        return _WRITERS * each / (time.perf_counter() - start)
