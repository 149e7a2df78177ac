"""Up to where each topic holds the log: kept in Kafka, written in the transaction of the messages."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from kafka import KafkaConsumer, TopicPartition

from producers.relay.broker import TRANSACTION_SECONDS, Broker, troubles
from producers.relay.problems import BrokerTroubleError, ClusterDiffersError

POSITIONS = "billing.relay_positions.v1"
"""Compacted, one partition, nobody's contract but the relay's."""

POSITIONS_CONFIG = {
    "cleanup.policy": "compact",
    "segment.bytes": str(8 * 1024 * 1024),
    "segment.ms": str(60 * 60 * 1000),
    "min.cleanable.dirty.ratio": "0.1",
}

_LIVE = "relay"
_FILLING = "backfill "
_POLL_MS = 100
READ_SECONDS = TRANSACTION_SECONDS + 10


@dataclass(frozen=True, slots=True)
class Place:
    """The last fact that a topic was given or had no word for; its id proves that it is still the same log.

    `topic_id` is Kafka's: a topic that was deleted and created again holds nothing.
    """

    topic_id: str
    position: int = 0
    event_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """What the relay last wrote: who it is, when, and the place of every topic that it feeds."""

    relay: UUID
    at: datetime
    places: Mapping[str, Place]


@dataclass(frozen=True, slots=True)
class Filling:
    """How far a backfill is. `ended`: a public topic is the relay's from here; a copy is as of here."""

    source: str
    into: str
    at: datetime
    place: Place
    ended: bool


@dataclass(frozen=True, slots=True)
class Positions:
    """All of it. `live` None: no relay has ever run here."""

    live: Live | None = None
    fillings: Mapping[str, Filling] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Origin:
    """The cluster and the prefix that positions are true of."""

    cluster: str
    prefix: str


def live_record(origin: Origin, live: Live) -> tuple[bytes, bytes]:
    """Key and value of the relay's own message."""
    return _record(origin, _LIVE, {"relay": live.relay, "at": live.at, "places": live.places})


def filling_record(origin: Origin, filling: Filling) -> tuple[bytes, bytes]:
    """Key and value of a backfill's message."""
    return _record(origin, _FILLING + filling.into, {"filling": filling})


def _record(origin: Origin, key: str, said: dict[str, Any]) -> tuple[bytes, bytes]:
    return key.encode(), orjson.dumps({"v": 1, "origin": origin, **said})


class PositionsLog:
    """Reads the topic from its beginning, then only what is new. For one thread; close it."""

    def __init__(self, broker: Broker, origin: Origin) -> None:
        self.origin = origin
        self._partition = TopicPartition(broker.named(POSITIONS), 0)
        self._live: Live | None = None
        self._fillings: dict[str, Filling] = {}
        with troubles():
            self._consumer: KafkaConsumer = broker.reader()
            self._ends: KafkaConsumer = broker.reader(committed=False)
            self._consumer.assign([self._partition])
            self._consumer.seek_to_beginning(self._partition)

    def read(self, *, wait: bool = True) -> Positions:
        """What is committed by now.

        A transaction under way hides what was committed after its first message: `wait` for its end, or take
        what can be seen. Raises BrokerTroubleError, also when it takes too long, and ClusterDiffersError.
        """
        deadline = time.monotonic() + READ_SECONDS
        with troubles():
            asked = self._ends if wait else self._consumer
            end = asked.end_offsets([self._partition])[self._partition]
            while self._consumer.position(self._partition) < end:
                for records in self._consumer.poll(timeout_ms=_POLL_MS).values():
                    for record in records:
                        self._take(record.key.decode(), record.value)
                if time.monotonic() > deadline:
                    raise BrokerTroubleError(f"{self._partition.topic} cannot be read up to {end}")
        return Positions(self._live, dict(self._fillings))

    def close(self) -> None:
        """Idempotent."""
        self._consumer.close()
        self._ends.close()

    def _take(self, key: str, value: bytes | None) -> None:
        if value is None:
            return
        said = orjson.loads(value)
        for what in ("cluster", "prefix"):
            stored, here = said["origin"][what], getattr(self.origin, what)
            if stored != here:
                raise ClusterDiffersError(what, stored, here)
        if key == _LIVE:
            places = {name: _place(each) for name, each in said["places"].items()}
            self._live = Live(UUID(said["relay"]), datetime.fromisoformat(said["at"]), places)
        elif key.startswith(_FILLING):
            each = said["filling"]
            self._fillings[each["into"]] = Filling(
                each["source"],
                each["into"],
                datetime.fromisoformat(each["at"]),
                _place(each["place"]),
                bool(each["ended"]),
            )


def _place(said: dict[str, Any]) -> Place:
    event_id = said["event_id"]
    return Place(said["topic_id"], said["position"], UUID(event_id) if event_id else None)
