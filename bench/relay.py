"""The relay's throughput against a bare loop of an idempotent producer that sends the same bytes."""

from __future__ import annotations

import statistics
import time
from functools import partial
from threading import Event, Thread

from kafka import KafkaProducer

from application.database import Database
from bench.billing_house import open_lastro
from bench.broker import bench_broker, fresh_prefix
from bench.relay_log import fill_log, messages_in
from bench.rows import Row
from bench.server import durable_server, migrated
from producers.messages.catalogue import PUBLIC_TOPICS
from producers.messages.message import DEFAULT_SOURCE, Message
from producers.relay import topics
from producers.relay.broker import BATCH_BYTES, COMPRESSION, LINGER_MS, Broker
from producers.relay.feeder import Feeder
from producers.relay.installation import Installation
from producers.relay.relay import Relay

ROUNDS = 3
_LONGEST = 600.0
_LOOK_SECONDS = 0.002


def run(scale: str) -> list[Row]:
    """The log is there before; both are timed at work, without the start of processes and connections."""
    contracts = 800 if scale == "small" else 8_000
    with durable_server() as server, migrated(server) as database, bench_broker() as bootstrap:
        fill_log(database, contracts)
        lastro = open_lastro(database.url, database.schema)
        messages = messages_in(lastro)
        rounds = [(relayed(bootstrap, database, messages), _bare(bootstrap, messages)) for _ in range(ROUNDS)]
        lastro.close()
    relay_rate, bare_rate = (statistics.median(each) for each in zip(*rounds, strict=True))
    ratios = sorted(relay / loop for relay, loop in rounds)
    size = sum(len(message.value or b"") for message in messages) / len(messages)
    note = (
        f"{len(messages):,} messages of {size:.0f} bytes, zstd: relay {relay_rate:,.0f}/s,"
        f" bare idempotent loop {bare_rate:,.0f}/s; ratios of the rounds"
        f" {', '.join(f'{ratio:.2f}' for ratio in ratios)}"
    )
    return [Row("relay", statistics.median(ratios), 0.8, "higher", note)]


def relayed(bootstrap: str, database: Database, messages: list[Message]) -> float:
    """Messages a second, from the first chunk that is committed to the last."""
    broker = Broker({"bootstrap_servers": [bootstrap]}, fresh_prefix())
    feeder = Feeder(partial(open_lastro, database.url, database.schema))
    relay = Relay(Installation(broker, database, DEFAULT_SOURCE), feeder)
    stopping = Event()
    thread = Thread(target=relay.run, args=(stopping,), daemon=True)
    thread.start()
    try:
        began = _reached(relay, thread, 1)
        first = _position(relay)
        took = _reached(relay, thread, messages[-1].position) - began
    finally:
        stopping.set()
        thread.join()
        feeder.close()
    return sum(message.position > first for message in messages) / took


def _reached(relay: Relay, thread: Thread, position: int) -> float:
    deadline = time.perf_counter() + _LONGEST
    while _position(relay) < position:
        if not thread.is_alive() or time.perf_counter() > deadline:
            raise TimeoutError(f"the relay did not get to position {position}")
        time.sleep(_LOOK_SECONDS)
    return time.perf_counter()


def _position(relay: Relay) -> int:
    return relay.standing.position if relay.standing is not None else 0


def _bare(bootstrap: str, messages: list[Message]) -> float:
    broker = Broker({"bootstrap_servers": [bootstrap]}, fresh_prefix())
    topics.ensure(broker, [topics.shape_of(name) for name in PUBLIC_TOPICS])
    ready = [(broker.named(each.topic), each.value, each.key, list(each.headers)) for each in messages]
    producer = KafkaProducer(
        bootstrap_servers=bootstrap,
        enable_idempotence=True,
        compression_type=COMPRESSION,
        batch_size=BATCH_BYTES,
        linger_ms=LINGER_MS,
    )
    for topic in PUBLIC_TOPICS:
        producer.partitions_for(broker.named(topic))
    began = time.perf_counter()
    sent = [producer.send(topic, value, key, headers) for topic, value, key, headers in ready]
    producer.flush()
    assert all(future.succeeded() for future in sent)
    took = time.perf_counter() - began
    producer.close()
    return len(messages) / took
