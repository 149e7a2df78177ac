"""Publishes a chunk and its position in one Kafka transaction, or nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Any, Self

from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError

from producers.relay.broker import (
    DELIVERY_SECONDS,
    MESSAGE_BYTES,
    TRANSACTION_SECONDS,
    Broker,
    troubles,
)
from producers.relay.chunks import Record
from producers.relay.positions import POSITIONS
from producers.relay.problems import (
    BrokerTroubleError,
    MessageTooLargeError,
    RelayProblemError,
)

_GIVE_UP_SECONDS = 5.0


class Publisher:
    """One transactional producer. Whoever makes one fences the one before with the same name.

    After any error it is of no more use: `abandon` it, and begin with a new one from the position that the
    broker holds, for a commit that was not answered may have happened. RelayFencedError is the exception:
    then nobody begins again. For one thread.
    """

    def __init__(self, broker: Broker, name: str) -> None:
        self.name = broker.named(name)
        self._broker = broker
        self._producer: KafkaProducer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abandon()

    def start(self) -> None:
        """Take the name over: what others have under way by it is aborted, what they were committing is done.

        Raises BrokerTroubleError, RelayFencedError.
        """
        with troubles(self.name):
            self._producer = self._broker.producer(self.name)
            self._producer.init_transactions()

    def publish(self, records: Sequence[Record], position: tuple[bytes, bytes]) -> None:
        """Come back when all of it is committed.

        Raises BrokerTroubleError when that is not known, RelayFencedError, MessageTooLargeError.
        """
        assert self._producer is not None, "start first"
        producer = self._producer
        with troubles(self.name):
            producer.begin_transaction()
            self._send(producer, records, position)
            self._within(DELIVERY_SECONDS, producer.commit_transaction, "the commit")

    def _send(
        self, producer: KafkaProducer, records: Sequence[Record], position: tuple[bytes, bytes]
    ) -> None:
        """Every message is with the broker before the commit is asked for: the client would commit the rest
        without one that failed."""
        prefix = self._broker.prefix
        noted = producer.send(prefix + POSITIONS, position[1], position[0], None, 0)
        sent = []
        for record in records:
            topic, partition, key, value, headers = record
            try:
                sent.append(producer.send(prefix + topic, value, key, headers, partition))
            except MessageSizeTooLargeError as error:
                raise _too_large(record) from error
        producer.flush(DELIVERY_SECONDS)
        for record, future in zip(records, sent, strict=True):
            if not future.is_done or future.exception is not None:
                raise _failure(record, future)
        if not noted.succeeded():
            raise noted.exception or BrokerTroubleError("the position was not answered in time")

    def abandon(self) -> None:
        """Give up what is under way, without waiting longer than a moment; readers need not wait for it."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        with suppress(KafkaError, BrokerTroubleError, RelayProblemError):
            self._within(_GIVE_UP_SECONDS, producer.abort_transaction, "the abort")
        # Unanswered messages keep its thread alive until they expire, so nobody waits for that.
        _apart(lambda: producer.close(TRANSACTION_SECONDS))

    def close(self) -> None:
        """After the last chunk. Idempotent."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError):
                producer.close(_GIVE_UP_SECONDS)

    def _within(self, seconds: float, act: Callable[[], None], what: str) -> None:
        """The client waits for the end of a transaction for ever: a broker that is gone must not hold us."""
        failures: list[BaseException] = []

        def acting() -> None:
            try:
                act()
            except Exception as error:
                failures.append(error)

        thread = Thread(target=acting, name="lastro-relay-transaction", daemon=True)
        thread.start()
        thread.join(seconds)
        if thread.is_alive():
            raise BrokerTroubleError(f"{what} was not answered in {seconds:.0f} s")
        if failures:
            raise failures[0]


def _apart(act: Callable[[], None]) -> None:
    def acting() -> None:
        with suppress(Exception):
            act()

    Thread(target=acting, name="lastro-relay-closing", daemon=True).start()


def _failure(record: Record, future: Any) -> Exception:
    if isinstance(future.exception, MessageSizeTooLargeError):
        return _too_large(record)
    error: Exception | None = future.exception
    return error or BrokerTroubleError("a message was not answered in time")


def _too_large(record: Record) -> MessageTooLargeError:
    """Neither the client nor the broker takes it, and no other attempt would help."""
    topic, _, key, value, _ = record
    return MessageTooLargeError(topic, key.decode(), len(value or b""), MESSAGE_BYTES)
