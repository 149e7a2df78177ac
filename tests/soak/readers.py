"""Sixteen writers on a database that is restarted and killed, under a real worker and a real web process.

`python -m tests.soak.readers --seed N --events M`: every read model and every reader of the feed is complete,
in order per stream, nothing twice; what was acknowledged is there. Prints what was done to whom, and when.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from random import Random
from threading import Event, Lock
from uuid import UUID

import psycopg

from application.access import SYSTEM
from application.api_tokens import ApiTokens, Scope
from application.app import CommitUnknownError, ConcurrencyError, Context, Lastro
from application.clock import utc_now
from application.database import Connection, Database
from application.event_store.wakeup import Listener
from application.ids import new_id
from application.lookups import Lookups
from application.migrations import migrate
from application.users import UserForm, Users
from domain.company.company import Company
from domain.company.events import CompanyAutomaticBillingSwitched
from domain.kernel import DomainEvent, first
from domain.user.events import Grant
from domain.user.roles import Role
from projections.progress import parked_streams, projection_statuses, wait_for
from projections.registry import NAMES, projections
from tests.projections.histories import lived
from tests.soak.event_store import insert_by_hand
from tests.soak.feed_reader import PagedReader, Reader, Seen, StreamReader
from tests.soak.outcome import Outcome, differences, told
from tests.soak.plan import Assault, plan
from tests.support.application import MASTER_KEY
from tests.support.mortal import MortalPostgres, Process, processes
from tests.support.postgres import MIGRATIONS, SCHEMA

WRITERS = 16
_STEPS = 60
_UP_TO_DATE = 0.7
"""How often a writer who changes what others change, too, has seen their last change."""
_LONGEST_TRANSACTION = 30
_SETTLE_SECONDS = 600.0


class RolledBackError(Exception):
    """What a writer raises in its own transaction to have it rolled back."""


class Storm:
    """One run: the writers, the readers, and what is done to them."""

    def __init__(self, server: MortalPostgres, lastro: Lastro, seed: int, events: int) -> None:
        self.server = server
        self.lastro = lastro
        self.seed = seed
        self.wanted = events
        self.outcome = Outcome()
        self.written = 0
        self.over = Event()
        self.started = time.monotonic()
        self.readers: dict[str, Reader] = {}
        self.processes: dict[str, Process] = {}
        self.shared: dict[UUID, int] = {}
        self._lock = Lock()

    # Writers

    def write(self, number: int) -> None:
        """One writer: whole organisations, one after the other, in transactions of every size."""
        chance = Random(f"{self.seed}/{number}")
        while self.written < self.wanted:
            events = lived(chance.getrandbits(48), _STEPS).events
            while events and self.written < self.wanted:
                size = chance.choice((1, 1, 2, 3, 5, 19, 20, _LONGEST_TRANSACTION))
                self._act(chance, events[:size])
                del events[:size]

    def _act(self, chance: Random, events: list[DomainEvent]) -> None:
        what = chance.random()
        if what < 0.06:
            self._roll_back(events)
        elif what < 0.12:
            self._by_hand(chance)
        elif what < 0.2:
            self._contend(chance)
        self._record(events)

    def _record(self, events: Sequence[DomainEvent]) -> None:
        """Until they are in the log: whoever does not know whether they are looks, and tries again if not."""
        while True:
            try:
                position = self.lastro.record_batch(_context(), events)
            except (CommitUnknownError, ConcurrencyError, psycopg.OperationalError) as error:
                self._note(type(error).__name__)
                if self._is_there(events[-1]):
                    break
                continue
            with self._lock:
                last = events[-1]
                self.outcome.acknowledged[position] = (last.originator_id, last.originator_version)
            break
        with self._lock:
            self.written += len(events)

    def _is_there(self, event: DomainEvent) -> bool:
        while True:
            try:
                with self.lastro.database.autocommit() as connection:
                    query = "SELECT FROM event WHERE stream_id = %s AND version = %s"
                    key = (event.originator_id, event.originator_version)
                    return connection.execute(query, key).rowcount > 0
            except psycopg.OperationalError:
                continue

    def _roll_back(self, events: Sequence[DomainEvent]) -> None:
        """The same facts in a transaction that ends after they have taken their positions."""

        def spoil(connection: Connection) -> None:
            insert_by_hand(connection)
            raise RolledBackError

        try:
            self.lastro.record_batch(_context(), events, also=spoil)
        except (RolledBackError, CommitUnknownError, psycopg.OperationalError):
            self._note("rollbacks")

    def _by_hand(self, chance: Random) -> None:
        """A transaction that stays open after its writes, so that later positions are committed before it."""
        try:
            with self.lastro.database.connection() as connection:
                insert_by_hand(connection)
                connection.execute("SELECT pg_sleep(%s)", [chance.random() * 0.02])
                if chance.random() < 0.4:
                    raise RolledBackError
        except (RolledBackError, psycopg.OperationalError):
            self._note("rollbacks")

    def _contend(self, chance: Random) -> None:
        """The next version of a company that others want to change too; one of them succeeds.

        Some have looked before the last change already: they conflict however the others are scheduled.
        """
        id = chance.choice(list(self.shared))
        version = max(2, self.shared[id] + (chance.random() < _UP_TO_DATE))
        header = first(id, utc_now(), id) | {"originator_version": version}
        fact = CompanyAutomaticBillingSwitched(**header, on=version % 2 == 0)
        try:
            self.lastro.record_batch(_context(), [fact])
        except ConcurrencyError:
            self._note("conflicts")
        except (CommitUnknownError, psycopg.OperationalError) as error:
            self._note(type(error).__name__)
            if not self._is_there(fact):
                return
        self.shared[id] = max(self.shared[id], version)

    def _note(self, what: str) -> None:
        with self._lock:
            self.outcome.counts[what] += 1

    # Assaults

    def assault(self, planned: Sequence[Assault]) -> None:
        """Carry the plan out, each part as soon as so much is written."""
        for each in planned:
            while self.written < each.at and not self.over.wait(0.002):
                pass
            if self.over.is_set():
                break
            self._carry_out(each)

    def _carry_out(self, assault: Assault) -> None:
        started, written = time.monotonic(), self.written
        match assault.kind:
            case "kill backend":
                whom = self._kill_backend(assault.chance)
            case "restart database":
                self.server.stop()
                self.server.start()
                whom = "fast shutdown"
            case "kill -9 database":
                whom = f"postmaster {self.server.kill()}"
                self.server.start()
            case "kill -9 worker" | "kill -9 web":
                whom = f"process {self.processes[assault.kind.removeprefix('kill -9 ')].kill()}"
            case "cut streams":
                for reader in self.readers.values():
                    reader.cut()
                whom = f"{len(self.readers)} readers"
        self._note(assault.kind)
        took = time.monotonic() - started
        at = started - self.started
        self.outcome.acts.append(f"{at:7.1f} s {written:9,} events  {assault.kind}: {whom} ({took:.1f} s)")

    def supervise(self) -> None:
        """Start again what ended by itself: a process that begins without a database says so and ends."""
        while not self.over.wait(0.1):
            for name, process in self.processes.items():
                words = process.revive()
                if words is not None:
                    self._note(f"{name} started again")
                    at = time.monotonic() - self.started
                    self.outcome.acts.append(f"{at:7.1f} s {self.written:9,} events  {name} ended: {words}")

    def _kill_backend(self, chance: float) -> str:
        """Whoever is connected, by chance: writers, the worker's lanes, web requests, listeners."""
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            found = connection.execute(
                "SELECT pid, application_name, left(query, 30) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend' ORDER BY application_name, backend_start"
            ).fetchall()
            if not found:
                return "nobody"
            pid, name, query = found[int(chance * len(found))]
            connection.execute("SELECT pg_terminate_backend(%s)", [pid])
        return f"{name or 'writer'} {pid}, {' '.join(query.split())!r}"

    # Readers

    def tail(self) -> list[Seen]:
        """A reader within the product's own library, which keeps the position of the last fact it got."""
        seen: list[Seen] = []
        listener = Listener(self.lastro.database)
        cursor, ended = 0, False
        while not ended:
            finishing = self.over.is_set()
            try:
                events = self.lastro.read(cursor, 300)
            except psycopg.OperationalError:
                continue
            seen += [(event.position, event.event_id) for event in events]
            cursor = events[-1].position if events else cursor
            ended = finishing and not events
            if not events:
                listener.wait(0.2)
        listener.close()
        return seen


def _context() -> Context:
    return Context(actor="soak", correlation_id=new_id())


def storm(server: MortalPostgres, *, seed: int, events: int) -> Outcome:
    """Run it on an empty installation and answer what everybody saw."""
    with ExitStack() as stack:
        database = stack.enter_context(Database(server.url(), SCHEMA, WRITERS + 4, timeout=60))
        migrate(database, MIGRATIONS)
        lastro = Lastro(database, MASTER_KEY)
        stack.callback(lastro.close)
        run = Storm(server, lastro, seed, events)
        _prepare(run, Random(f"{seed}/shared"))
        token = _token(lastro)
        worker, web, address = stack.enter_context(processes(server.url()))
        run.processes = {"worker": worker, "web": web}
        for name, reader in (
            ("pages of 1000", PagedReader(address, token, 1000)),
            ("pages of 97", PagedReader(address, token, 97)),
            ("stream", StreamReader(address, token, None)),
            ("stream that hangs up", StreamReader(address, token, Random(f"{seed}/hang up"))),
        ):
            run.readers[name] = reader
        _run(run)
        _compare(run)
    run.outcome.seconds = time.monotonic() - run.started
    return run.outcome


def _run(run: Storm) -> None:
    with ThreadPoolExecutor(WRITERS + len(run.readers) + 3) as pool:
        tail = pool.submit(run.tail)
        reading = {name: pool.submit(reader.read, run.over) for name, reader in run.readers.items()}
        writers = [pool.submit(run.write, number) for number in range(WRITERS)]
        assaults = pool.submit(run.assault, plan(run.seed, run.wanted))
        supervisor = pool.submit(run.supervise)
        try:
            for writer in writers:
                writer.result()
            assaults.result()
        finally:
            run.wanted = 0
            run.over.set()
        supervisor.result()
        run.outcome.seen = {name: each.result() for name, each in reading.items()} | {"tail": tail.result()}


def _prepare(run: Storm, chance: Random) -> None:
    for number in range(8):
        id = UUID(int=chance.getrandbits(128), version=4)
        name, cnpj = f"Disputada {number}", "11222333000181"
        born = Company.register(id, f"S{number}", name, None, cnpj, None, "2611606", "simples", utc_now())
        run.lastro.record_batch(_context(), [born])
        run.shared[id] = 1


def _token(lastro: Lastro) -> str:
    users = Users(lastro, Lookups(lastro.database, MASTER_KEY.derived("lookup")), utc_now)
    grant = Grant(role=Role.INTEGRATOR, companies=None)
    user = users.register(SYSTEM, UserForm(login="robo@exemplo.com.br", name="Robô", grants=(grant,)))
    now = utc_now()
    until = now.replace(year=now.year + 1)
    return ApiTokens(lastro.database).issue(user.id, "soak", frozenset(Scope), None, until, now)


def _compare(run: Storm) -> None:
    database = run.lastro.database
    database.discard_broken()
    with database.connection() as connection:
        run.outcome.log = connection.execute(
            "SELECT position, event_id, stream_id, version FROM event ORDER BY position"
        ).fetchall()
    reached = wait_for(database, run.outcome.log[-1][0], _SETTLE_SECONDS, NAMES)
    if not reached:
        run.outcome.models["worker"] = [f"{s.name} at {s.position}" for s in projection_statuses(database)]
    parked = [f"parked {each.stream_id}: {each.reason}" for each in parked_streams(database)]
    if parked:
        run.outcome.models["parked"] = parked
    for process in run.processes.values():
        process.stop()
    for model in projections(run.lastro.keyring):
        run.outcome.models[model.name] = differences(database, model)


def main() -> int:
    """Answer 1 when anything was missed, doubled, lost or out of order."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.readers", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", type=int, default=400_000)
    options = parser.parse_args()
    say: Callable[[str], None] = print  # the command's answer
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    with MortalPostgres() as server:
        outcome = storm(server, seed=options.seed, events=options.events)
    for act in outcome.acts:
        say(act)
    say(told(outcome, options.seed))
    return 1 if outcome.faults() else 0


if __name__ == "__main__":
    sys.exit(main())
