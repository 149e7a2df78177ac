"""Runs a consumer's loop in a thread of the test, and sends it messages."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import pytest
from kafka import KafkaProducer

from application.database import Database
from application.incoming.raw import MessageSeal
from application.kafka_access import made
from consumers.handler import Handler
from consumers.loop import ConsumerLoop, Installation

UNCLOSED = pytest.mark.filterwarnings("ignore::ResourceWarning")
"""For modules that use Kafka's client, see conftest."""

SECRET = b"k" * 32
QUICK = {
    "session_timeout_ms": 10_000,
    "heartbeat_interval_ms": 500,
    "metadata_max_age_ms": 1_000,
    "fetch_max_wait_ms": 50,
}


def installation(bootstrap: str, prefix: str, database: Database, **more: Any) -> Installation:
    """A quick one: a member that dies is missed after ten seconds."""
    made = Installation(
        client={"bootstrap_servers": bootstrap},
        prefix=prefix,
        database=database,
        seal=MessageSeal(SECRET),
        consumer=QUICK,
    )
    return replace(made, **more)


class Running:
    """A loop at work; `error` is what it ended with."""

    def __init__(self, handler: Handler[Any], at: Installation) -> None:
        self.loop = ConsumerLoop(handler, at)
        self.error: BaseException | None = None
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="consumer-under-test")
        self._thread.start()

    def _run(self) -> None:
        try:
            self.loop.run(self._stopping)
        except Exception as error:  # the test looks at it
            self.error = error

    @property
    def is_running(self) -> bool:
        """Whether it has not ended by itself."""
        return self._thread.is_alive()

    def ask_to_stop(self) -> None:
        """Let it end in order, and do not wait for it."""
        self._stopping.set()

    def stop(self) -> None:
        """End it in order."""
        self.ask_to_stop()
        self._thread.join(60)
        assert not self._thread.is_alive()


@contextmanager
def running(handler: Handler[Any], at: Installation) -> Iterator[Running]:
    """A loop for the block."""
    one = Running(handler, at)
    try:
        yield one
    finally:
        one.stop()


def eventually(true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Come back when it is so; fail when it is not in time."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to be in time"
        time.sleep(0.05)


def send(bootstrap: str, topic: str, values: Sequence[tuple[int, bytes | None]]) -> None:
    """Write messages to given partitions, and wait for the broker."""
    producer = made(KafkaProducer, bootstrap_servers=bootstrap, acks="all", max_request_size=8_000_000)
    try:
        sent = [producer.send(topic, value=value, partition=partition) for partition, value in values]
        producer.flush()
        for each in sent:
            each.get(timeout=10)
    finally:
        producer.close()


def named(*names: str, partition: int = 0, **more: str) -> list[tuple[int, bytes | None]]:
    """Messages of a tally."""
    return [(partition, json.dumps({"name": name, **more}).encode()) for name in names]


def rows(database: Database, query: str, values: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
    """What a query finds."""
    with database.connection() as connection:
        return connection.execute(query, values or {}).fetchall()
