"""Where the broker is, how topics are called there, and how each kind of client is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient
from kafka.errors import InvalidProducerEpochError, KafkaError, ProducerFencedError

from application.kafka_access import made
from producers.relay.problems import BrokerTroubleError, RelayFencedError

MESSAGE_BYTES = 8 * 1024 * 1024
"""The largest message; topics are created so that they take it."""

REQUEST_SECONDS = 10.0
DELIVERY_SECONDS = 20.0
"""How long a chunk may be under way, and then its commit. Together they stay below the next, so that a
producer has given up on a transaction before the broker ends it: fenced always means fenced."""

TRANSACTION_SECONDS = 60.0
"""An abandoned transaction holds up readers of committed messages for as long, unless a relay starts."""

COMPRESSION, BATCH_BYTES, LINGER_MS = "zstd", 256 * 1024, 50
"""Few large requests, measured: a third less work than many small ones. Nobody waits for the time to pass: at
the end of a chunk all is sent at once."""

_FENCING = (ProducerFencedError, InvalidProducerEpochError)


@dataclass(frozen=True, slots=True)
class Broker:
    """`options` are those that every client is made with: addresses, encryption, who we are.

    `prefix` stands before every topic and transactional id, so that installations share a broker.
    """

    options: Mapping[str, Any]
    prefix: str = ""

    def named(self, name: str) -> str:
        """What is called `name` in the product, as it is called there."""
        return f"{self.prefix}{name}"

    @contextmanager
    def admin(self) -> Iterator[KafkaAdminClient]:
        """A client for topics. Kafka's errors leave the block as BrokerTroubleError."""
        with troubles():
            client = made(
                KafkaAdminClient,
                **self.options,
                bootstrap_timeout_ms=int(REQUEST_SECONDS * 1000),
                request_timeout_ms=int(REQUEST_SECONDS * 1000),
            )
            try:
                yield client
            finally:
                client.close()

    def reader(self, *, committed: bool = True) -> KafkaConsumer:
        """A consumer of no group: it reads what it is told to, from where it is told to."""
        return made(
            KafkaConsumer,
            **self.options,
            bootstrap_timeout_ms=int(REQUEST_SECONDS * 1000),
            isolation_level="read_committed" if committed else "read_uncommitted",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
        )

    def producer(self, transactional_id: str) -> KafkaProducer:
        """A transactional producer, not yet initialised."""
        return made(
            KafkaProducer,
            **self.options,
            bootstrap_timeout_ms=int(REQUEST_SECONDS * 1000),
            transactional_id=transactional_id,
            enable_idempotence=True,
            transaction_timeout_ms=int(TRANSACTION_SECONDS * 1000),
            delivery_timeout_ms=int(DELIVERY_SECONDS * 1000),
            request_timeout_ms=int(REQUEST_SECONDS * 1000),
            max_block_ms=int(DELIVERY_SECONDS * 1000),
            retry_backoff_ms=10,  # a commit is finished behind its answer; the next one asks again until then
            reconnect_backoff_max_ms=1000,
            compression_type=COMPRESSION,
            batch_size=BATCH_BYTES,
            linger_ms=LINGER_MS,
            max_request_size=MESSAGE_BYTES,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )


@contextmanager
def troubles(name: str = "") -> Iterator[None]:
    """Kafka's errors as ours: fenced is RelayFencedError, never to be tried again; the rest passes by."""
    try:
        yield
    except KafkaError as error:
        if is_fenced(error):
            raise RelayFencedError(name) from error
        raise BrokerTroubleError(reason_of(error)) from error


def is_fenced(error: BaseException | None) -> bool:
    """Whether somebody else goes by our transactional id now, however the client words it.

    It wraps the error that put a producer out of order: as an argument, or only as text.
    """
    if error is None:
        return False
    if isinstance(error, _FENCING):
        return True
    if any(is_fenced(part) for part in error.args if isinstance(part, BaseException)):
        return True
    return any(kind.__name__ in str(error) for kind in _FENCING)


def reason_of(error: BaseException) -> str:
    """One line."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]
