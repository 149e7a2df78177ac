"""From a commit to a subscriber of committed messages, against a bare transactional round trip."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing.synchronize import Event as ProcessEvent
from threading import Event, Thread
from uuid import UUID

import orjson
from kafka import KafkaConsumer, TopicPartition

from application.app import Lastro
from application.database import Database
from application.event_store.wakeup import POLL_SECONDS
from application.ids import new_id
from bench.billing_house import open_lastro
from bench.broker import bench_broker, fresh_prefix
from bench.facts import NOW, context
from bench.invoice_facts import opened
from bench.portfolio import MARCH
from bench.rows import Row
from bench.server import durable_server, migrated
from domain.kernel import first
from producers.messages.catalogue import PARTITIONS, PUBLIC_TOPICS
from producers.messages.message import DEFAULT_SOURCE
from producers.relay import topics
from producers.relay.broker import Broker
from producers.relay.feeder import Feeder
from producers.relay.installation import Installation
from producers.relay.relay import Relay

RATE = 20
"""Messages a second, one to a commit; and as many bare ones, in turns."""

_TOPIC = "billing.invoices.v1"
_WARM = 40
_LONGEST = 60.0

type Send = Callable[[], tuple[str, float]]
"""Sends one message and says its subject, and when its way began."""


class Subscriber(Thread):
    """Notes when each message comes in, the relay's and the bare ones."""

    def __init__(self, brokers: Sequence[Broker]) -> None:
        super().__init__(daemon=True)
        self.seen: dict[str, float] = {}
        self._stopping = Event()
        self._consumer = KafkaConsumer(
            **brokers[0].options, isolation_level="read_committed", enable_auto_commit=False
        )
        parts = [
            TopicPartition(broker.named(_TOPIC), number) for broker in brokers for number in range(PARTITIONS)
        ]
        self._consumer.assign(parts)
        self._consumer.seek_to_beginning(*parts)

    def run(self) -> None:
        """Until it is stopped."""
        while not self._stopping.is_set():
            found = self._consumer.poll(timeout_ms=100)
            now = time.perf_counter()
            for records in found.values():
                for record in records:
                    self.seen[orjson.loads(record.value)["subject"]] = now
        self._consumer.close()

    def lag(self, sent: tuple[str, float]) -> float:
        """Seconds that it was on its way, once it has come in."""
        id, began = sent
        deadline = time.perf_counter() + _LONGEST
        while id not in self.seen:
            if time.perf_counter() > deadline:
                raise TimeoutError(f"message {id} did not come in")
            time.sleep(0.01)
        return self.seen[id] - began

    def stop(self) -> None:
        """And wait for its end."""
        self._stopping.set()
        self.join()


def run(scale: str) -> list[Row]:
    """In turns, so that both have the same neighbours, at the same rate, to the same subscriber."""
    seconds = 15 if scale == "small" else 120
    with durable_server() as server, migrated(server) as database, bench_broker() as bootstrap:
        brokers = [Broker({"bootstrap_servers": [bootstrap]}, fresh_prefix()) for _ in range(2)]
        lastro = open_lastro(database.url, database.schema)
        with _relaying(brokers[0], database), _producing(brokers[1]) as bare_send:
            relayed, bare = _lags(brokers, (partial(_record, lastro), bare_send), seconds)
        lastro.close()
    ratio = _percentile(relayed, 99) / _percentile(bare, 99)
    note = (
        f"{len(relayed)} commits of one fact, {RATE}/s: p50 {_percentile(relayed, 50) * 1000:.0f} ms,"
        f" p99 {_percentile(relayed, 99) * 1000:.0f} ms; bare transactional round trip p50"
        f" {_percentile(bare, 50) * 1000:.0f} ms, p99 {_percentile(bare, 99) * 1000:.0f} ms;"
        f" the relay is woken, and polls every {POLL_SECONDS:.0f} s besides"
    )
    return [Row("kafka_lag", ratio, 2.0, "lower", note)]


def _percentile(lags: Sequence[float], percent: int) -> float:
    return sorted(lags)[len(lags) * percent // 100]


def _lags(brokers: Sequence[Broker], sends: Sequence[Send], seconds: int) -> list[list[float]]:
    """For each way of sending, seconds from the beginning of each message's way to the subscriber."""
    subscriber = Subscriber(brokers)
    subscriber.start()
    try:
        for send in sends:
            subscriber.lag(send())  # everybody is at work now
        sent: list[list[tuple[str, float]]] = [[] for _ in sends]
        start = time.perf_counter()
        for number in range((_WARM + seconds * RATE) * len(sends)):
            time.sleep(max(0.0, start + number / RATE / len(sends) - time.perf_counter()))
            turn = number % len(sends)
            sent[turn].append(sends[turn]())
        return [[subscriber.lag(each) for each in way[_WARM:]] for way in sent]
    finally:
        subscriber.stop()


def _record(lastro: Lastro) -> tuple[str, float]:
    """From when the commit has returned."""
    invoice = new_id()
    lastro.record(context(), opened(first(invoice, NOW, UUID(int=1)), UUID(int=1), UUID(int=1), MARCH[0]))
    return str(invoice), time.perf_counter()


@contextmanager
def _producing(broker: Broker) -> Iterator[Send]:
    """From the beginning of the transaction."""
    topics.ensure(broker, [topics.shape_of(_TOPIC)])
    producer = broker.producer("bench.bare")
    producer.init_transactions()
    filler = "x" * 1_000

    def send() -> tuple[str, float]:
        id = str(new_id())
        value = orjson.dumps({"subject": id, "data": filler})
        began = time.perf_counter()
        producer.begin_transaction()
        future = producer.send(broker.named(_TOPIC), value, id.encode())
        producer.flush()
        assert future.succeeded()
        producer.commit_transaction()
        return id, began

    try:
        yield send
    finally:
        producer.close()


@contextmanager
def _relaying(broker: Broker, database: Database) -> Iterator[None]:
    """The relay in a process of its own, as `lastro relay` is."""
    spawn = multiprocessing.get_context("spawn")
    stopping = spawn.Event()
    topics.ensure(broker, [topics.POSITIONS_SHAPE, *map(topics.shape_of, PUBLIC_TOPICS)])
    process = spawn.Process(target=_relay, args=(broker, database.url, database.schema, stopping))
    process.start()
    try:
        yield
    finally:
        stopping.set()
        process.join()


def _relay(broker: Broker, url: str, schema: str, stopping: ProcessEvent) -> None:
    ended = Event()

    def follow() -> None:
        stopping.wait()
        ended.set()

    Thread(target=follow, daemon=True).start()
    with Database(url, schema, 2) as database:
        feeder = Feeder(partial(open_lastro, url, schema))
        Relay(Installation(broker, database, DEFAULT_SOURCE), feeder).run(ended)
        feeder.close()
