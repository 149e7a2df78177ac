"""Reads messages of one partition: effect, refusals and offset in one transaction, poison set aside first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from application.app import CommitUnknownError, ConcurrencyError
from application.clock import Clock
from application.database import Connection, Database
from application.incoming.dead_letters import (
    Reason,
    SetAside,
    State,
    dead_letter_id,
    poison_since,
    settle,
    settled_among,
    write,
)
from application.incoming.positions import OffsetMovedError, Standing, move
from application.incoming.raw import MessageSeal, RawMessage
from application.incoming.settling import Outcome
from application.ports import ReadModelBehindError
from consumers.decoding import source_id_said
from consumers.handler import Handler, Incoming, PoisonMessageError
from consumers.partition import Partition
from consumers.poison import DeadLetterTopic
from consumers.problems import ConsumerStoppedError, PoisonFloodError
from domain.kernel import DomainError

_MINUTE = timedelta(minutes=1)
_OUTAGES = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    CommitUnknownError,
    ReadModelBehindError,
    OSError,
)


class HandlerContractError(Exception):
    """A handler came back without having settled its batch: a fault of the program, not of a message."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many unreadable messages are set aside before the consumer stops and calls for a person."""

    in_a_row: int = 100
    per_minute: int = 300


class _Read(NamedTuple):
    """One message: understood (`item`), poison (`reason`), or known and settled before (neither)."""

    message: Incoming
    item: Any = None
    reason: Reason | None = None
    source_id: str | None = None
    was_open: bool = False


def is_outage(error: Exception) -> bool:
    """Whether a server did not answer, so that the next message would fare no better."""
    return isinstance(error, _OUTAGES)


class BatchReader[T]:
    """Reads for one handler. Not for several threads."""

    def __init__(
        self,
        handler: Handler[T],
        database: Database,
        seal: MessageSeal,
        topic: DeadLetterTopic,
        limits: Limits,
        clock: Clock,
    ) -> None:
        self._handler = handler
        self._database = database
        self._seal = seal
        self._topic = topic
        self._limits = limits
        self._clock = clock
        self._written: set[UUID] = set()

    def read(self, partition: Partition, messages: Sequence[Incoming]) -> None:
        """Take the next messages of a partition, all in one transaction or else one by one.

        `partition` has passed what was committed, also when this raises: OffsetMovedError, PoisonFloodError,
        DeadLetterWriteError, and whatever else stands in the way of the next message.
        """
        reads = self._looked_through(partition, messages)
        try:
            self._commit(partition, reads)
        except (OffsetMovedError, ConsumerStoppedError):
            raise
        except Exception as error:
            if is_outage(error):
                raise
            for each in reads:
                self._read_alone(partition, each)

    def _read_alone(self, partition: Partition, read: _Read) -> None:
        try:
            self._commit(partition, [read])
        except ConcurrencyError:
            raise
        except PoisonMessageError as error:
            self._commit(
                partition, [read._replace(item=None, reason=Reason.poison(str(error), error.problems))]
            )
        except DomainError as error:
            self._commit(partition, [read], refused=error)

    def _looked_through(self, partition: Partition, messages: Sequence[Incoming]) -> list[_Read]:
        topic_id = _known(partition.topic_id)
        with self._database.autocommit() as connection:
            before = settled_among(
                connection, partition.place, topic_id, messages[0].offset, messages[-1].offset
            )
        return [self._decoded(message, before.get(message.offset)) for message in messages]

    def _decoded(self, message: Incoming, before: State | None) -> _Read:
        if before in ("applied", "discarded"):
            return _Read(message)
        try:
            item = self._handler.decode(message)
        except PoisonMessageError as error:
            if before:  # open since it was read last: it is in the dead-letter topic already
                return _Read(message)
            reason = Reason.poison(str(error), error.problems)
            return _Read(message, reason=reason, source_id=source_id_said(message))
        return _Read(message, item, None, self._handler.source_id(item), was_open=before is not None)

    def _commit(
        self, partition: Partition, reads: Sequence[_Read], *, refused: DomainError | None = None
    ) -> None:
        """Pass these messages. `refused`: the one message among them is, and is not handed on again."""
        within, in_a_row = self._within_limits(partition, reads)
        if within:
            self._commit_all(partition, within, in_a_row, refused)
        if len(within) < len(reads):
            raise PoisonFloodError(" ".join((PoisonFloodError.__doc__ or "").split()))

    def _commit_all(
        self, partition: Partition, reads: Sequence[_Read], in_a_row: int, refused: DomainError | None
    ) -> None:
        standing, now = _placed(partition), self._clock()
        poison = [self._set_aside(partition, each, each.reason) for each in reads if each.reason]
        self._write(poison)
        understood = [each for each in reads if each.item is not None]
        to = Standing(reads[-1].message.offset + 1, partition.topic_id, in_a_row)
        settled = False

        def settle_batch(connection: Connection, outcomes: Sequence[Outcome]) -> None:
            nonlocal settled
            settled = True
            move(connection, partition.place, standing.next_offset, to, now)
            paired = list(zip(understood, outcomes, strict=True))
            refusals = [
                self._set_aside(partition, each, Reason.refused(error)) for each, error in paired if error
            ]
            write(connection, self._seal, [*poison, *refusals], now)
            applied = [
                dead_letter_id(partition.place, _known(partition.topic_id), each.message.offset)
                for each, error in paired
                if each.was_open and error is None
            ]
            if applied:
                settle(connection, applied, "applied", f"kafka:{self._handler.topic}", None, now)

        if understood and refused is None:
            self._handler.apply([each.item for each in understood], settle_batch)
        else:
            with self._database.connection() as connection:
                settle_batch(connection, [refused] * len(understood))
        if not settled:
            raise HandlerContractError(HandlerContractError.__doc__)
        self._written.clear()
        partition.passed(to)

    def _write(self, poison: Sequence[SetAside]) -> None:
        """To the topic, once, however often their transaction has to be tried."""
        new = [each for each in poison if each.id not in self._written]
        if new:
            self._topic.write(new)
            self._written.update(each.id for each in new)

    def _within_limits(self, partition: Partition, reads: Sequence[_Read]) -> tuple[list[_Read], int]:
        """As many of the messages as may pass, and how many in a row were poison after them."""
        in_a_row = _placed(partition).poison_in_a_row
        if not any(each.reason for each in reads):
            understood = any(each.item is not None for each in reads)
            return list(reads), 0 if understood else in_a_row
        left = self._left_of_this_minute(partition)
        for index, each in enumerate(reads):
            if each.reason is None:
                in_a_row = 0 if each.item is not None else in_a_row
            elif in_a_row >= self._limits.in_a_row or left <= 0:
                return list(reads[:index]), in_a_row
            else:
                in_a_row, left = in_a_row + 1, left - 1
        return list(reads), in_a_row

    def _left_of_this_minute(self, partition: Partition) -> int:
        with self._database.autocommit() as connection:
            seen = poison_since(connection, partition.place.group, self._clock() - _MINUTE)
        return self._limits.per_minute - seen

    def _set_aside(self, partition: Partition, read: _Read, reason: Reason) -> SetAside:
        message = read.message
        return SetAside(
            place=partition.place,
            offset=message.offset,
            topic_id=_known(partition.topic_id),
            raw=RawMessage(message.key, message.headers, message.value),
            sent_at=message.sent_at,
            source_id=read.source_id,
            reason=reason,
        )


def _known(topic_id: UUID | None) -> UUID:
    assert topic_id is not None, "a partition is placed before it is read"
    return topic_id


def _placed(partition: Partition) -> Standing:
    assert partition.standing is not None, "a partition is placed before it is read"
    return partition.standing
