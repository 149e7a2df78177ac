"""Sends what others would tell us, for a demo: no fact of ours, and not what the relay publishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from application.kafka_access import made

_HEADERS = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
_PARTITIONS = 12
_SECONDS = 20


class OutsideSilentError(Exception):
    """A message could not be handed to Kafka within twenty seconds; it may be tried again."""


class Outside:
    """A context manager. Waits for each message until the broker has it. Raises OutsideSilentError."""

    def __init__(self, options: Mapping[str, Any], prefix: str) -> None:
        self._options = dict(options)
        self._prefix = prefix
        self._producer: KafkaProducer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._producer is not None:
            self._producer.close(timeout=_SECONDS)

    def make_topics(self, names: Sequence[str]) -> None:
        """Those that are not there yet; a topic of others is made by whoever writes to it."""
        try:
            client = made(KafkaAdminClient, **self._options)
            try:
                missing = {self._prefix + name for name in names} - set(client.list_topics())
                if missing:
                    client.create_topics([NewTopic(name, _PARTITIONS, -1) for name in missing])
            finally:
                client.close()
        except TopicAlreadyExistsError:
            return
        except KafkaError as problem:
            raise OutsideSilentError(str(problem)) from problem

    def send(self, topic: str, key: bytes, value: bytes) -> None:
        """Come back when all copies have it."""
        try:
            if self._producer is None:
                self._producer = made(KafkaProducer, acks="all", **self._options)
            sent = self._producer.send(self._prefix + topic, value, key, headers=_HEADERS)
            sent.get(timeout=_SECONDS)
        except KafkaError as problem:
            raise OutsideSilentError(str(problem)) from problem
