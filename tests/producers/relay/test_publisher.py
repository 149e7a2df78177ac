"""A chunk is committed when every message of it is with the broker, and not otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from kafka.errors import (
    InvalidProducerEpochError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    ProducerFencedError,
)
from kafka.future import Future

from producers.relay.broker import Broker, is_fenced
from producers.relay.chunks import Record
from producers.relay.problems import BrokerTroubleError, MessageTooLargeError, RelayFencedError
from producers.relay.publisher import Publisher

RECORDS: list[Record] = [("a", 0, b"one", b"1", []), ("a", 1, b"two", b"2", [])]
POSITION = (b"relay", b"{}")


class Scripted:
    """kafka-python's producer as the publisher sees it; the message under `fails` meets `error`."""

    def __init__(self, fails: bytes, error: Exception | None) -> None:
        self.committed = False
        self._fails = fails
        self._error = error

    def begin_transaction(self) -> None: ...

    def flush(self, timeout: float) -> None: ...

    def send(self, topic: str, value: bytes, key: bytes, headers: object, partition: int) -> Future:
        future: Any = Future()
        if key != self._fails:
            return future.success("done")
        return future if self._error is None else future.failure(self._error)

    def commit_transaction(self) -> None:
        self.committed = True


def published(fails: bytes, error: Exception | None) -> tuple[Exception | None, bool]:
    """What came of it, and whether the commit was asked for."""
    producer = Scripted(fails, error)
    publisher = Publisher(Broker({}), "relay")
    publisher._producer = producer
    try:
        publisher.publish(RECORDS, POSITION)
    except Exception as met:
        return met, producer.committed
    return None, producer.committed


@pytest.mark.parametrize("key", [b"two", POSITION[0]])
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (KafkaTimeoutError("late"), BrokerTroubleError),
        (None, BrokerTroubleError),
        (ProducerFencedError(), RelayFencedError),
        (InvalidProducerEpochError(), RelayFencedError),
    ],
)
def test_nothing_is_committed_when_one_message_failed(
    key: bytes, error: Exception | None, told: type[Exception]
) -> None:
    met, committed = published(key, error)
    assert isinstance(met, told)
    assert not committed


def test_a_chunk_of_which_every_message_arrived_is_committed() -> None:
    assert published(b"none", None) == (None, True)


def test_a_message_that_the_broker_finds_too_large_is_for_a_person() -> None:
    met, committed = published(b"two", MessageSizeTooLargeError())
    assert isinstance(met, MessageTooLargeError)
    assert not committed


def test_fenced_is_known_however_the_client_words_it() -> None:
    assert is_fenced(ProducerFencedError())
    assert is_fenced(KafkaError("Cannot perform send", ProducerFencedError()))
    assert is_fenced(KafkaError("we are in an error state: [Error 90] ProducerFencedError"))
    assert not is_fenced(KafkaTimeoutError("Timeout"))
    assert not is_fenced(None)
