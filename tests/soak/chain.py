"""The whole chain as a user runs it: worker, relay, two consumers, a subscriber's kit, a broker of its own.

Killed (-9) at random, and started again by a supervisor, while the world around goes on.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import ClassVar

from kafka import KafkaConsumer
from kafka.errors import KafkaError

from application.app import Lastro
from application.database import Database
from consumers.contracts import orders, settlements
from deploy.local.kafka import KafkaServer
from producers.relay.broker import Broker
from projections.progress import wait_for
from projections.registry import NAMES
from tests.producers.relay.house import INVOICES, SOURCE, watching
from tests.soak.chain_judge import parts_of, read
from tests.support.cli import KEY
from tests.support.kafka import Topics
from tests.support.messages import ROOT
from tests.support.mortal import Process
from tests.support.processes import eventually

KIT = ROOT / "docs" / "examples" / "receivables.py"
KINDS = ("relay",) * 6 + ("consumer",) * 6 + ("kit",) * 5 + ("broker",) * 3
"""Of twenty kills; more come in rounds of twenty, each in an order of its own."""

LONGEST_PAUSE = 2.0
MISSED_AFTER = 10
_AMID_WORK = 0.7
_WORK_SECONDS = 6.0
_PATIENCE_FOR_EACH = 1.5
"""Seconds of waiting for work, for each kill on the average: a busy machine must not make it endless."""

_START_SECONDS = 120.0
_QUIET_SECONDS = 180.0
_KIT_SECONDS = 60.0
_PARTITIONS = 6


class Chain:
    """A context manager: everything runs in the block, and what ended is started again."""

    ran: ClassVar[bool] = False
    """Whether this process had one: its killed brokers' sockets are let go of at the very end."""

    def __init__(self, server: KafkaServer, database: Database, lastro: Lastro, file: Path) -> None:
        self.server = server
        self.database = database
        self.lastro = lastro
        self.file = file
        self.broker = Broker({"bootstrap_servers": [server.bootstrap]})
        self.acts: list[str] = []
        self.killed: Counter[str] = Counter()
        self.amid = 0
        self._patience = 0.0
        self._environment = {
            "LASTRO_DATABASE_URL": database.url,
            "LASTRO_MASTER_KEY": KEY,
            "LASTRO_HOME": tempfile.gettempdir(),
            "LASTRO_KAFKA": server.bootstrap,
            "LASTRO_EVENT_SOURCE": SOURCE,
            "LASTRO_CONSUME_MISSED_AFTER": str(MISSED_AFTER),
        }
        self._processes: dict[str, list[Process]] = {}
        self._stack = ExitStack()
        self._started = time.monotonic()

    def __enter__(self) -> Chain:
        Chain.ran = True
        with ExitStack() as undo:
            undo.enter_context(self._stack)
            topics = Topics(self.server.bootstrap, "")
            for topic in (orders.TOPIC, settlements.TOPIC):
                topics.create(topic, partitions=_PARTITIONS)
            self._start("worker", "worker", "--no-schedule")
            self._start("relay", "relay")
            eventually(lambda: INVOICES in topics.existing(), _START_SECONDS, "the relay makes its topics")
            self._start("consumer", "consume")
            self._start("consumer", "consume")
            self._start("kit", str(KIT), self.server.bootstrap, INVOICES, str(self.file), program=())
            self._stack.enter_context(self._supervised())
            undo.pop_all()
        return self

    def __exit__(self, *failure: object) -> None:
        self._stack.close()

    def _start(self, name: str, *arguments: str, program: tuple[str, ...] = ("-m", "lastro")) -> None:
        process = Process(name, list(arguments), self._environment, program=program)
        self._stack.callback(process.stop)
        self._processes.setdefault(name, []).append(process)

    @contextmanager
    def _supervised(self) -> Iterator[None]:
        over = Event()
        supervisor = Thread(target=self._supervise, args=(over,), name="supervisor")
        supervisor.start()
        try:
            yield
        finally:
            over.set()
            supervisor.join()

    def _supervise(self, over: Event) -> None:
        while not over.wait(0.2):
            for name, processes in self._processes.items():
                for process in processes:
                    before, words = len(process.log), process.revive()
                    if words is not None:
                        self._note(f"{name} ended: {words if before else 'without a word'}")

    def _note(self, what: str) -> None:
        self.acts.append(f"{time.monotonic() - self._started:7.1f} s  {what}")

    def kill(self, chance: Random, count: int) -> None:
        """So many kills, in rounds, each at a moment of its own; most of them once there was some work."""
        self._patience = count * _PATIENCE_FOR_EACH
        rounds = -(-count // len(KINDS))
        for kind in [each for _ in range(rounds) for each in chance.sample(KINDS, len(KINDS))][:count]:
            wanted = chance.random() < _AMID_WORK and self._patience > 0
            amid = wanted and self._has_worked(kind)
            time.sleep(chance.uniform(0.0, LONGEST_PAUSE))  # a crash comes at any time
            eventually(partial(self._killed, kind, chance), _START_SECONDS, f"a {kind} to kill")
            self.killed[kind] += 1
            self.amid += amid
            self._note(f"kill -9 {kind}, {self.lastro.safe_position()} facts{', amid work' if amid else ''}")

    def _has_worked(self, kind: str) -> bool:
        """Wait a while for it to get on; of the broker, for what it takes from the relay."""
        measure = {"consumer": self._consumed, "kit": self._kept}.get(kind, self._published)
        began = time.monotonic()
        worked = False
        with suppress(KafkaError):
            before = measure()
            while not worked and time.monotonic() < began + _WORK_SECONDS:
                time.sleep(0.1)
                worked = measure() > before
        self._patience -= time.monotonic() - began
        return worked

    def _consumed(self) -> int:
        with self.database.connection() as connection:
            row = connection.execute(
                "SELECT coalesce(sum(next_offset), 0)::int FROM consumer_offset"
            ).fetchone()
        return int(row[0]) if row else 0

    def _kept(self) -> int:
        return sum(self._kit_places().values())

    def _published(self) -> int:
        """By the ends of the topic, where what a killed relay has not committed counts too."""
        return sum(end for (topic, _), end in self._ends([INVOICES]).items() if topic == INVOICES)

    def _killed(self, kind: str, chance: Random) -> bool:
        if kind == "broker":
            self.server.kill()
            self.server.start()
            return True
        # Its watchdog comes first: one that has started nothing yet would be stopped, and nobody killed.
        born = [each for each in self._processes[kind] if each.descendants()]
        return bool(born) and chance.choice(born).kill() is not None

    def until_quiet(self) -> None:
        """Come back when everybody has taken everything, and nothing more comes of it."""
        deadline, told = time.monotonic() + _QUIET_SECONDS, ""
        while unquiet := self._unquiet():
            if unquiet != told:
                self._note(unquiet)
                told = unquiet
            assert time.monotonic() < deadline, f"not quiet in {_QUIET_SECONDS} s: {unquiet}"
            time.sleep(0.5)
        ends = {each.partition: each.offset + 1 for each in read(self.server.bootstrap, [INVOICES])}
        eventually(lambda: self._kit_places() == ends, _KIT_SECONDS, "the kit has read everything")
        self._note("quiet")

    def _unquiet(self) -> str:
        """The consumers record facts, which the relay publishes, which they read: looked at twice."""
        end = self.lastro.safe_position()
        with watching(self.broker) as watch:
            published = watch.published()
        if published < end:
            return f"the relay is at {published} of {end}"
        if behind := self._behind():
            return f"unread: {behind}"
        if not wait_for(self.database, end, 10, NAMES):
            return "the read models are behind"
        return "" if self.lastro.safe_position() == end else "facts were recorded"

    def _behind(self) -> list[str]:
        """By the consumers' offsets, to the very end: they go past the markers of transactions too."""
        with self.database.connection() as connection:
            rows = connection.execute(
                "SELECT consumer_group, topic, partition, coalesce(next_offset, 0) FROM consumer_offset"
            ).fetchall()
        places = {(group, topic, part): at for group, topic, part, at in rows}
        groups = {topic: group for group, topic, _, _ in rows}
        if missing := {orders.TOPIC, settlements.TOPIC, INVOICES} - groups.keys():
            return sorted(missing)
        return [
            f"{topic} {part}: {at} of {end}"
            for (topic, part), end in self._ends(list(groups)).items()
            if (at := places.get((groups[topic], topic, part), 0)) < end
        ]

    def _ends(self, topics: list[str]) -> dict[tuple[str, int], int]:
        with closing(KafkaConsumer(bootstrap_servers=self.server.bootstrap)) as consumer:
            parts = parts_of(consumer, topics)
            return {(at.topic, at.partition): end for at, end in consumer.end_offsets(parts).items()}

    def _kit_places(self) -> dict[int, int]:
        if not self.file.exists():
            return {}
        with closing(sqlite3.connect(self.file, timeout=30)) as db, suppress(sqlite3.OperationalError):
            return dict(db.execute("SELECT part, next FROM place").fetchall())
        return {}


@contextmanager
def beside(*acts: Callable[[Event], None]) -> Iterator[None]:
    """Each of them goes on in a thread of its own beside the block. Raises what one ended with."""
    stopping = Event()
    with ThreadPoolExecutor(len(acts)) as pool:
        under_way = [pool.submit(act, stopping) for act in acts]
        try:
            yield
        finally:
            stopping.set()
    for each in under_way:
        each.result()
