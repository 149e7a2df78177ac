"""The one loop behind every consumer: polls, reads in batches, leaves what fails alone for a while."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import psycopg
import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, LogTruncationError, OffsetOutOfRangeError

from application.clock import Clock, utc_now
from application.database import Database
from application.incoming.dead_letters import KEPT_FOR, erase_settled
from application.incoming.positions import OffsetMovedError, PauseReason, Place
from application.incoming.raw import MessageSeal
from consumers.batch import BatchReader, Limits, is_outage
from consumers.broker import FETCHED, Rebalance, TopicLook, close, connected, incoming, is_member
from consumers.handler import Handler
from consumers.partition import Partition, back_off
from consumers.placing import Places, Reach
from consumers.poison import DeadLetterTopic
from consumers.problems import ConsumerStoppedError, PoisonFloodError

REPORT_SECONDS = 2.0
_POLL_MS = 250
_JOIN_MS = 2_000
"""Without partitions there is nothing else to do: a join that is cut short by each poll may never end."""

_JOINED_SECONDS = 60.0
"""Who was no member for so long is stuck, and joins anew as somebody else."""
_ERASE_SECONDS = 3600.0

log = structlog.get_logger(__name__)


def _named(error: Exception) -> dict[str, str]:
    """The kind of an error and the line of code: its words may repeat what the message says."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "error": type(error).__name__,
        "at": " < ".join(f"{Path(each.filename).name}:{each.lineno}" for each in reversed(frames[-4:])),
    }


@dataclass(frozen=True, slots=True)
class Installation:
    """Where a consumer reads, and where it writes. Topics and groups get the prefix.

    `client` is what every client of Kafka is made with; `consumer` what members of groups get beside.
    """

    client: Mapping[str, Any]
    prefix: str
    database: Database
    seal: MessageSeal
    limits: Limits = field(default_factory=Limits)
    clock: Clock = utc_now
    fetched: int = FETCHED
    consumer: Mapping[str, Any] = field(default_factory=dict)


class ConsumerLoop[T]:
    """One handler's member of its consumer group. `run` is called once, by one thread.

    Each partition stands by itself: one that fails is paused, for a growing, jittered while, and the others
    go on. A partition is read only after its stored offset was looked up; Kafka's own offsets are never used.
    """

    def __init__(self, handler: Handler[T], at: Installation) -> None:
        self.topic = handler.topic
        self._group = handler.group
        self._at = at
        self._name = f"{at.prefix}{handler.topic}"
        self._dead_letters = DeadLetterTopic(at.client, at.prefix, handler.topic)
        self._reader = BatchReader(handler, at.database, at.seal, self._dead_letters, at.limits, at.clock)
        self._places = Places(at.database, at.clock)
        self._look = TopicLook(at.client)
        self._partitions: dict[TopicPartition, Partition] = {}
        self._report_at = 0.0
        self._erase_at = 0.0
        self._failures = 0
        self._member_at = 0.0
        self._log = log.bind(topic=handler.topic)

    def run(self, stopping: Event) -> None:
        """Read until told to stop, then finish the batch in hand and leave the group.

        Raises DeadLetterWriteError and PoisonFloodError; what was committed before stands.
        """
        consumer: KafkaConsumer | None = None
        try:
            while not stopping.is_set():
                try:
                    consumer = consumer or self._subscribed()
                    self._turn(consumer, stopping)
                    consumer = self._still_member(consumer)
                except (KafkaError, OSError) as error:
                    self._wait_for_broker(error, stopping)
        except ConsumerStoppedError as error:
            self._log.error("consumer_stopped", error=str(error))
            flood = isinstance(error, PoisonFloodError)
            reason = PauseReason.POISON if flood else PauseReason.DEAD_LETTERS
            self._tell(self._partitions.values(), stop=(reason, str(error)))
            raise
        finally:
            self._leave(consumer)

    def lags(self) -> dict[int, int]:
        """Offsets still to be read, by partition; of any thread."""
        found = {}
        for each in list(self._partitions.values()):
            standing = each.standing
            if standing is not None and standing.next_offset is not None and each.end_offset is not None:
                found[each.place.partition] = max(0, each.end_offset - standing.next_offset)
        return found

    def paused(self) -> int:
        """How many partitions are left alone for now; of any thread."""
        return sum(each.hold is not None for each in list(self._partitions.values()))

    def _subscribed(self) -> KafkaConsumer:
        group = f"{self._at.prefix}{self._group}"
        consumer = connected(self._at.client, group, fetched=self._at.fetched, **self._at.consumer)
        listener = Rebalance(self._assigned(consumer), self._revoked)
        consumer.subscribe([self._name], listener=listener)
        self._member_at = time.monotonic()
        self._log.info("consumer_started", group=group)
        return consumer

    def _still_member(self, consumer: KafkaConsumer) -> KafkaConsumer | None:
        """The consumer, unless it has been outside its group for long: None then, and it is closed."""
        now = time.monotonic()
        if is_member(consumer):
            self._member_at = now
        elif now - self._member_at > _JOINED_SECONDS:
            self._log.warning("member_stuck", seconds=round(now - self._member_at))
            self._partitions.clear()
            self._member_at = now
            close(consumer)
            return None
        return consumer

    def _assigned(self, consumer: KafkaConsumer) -> Callable[[Sequence[TopicPartition]], None]:
        def assigned(partitions: Sequence[TopicPartition]) -> None:
            for at in partitions:
                self._partitions[at] = Partition(Place(self._group, self.topic, at.partition))
                # Without a position Kafka would be asked for one; nothing is read before it is looked up.
                consumer.pause(at)
                consumer.seek(at, 0)

        return assigned

    def _revoked(self, partitions: Sequence[TopicPartition]) -> None:
        for at in partitions:
            self._partitions.pop(at, None)

    def _turn(self, consumer: KafkaConsumer, stopping: Event) -> None:
        self._look_up_due(consumer)
        try:
            patience = _POLL_MS if self._partitions else _JOIN_MS
            polled: dict[TopicPartition, list[Any]] = consumer.poll(timeout_ms=patience)
        except (OffsetOutOfRangeError, LogTruncationError):
            self._put_back(consumer, self._partitions)  # which one it is, and why, is told by the look-up
            return
        self._failures = 0
        while polled and not stopping.is_set():
            at, records = polled.popitem()
            if not self._read(consumer, at, self._partitions.get(at), records):
                break
        self._put_back(consumer, polled)
        if time.monotonic() >= self._report_at:
            self._report(consumer)

    def _look_up_due(self, consumer: KafkaConsumer) -> None:
        now = time.monotonic()
        due = {at: partition for at, partition in self._partitions.items() if partition.is_due(now)}
        topic_id = self._look.id_of(self._name) if due else None
        if topic_id is None:
            return
        begins, ends = consumer.beginning_offsets(list(due)), consumer.end_offsets(list(due))
        try:
            self._places.look_up([(due[at], Reach(topic_id, begins[at], ends[at])) for at in due])
        except (OffsetMovedError, psycopg.Error) as error:
            for at, partition in due.items():
                self._hold(consumer, at, partition, PauseReason.DEPENDENCY, type(error).__name__)
            return
        for at, partition in due.items():
            if partition.standing is not None:
                consumer.seek(at, partition.standing.next_offset)
                consumer.resume(at)
            else:
                self._log_hold(partition)
        self._tell(due.values())

    def _read(
        self,
        consumer: KafkaConsumer,
        at: TopicPartition,
        partition: Partition | None,
        records: Sequence[Any],
    ) -> bool:
        """Whether the next partition's messages are worth a try: not while the database is away."""
        if partition is None or partition.standing is None:
            return True
        try:
            self._reader.read(partition, [incoming(record) for record in records])
        except ConsumerStoppedError:
            raise
        except OffsetMovedError:
            self._log.warning("batch_thrown_away", partition=at.partition, first=records[0].offset)
            self._put_back(consumer, [at])
        except Exception as error:
            outage = is_outage(error)
            if not outage:
                self._log.error("message_failed", partition=at.partition, **_named(error))
            reason = PauseReason.DEPENDENCY if outage else PauseReason.FAILING
            self._hold(consumer, at, partition, reason, type(error).__name__)
            if not outage:
                self._tell([partition])
            return not outage
        return True

    def _put_back(self, consumer: KafkaConsumer, partitions: Iterable[TopicPartition]) -> None:
        """What was fetched of them is read again, from where their stored offsets say."""
        for at in partitions:
            if at in self._partitions:
                self._partitions[at].standing = None
                consumer.pause(at)

    def _hold(
        self, consumer: KafkaConsumer, at: TopicPartition, partition: Partition, reason: PauseReason, why: str
    ) -> None:
        partition.fail(reason, why, time.monotonic())
        consumer.pause(at)
        self._log_hold(partition)

    def _log_hold(self, partition: Partition) -> None:
        hold = partition.hold
        if hold is not None:
            self._log.warning(
                "partition_paused",
                partition=partition.place.partition,
                reason=hold.reason.value,
                detail=hold.detail,
                attempts=partition.attempts,
                seconds=round(hold.seconds, 1),
            )

    def _report(self, consumer: KafkaConsumer) -> None:
        """Say how far each partition reaches, go past what is no message, see that the topic is the same."""
        self._report_at = time.monotonic() + REPORT_SECONDS
        topic_id = self._look.id_of(self._name)
        ends = consumer.end_offsets(list(self._partitions)) if self._partitions else {}
        for at, partition in self._partitions.items():
            partition.end_offset = ends.get(at, partition.end_offset)
            if topic_id is not None and partition.topic_id not in (None, topic_id):
                self._put_back(consumer, [at])
        with suppress(psycopg.Error):  # who is away is told by the next batch or look-up
            self._places.pass_markers(
                (partition, consumer.position(at, timeout_ms=0) or 0)
                for at, partition in self._partitions.items()
                if partition.standing is not None
            )
            self._places.tell(self._partitions.values())
            self._erase_old()

    def _erase_old(self) -> None:
        if time.monotonic() < self._erase_at:
            return
        now = self._at.clock()
        with self._at.database.connection() as connection:
            erase_settled(connection, now - KEPT_FOR, now)
        self._erase_at = time.monotonic() + _ERASE_SECONDS

    def _tell(self, partitions: Iterable[Partition], stop: tuple[PauseReason, str] | None = None) -> None:
        with suppress(psycopg.Error):
            self._places.tell(partitions, stop)

    def _wait_for_broker(self, error: Exception, stopping: Event) -> None:
        self._failures += 1
        seconds = back_off(self._failures)
        self._log.warning(
            "broker_failed", error=f"{type(error).__name__}: {error}", seconds=round(seconds, 1)
        )
        self._look.close()
        stopping.wait(seconds)

    def _leave(self, consumer: KafkaConsumer | None) -> None:
        if consumer is not None:
            close(consumer)
        with suppress(KafkaError, OSError):
            self._look.close()
        self._dead_letters.close()
        self._log.info("consumer_left")
