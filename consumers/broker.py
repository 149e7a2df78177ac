"""What the loop asks of Kafka beside messages: which topic this is, and how far its partitions reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.errors import KafkaError
from kafka.structs import MemberState

from application.kafka_access import made
from consumers.handler import Incoming

FETCHED = 1000
"""Messages of a batch at most: some hundred milliseconds of work, in one transaction."""

_SESSION_MS = 20_000
_LONGEST_BATCH_MS = 120_000


class Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """Hands assignments on. Called inside `poll`, so it must not wait for anything."""

    def __init__(
        self,
        assigned: Callable[[Sequence[TopicPartition]], None],
        revoked: Callable[[Sequence[TopicPartition]], None],
    ) -> None:
        self._assigned = assigned
        self._revoked = revoked

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """These are ours from now on."""
        self._assigned(list(assigned))

    def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """These are another's from now on."""
        self._revoked(list(revoked))


def connected(client: Mapping[str, Any], group: str, *, fetched: int = FETCHED, **more: Any) -> KafkaConsumer:
    """A member of the group that reads committed messages only and commits no offset by itself."""
    return made(
        KafkaConsumer,
        **{
            **client,
            "group_id": group,
            "client_id": group,
            "isolation_level": "read_committed",
            "enable_auto_commit": False,
            "auto_offset_reset": "none",
            "allow_auto_create_topics": False,
            "max_poll_records": fetched,
            "session_timeout_ms": _SESSION_MS,
            "max_poll_interval_ms": _LONGEST_BATCH_MS,
            "metadata_max_age_ms": 10_000,
            **more,
        },
    )


def is_member(consumer: KafkaConsumer) -> bool:
    """Whether it has joined its group and knows its partitions, which may be none."""
    return bool(consumer.group_metadata().state == MemberState.STABLE)


def close(consumer: KafkaConsumer) -> None:
    """Leave the group, if the broker can be told."""
    with suppress(KafkaError, OSError):
        consumer.close(autocommit=False, timeout_ms=5_000)


class TopicLook:
    """Asks for a topic's own id, by a connection of its own."""

    def __init__(self, client: Mapping[str, Any]) -> None:
        self._client = client
        self._admin: KafkaAdminClient | None = None

    def id_of(self, topic: str) -> UUID | None:
        """None while there is no such topic. Raises KafkaError."""
        if self._admin is None:
            self._admin = made(KafkaAdminClient, **self._client)
        found = [each for each in self._admin.describe_topics([topic]) if each.get("error_code", 0) == 0]
        return UUID(str(found[0]["topic_id"])) if found else None

    def close(self) -> None:
        """Let go of the connection. Idempotent."""
        admin, self._admin = self._admin, None
        if admin is not None:
            admin.close()


def incoming(record: Any) -> Incoming:
    """A message in our form."""
    sent_at = datetime.fromtimestamp(record.timestamp / 1000, UTC) if _is_instant(record.timestamp) else None
    return Incoming(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        headers=tuple((name, value or b"") for name, value in record.headers),
        sent_at=sent_at,
    )


_LATEST_MS = 4_102_444_800_000
"""The year 2100: a sender may claim any instant, and some cannot be kept."""


def _is_instant(timestamp: int | None) -> bool:
    return timestamp is not None and 0 <= timestamp < _LATEST_MS
