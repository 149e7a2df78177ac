"""Unreadable messages go to a topic of their own, as they came, before anything passes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, MessageSizeTooLargeError, TopicAlreadyExistsError

from application.incoming.dead_letters import SetAside
from application.kafka_access import made
from consumers.problems import DeadLetterWriteError

SUFFIX = ".dead_letters"

_WAIT_SECONDS = 30.0
_LARGEST = 16_000_000
_OMITTED = "lastro-omitted"
_CONFIGS = {"retention.ms": str(30 * 24 * 3600 * 1000), "max.message.bytes": str(_LARGEST)}
"""As long as what settled messages said is kept in the database; room for the largest and its headers."""


class DeadLetterTopic:
    """`<topic>.dead_letters` of one incoming topic: acks=all, and each write is waited for.

    Made without a look at the broker; connects with the first write. A message may be written more than once:
    its header `lastro-dead-letter` tells the copies from others.
    """

    def __init__(self, client: Mapping[str, Any], prefix: str, topic: str) -> None:
        self._client = client
        self.name = f"{prefix}{topic}{SUFFIX}"
        self._producer: KafkaProducer | None = None

    def write(self, letters: Sequence[SetAside]) -> None:
        """Come back when the broker has all of them. Raises DeadLetterWriteError."""
        try:
            try:
                self._write_together(letters)
            except MessageSizeTooLargeError:
                for each in letters:
                    self._write_alone(each)
        except Exception as error:  # whatever kept it from being written, nothing may pass
            self.close()
            raise DeadLetterWriteError(f"{self.name}: {type(error).__name__}: {error}") from error

    def _write_together(self, letters: Sequence[SetAside]) -> None:
        producer = self._connected()
        sent = [self._send(producer, each, each.raw.value) for each in letters]
        producer.flush(timeout=_WAIT_SECONDS)
        for future in sent:
            future.get(timeout=_WAIT_SECONDS)

    def _write_alone(self, letter: SetAside) -> None:
        """One that is too large for the topic is told by size and digest: its sender still has it."""
        self.close()  # an idempotent producer that was refused a message writes no other
        try:
            self._send(self._connected(), letter, letter.raw.value).get(timeout=_WAIT_SECONDS)
        except MessageSizeTooLargeError:
            self.close()
            self._send(self._connected(), letter, b"", omitted=True).get(timeout=_WAIT_SECONDS)

    def close(self) -> None:
        """Let go of the connection. Idempotent."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError):
                producer.close(timeout=1.0)

    def _connected(self) -> KafkaProducer:
        if self._producer is None:
            self._create()
            self._producer = made(
                KafkaProducer,
                **self._client,
                acks="all",
                enable_idempotence=True,
                max_request_size=_LARGEST,
                max_block_ms=int(_WAIT_SECONDS * 1000),
                delivery_timeout_ms=int(_WAIT_SECONDS * 1000),
                request_timeout_ms=int(_WAIT_SECONDS * 500),
            )
        return self._producer

    def _create(self) -> None:
        admin = made(KafkaAdminClient, **self._client)
        try:
            if self.name not in admin.list_topics():
                admin.create_topics([NewTopic(self.name, 1, -1, topic_configs=_CONFIGS)])
        except TopicAlreadyExistsError:
            pass
        finally:
            admin.close()

    def _send(
        self, producer: KafkaProducer, letter: SetAside, value: bytes | None, *, omitted: bool = False
    ) -> Any:
        # The client sends nothing that has neither key nor value.
        value = b"" if value is None and letter.raw.key is None else value
        headers = _headers(letter, omitted=omitted)
        return producer.send(self.name, key=letter.raw.key, value=value, headers=headers)


def _headers(letter: SetAside, *, omitted: bool) -> list[tuple[str, bytes]]:
    """The message's own headers, then where it was and why nobody could read it."""
    added = {
        "lastro-dead-letter": str(letter.id),
        "lastro-topic": letter.place.topic,
        "lastro-partition": str(letter.place.partition),
        "lastro-offset": str(letter.offset),
        "lastro-group": letter.place.group,
        "lastro-code": letter.reason.code,
        "lastro-reason": letter.reason.text,
    }
    if omitted:
        added[_OMITTED] = f"{letter.raw.size} bytes, sha256 {letter.raw.digest.hex()}"
    return [*letter.raw.headers, *((name, text.encode()) for name, text in added.items())]
