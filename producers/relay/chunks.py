"""Reads the log in chunks and makes of each what goes to Kafka, each topic from where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from kafka.partitioner.default import murmur2

from application.app import Lastro
from application.event_store.reading import RecordedEvent
from application.event_store.upcasters import UPCASTERS
from producers.messages import customers
from producers.messages.catalogue import MAPPINGS, PARTITIONS, PUBLIC_TOPICS, messages_of
from producers.messages.people import NOBODY, People, people_of

CHUNK = 8_000
"""Facts of one transaction at most: what bounds memory, and how long readers wait for a commit."""

type Record = tuple[str, int, bytes, bytes | None, list[tuple[str, bytes]]]
"""Topic without prefix, partition, key, value, headers."""


@dataclass(frozen=True, slots=True)
class Request:
    """`places`: the position behind which each topic wants the log. `number` tells answers apart.

    `only`: read no other facts than theirs, and none behind `until`.
    """

    places: Mapping[str, int]
    source: str
    only: bool = False
    until: int | None = None
    size: int = CHUNK
    number: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one transaction publishes. `position` and `event_id` are those of the last fact read."""

    number: int
    facts: int
    records: list[Record]
    position: int
    event_id: UUID
    recorded_at: datetime


def facts_of(topic: str) -> list[str]:
    """The topics of the facts, in every version, that have a message in a public topic."""
    newest = [mapping.fact for mapping in MAPPINGS.values() if mapping.topic == topic]
    if PUBLIC_TOPICS[topic].personal:
        newest += [*customers.STATING, customers.FORGOTTEN]
    return [older for fact in newest for older in UPCASTERS.sources(fact)]


class Chunks:
    """Reads for one request, chunk by chunk, behind a safe position each time."""

    def __init__(self, lastro: Lastro, request: Request) -> None:
        self._lastro = lastro
        self._request = request
        self._after = min(request.places.values())
        self._beyond = max(request.places.values())
        self._facts = sorted({fact for topic in request.places for fact in facts_of(topic)})
        self._personal = any(PUBLIC_TOPICS[topic].personal for topic in request.places)

    def next(self) -> Chunk | None:
        """The next chunk, None at the log's end. Raises FactUnmappedError for a fact of a newer release."""
        facts = self._facts if self._request.only else None
        events = self._lastro.read(self._after, self._request.size, facts)
        until = self._request.until
        if until is not None:
            events = [event for event in events if event.position <= until]
        if not events:
            return None
        last = events[-1]
        chunk = Chunk(
            self._request.number,
            len(events),
            self._records(events),
            last.position,
            last.event_id,
            last.recorded_at,
        )
        self._after = last.position
        return chunk

    def _records(self, events: list[RecordedEvent]) -> list[Record]:
        people: People = people_of(self._lastro, events) if self._personal else NOBODY
        source, places = self._request.source, self._request.places
        level = self._after >= self._beyond
        return [
            (message.topic, partition_of(message.key), message.key, message.value, _headers(message.headers))
            for event in events
            for message in messages_of(event, people, source)
            if message.topic in places and (level or event.position > places[message.topic])
        ]


@lru_cache(maxsize=100_000)
def partition_of(key: bytes) -> int:
    """As kafka-python's default partitioner and Java's do: murmur2 of the key."""
    partition: int = (murmur2(key) & 0x7FFFFFFF) % PARTITIONS
    return partition


@lru_cache(maxsize=64)
def _headers(headers: tuple[tuple[str, bytes], ...]) -> list[tuple[str, bytes]]:
    return list(headers)
