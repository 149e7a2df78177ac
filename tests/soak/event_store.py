"""Sixteen writers, rollbacks and killed backends while two tailers read; any number of events, any seed.

`python -m tests.soak.event_store --seed N --events M` on a server of its own, or on the one that
LASTRO_TEST_DATABASE_URL names.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock
from uuid import UUID

import psycopg

from application.app import CommitUnknownError, ConcurrencyError, Lastro
from application.database import Connection, Database
from application.event_store.wakeup import Listener
from application.ids import new_id
from tests.application.event_store.facts import Counted, context, counted, one_each
from tests.support.application import application_on
from tests.support.postgres import SCHEMA, migrated_template, test_server

WRITERS = 16
TAILERS = 2
_KILL_EVERY = 0.05
_SHARED_STREAMS = 8


@dataclass
class Outcome:
    """What everybody saw. `stored` is the table by position: (position, event, stream, version)."""

    stored: list[tuple[int, UUID, UUID, int]] = field(default_factory=list)
    tailed: list[list[tuple[int, UUID]]] = field(default_factory=list)
    acknowledged: set[int] = field(default_factory=set)
    conflicts: int = 0
    rollbacks: int = 0
    kills: int = 0
    unknown: int = 0
    seconds: float = 0.0

    def faults(self) -> list[str]:
        """What went wrong, in words; empty when all is well."""
        truth = [(position, event) for position, event, _, _ in self.stored]
        found = [
            f"tailer {n}: {len(set(truth) - set(seen))} missed, {len(seen) - len(set(seen))} twice, "
            f"order {'kept' if seen == sorted(seen) else 'broken'}"
            for n, seen in enumerate(self.tailed)
            if seen != truth
        ]
        lost = self.acknowledged - {position for position, _ in truth}
        if lost:
            found.append(f"{len(lost)} acknowledged commits are not in the table")
        versions: dict[UUID, list[int]] = defaultdict(list)
        for _, _, stream, version in self.stored:
            versions[stream].append(version)
        disordered = [stream for stream, seen in versions.items() if seen != list(range(1, len(seen) + 1))]
        if disordered:
            found.append(f"{len(disordered)} streams have gaps or are out of order")
        return found


class _Storm:
    """One run: shared counters and the flag that ends it."""

    def __init__(self, lastro: Lastro, seed: int, events: int) -> None:
        self.lastro = lastro
        self.seed = seed
        self.wanted = events
        self.outcome = Outcome()
        self.shared = [new_id() for _ in range(_SHARED_STREAMS)]
        self.versions = dict.fromkeys(self.shared, 0)
        self.written = 0
        self.over = Event()
        self._lock = Lock()

    def acknowledged(self, position: int, count: int) -> None:
        with self._lock:
            self.outcome.acknowledged.add(position)
            self.written += count

    def note(self, name: str) -> None:
        with self._lock:
            setattr(self.outcome, name, getattr(self.outcome, name) + 1)

    def write(self, number: int) -> None:
        """One writer, until enough is written."""
        chance = random.Random(f"{self.seed}/{number}")
        acts: list[tuple[Callable[[random.Random], None], int]] = [
            (self._one, 55),
            (self._few, 15),
            (self._batch, 4),
            (self._contend, 20),
            (self._by_hand, 6),
        ]
        work, weights = zip(*acts, strict=True)
        while self.written < self.wanted:
            try:
                chance.choices(work, weights)[0](chance)
            except CommitUnknownError:  # each of its attempts was killed: it is in the table, or it is not
                self.note("unknown")

    def _record(self, events: list[Counted]) -> None:
        self.acknowledged(self.lastro.record(context(), *events), len(events))

    def _one(self, chance: random.Random) -> None:
        self._record(one_each(1))

    def _few(self, chance: random.Random) -> None:
        stream = new_id()
        self._record([counted(stream, version) for version in range(1, chance.randint(3, 12))])

    def _batch(self, chance: random.Random) -> None:
        self._record(one_each(chance.randint(20, 150)))

    def _contend(self, chance: random.Random) -> None:
        """The next version of a stream that others want too."""
        stream = chance.choice(self.shared)
        version = self.versions[stream] + 1
        try:
            self._record([counted(stream, version)])
        except ConcurrencyError:
            self.note("conflicts")
        self.versions[stream] = max(self.versions[stream], version)

    def _by_hand(self, chance: random.Random) -> None:
        """A transaction that stays open after its writes, and ends in one of three ways."""
        try:
            with self.lastro.database.autocommit() as connection:
                connection.execute("BEGIN")
                insert_by_hand(connection)
                if chance.random() < 0.5:
                    connection.execute("SAVEPOINT one")
                    insert_by_hand(connection)
                    connection.execute("ROLLBACK TO SAVEPOINT one")
                    insert_by_hand(connection)
                connection.execute("SELECT pg_sleep(%s)", [chance.random() * 0.02])
                if chance.random() < 0.4:
                    connection.execute("ROLLBACK")
                    self.note("rollbacks")
                else:
                    connection.execute("COMMIT")
        except psycopg.OperationalError:
            self.note("rollbacks")

    def tail(self, page: int) -> list[tuple[int, UUID]]:
        """One reader with its own cursor, which survives its connections."""
        seen: list[tuple[int, UUID]] = []
        listener = Listener(self.lastro.database)
        cursor, ended = 0, False
        while True:
            finishing = self.over.is_set()
            try:
                events = self.lastro.read(cursor, page)
            except psycopg.OperationalError:
                continue
            seen += [(event.position, event.event_id) for event in events]
            cursor = events[-1].position if events else cursor
            if not events:
                if ended:
                    break
                ended = finishing
                listener.wait(0.2)
        listener.close()
        return seen

    def kill(self) -> None:
        """End a random connection of the others, twenty times a second."""
        chance = random.Random(f"{self.seed}/kill")
        connection = self.lastro.database.dedicated()
        while not self.over.wait(_KILL_EVERY):
            pids = connection.execute(
                "SELECT pid FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend' ORDER BY pid"
            ).fetchall()
            if pids:
                connection.execute("SELECT pg_terminate_backend(%s)", [chance.choice(pids)[0]])
                self.note("kills")
        connection.close()


def storm(database: Database, *, seed: int, events: int) -> Outcome:
    """Run it on an empty installation and answer what everybody saw."""
    start = time.monotonic()
    with application_on(database) as lastro, ThreadPoolExecutor(WRITERS + TAILERS + 1) as pool:
        run = _Storm(lastro, seed, events)
        tailers = [pool.submit(run.tail, page) for page in (500, 7)]
        killer = pool.submit(run.kill)
        writers = [pool.submit(run.write, number) for number in range(WRITERS)]
        try:
            for writer in writers:
                writer.result()
        finally:
            run.wanted = 0
            run.over.set()
        killer.result()
        run.outcome.tailed = [tailer.result() for tailer in tailers]
    with database.connection() as connection:
        run.outcome.stored = connection.execute(
            "SELECT position, event_id, stream_id, version FROM event ORDER BY position"
        ).fetchall()
    run.outcome.seconds = time.monotonic() - start
    return run.outcome


def insert_by_hand(connection: Connection) -> None:
    connection.execute(
        "INSERT INTO event (stream_id, version, topic, state, event_id, actor, occurred_at, recorded_at,"
        " correlation_id, release, digest)"
        ' VALUES (%s, 1, \'test.counted.v1\', \'{"number": 1, "text": "mão"}\', %s,'
        " 'hand', now(), now(), %s, '0', '')",
        (new_id(), new_id(), new_id()),
    )


@contextmanager
def _own_database() -> Iterator[Database]:
    with (
        test_server() as server,
        migrated_template(server) as template,
        server.fresh(template) as url,
        Database(url, SCHEMA, WRITERS + TAILERS + 4) as database,
    ):
        yield database


def main() -> int:
    """Answer 1 when anything was missed, doubled or out of order."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.event_store", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", type=int, default=500_000)
    options = parser.parse_args()
    with _own_database() as database:
        outcome = storm(database, seed=options.seed, events=options.events)
    faults = outcome.faults()
    print(  # noqa: T201 - the command's answer
        f"seed {options.seed}: {len(outcome.stored):,} events in {outcome.seconds:.0f} s,"
        f" {outcome.kills} kills, {outcome.rollbacks} rollbacks, {outcome.conflicts} conflicts,"
        f" {outcome.unknown} unknown:"
        f" {'; '.join(faults) or 'all is well'}"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
