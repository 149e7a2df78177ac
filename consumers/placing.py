"""Looks up where partitions go on, refuses an offset that is not in the topic, and says how far one is."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from application.clock import Clock
from application.database import Connection, Database
from application.incoming.positions import (
    OffsetMovedError,
    PauseReason,
    Seen,
    Standing,
    move,
    note,
    take_up,
)
from consumers.partition import Partition


@dataclass(frozen=True, slots=True)
class Reach:
    """What a topic holds of a partition now. `topic_id` is Kafka's own: a topic made anew has another."""

    topic_id: UUID
    begin: int
    end: int


class Places:
    """The stored offsets of the partitions that one process reads."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._member = f"{socket.gethostname()}:{os.getpid()}"

    def look_up(self, reaches: Sequence[tuple[Partition, Reach]]) -> None:
        """Place these partitions, or hold those that cannot go on. All in one transaction.

        Raises psycopg's errors and OffsetMovedError: none of them is placed then.
        """
        now = time.monotonic()
        with self._database.connection() as connection:
            found = [(each, reach, self._found(connection, each, reach)) for each, reach in reaches]
        for partition, reach, (standing, trouble) in found:
            partition.end_offset = reach.end
            if trouble is not None:
                partition.fail(*trouble, now)
            else:
                partition.place_at(reach.topic_id, standing)

    def _found(
        self, connection: Connection, partition: Partition, reach: Reach
    ) -> tuple[Standing, tuple[PauseReason, str] | None]:
        stored = take_up(connection, partition.place)
        trouble = _trouble(stored, reach)
        if trouble is not None or (stored.next_offset is not None and stored.topic_id is not None):
            return stored, trouble
        at = reach.begin if stored.next_offset is None else stored.next_offset
        start = Standing(at, reach.topic_id, 0)
        move(connection, partition.place, stored.next_offset, start, self._clock())
        return start, None

    def pass_markers(self, reached: Iterable[tuple[Partition, int]]) -> None:
        """Go past offsets that hold no message: marks of transactions, and what was aborted.

        Raises psycopg's errors. Who was overtaken has to look up where to go on.
        """
        for partition, offset in reached:
            standing = partition.standing
            if standing is None or standing.next_offset is None or offset <= standing.next_offset:
                continue
            to = Standing(offset, standing.topic_id, standing.poison_in_a_row)
            try:
                with self._database.connection() as connection:
                    move(connection, partition.place, standing.next_offset, to, self._clock())
            except OffsetMovedError:
                partition.standing = None
            else:
                partition.standing = to

    def tell(self, partitions: Iterable[Partition], stop: tuple[PauseReason, str] | None = None) -> None:
        """Note how far each reaches and why it is not read. Raises psycopg's errors.

        Where somebody had it read anew meanwhile it has to be looked up.
        """
        now = self._clock()
        with self._database.connection() as connection:
            for each in partitions:
                stored = note(connection, each.place, self._seen(each, stop), now)
                if each.standing is not None and each.standing.next_offset != stored:
                    each.standing = None

    def _seen(self, partition: Partition, stop: tuple[PauseReason, str] | None) -> Seen:
        hold = partition.hold
        if hold is None:
            reason, detail = stop or (None, None)
            return Seen(self._member, partition.end_offset, reason, detail)
        retry_at = self._clock() + timedelta(seconds=max(0.0, hold.until - time.monotonic()))
        return Seen(
            self._member, partition.end_offset, hold.reason, hold.detail, retry_at, partition.attempts
        )


def _trouble(stored: Standing, reach: Reach) -> tuple[PauseReason, str] | None:
    """Why the stored offset is not one to go on from."""
    if stored.topic_id not in (None, reach.topic_id):
        return PauseReason.TOPIC_REMADE, (
            f"the topic was deleted and made anew: what was read up to offset {stored.next_offset} is not"
            f" what it holds now, from {reach.begin} to {reach.end}"
        )
    if stored.next_offset is None or reach.begin <= stored.next_offset <= reach.end:
        return None
    if stored.next_offset > reach.end:
        return PauseReason.OFFSET_LOST, (
            f"offset {stored.next_offset} is beyond the end of the topic, {reach.end}: it lost messages"
        )
    return PauseReason.OFFSET_LOST, (
        f"the messages from offset {stored.next_offset} to {reach.begin - 1} were deleted unread"
    )
