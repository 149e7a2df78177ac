"""Where each consumer group goes on: moved with the effect, and by whoever reads last only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from application.access import Principal
from application.app import NotFoundError
from application.clock import Clock
from application.database import Connection, Database
from domain.user.roles import Permission
from domain.values.text import required_text

REASON_LENGTH = 300

_COLUMNS: LiteralString = (
    "consumer_group, topic, partition, next_offset, topic_id, moved_at, poison_in_a_row, end_offset, member,"
    " seen_at, paused_reason, paused_detail, paused_since, retry_at, attempts, moved_by, moved_reason"
)
_MOVE = """
UPDATE consumer_offset SET next_offset = %(to)s, topic_id = %(topic_id)s, moved_at = %(now)s,
    poison_in_a_row = %(poison)s
WHERE consumer_group = %(group)s AND topic = %(topic)s AND partition = %(partition)s
    AND next_offset IS NOT DISTINCT FROM %(at)s
"""
_NOTE = """
UPDATE consumer_offset SET end_offset = coalesce(%(end)s, end_offset), member = %(member)s, seen_at = %(now)s,
    paused_reason = %(reason)s, paused_detail = %(detail)s,
    paused_since = CASE WHEN %(reason)s::text IS NULL THEN NULL ELSE coalesce(paused_since, %(now)s) END,
    retry_at = %(retry_at)s, attempts = %(attempts)s
WHERE consumer_group = %(group)s AND topic = %(topic)s AND partition = %(partition)s
RETURNING next_offset
"""


class OffsetMovedError(Exception):
    """Another consumer has read on here: this one's batch is thrown away, and it looks up where to go on."""


class PauseReason(StrEnum):
    """Why a partition is not being read."""

    DEPENDENCY = "dependency"
    FAILING = "failing"
    OFFSET_LOST = "offset_lost"
    TOPIC_REMADE = "topic_remade"
    POISON = "poison"
    DEAD_LETTERS = "dead_letters"


@dataclass(frozen=True, slots=True)
class Place:
    """One partition as a group reads it; the topic is named without an installation's prefix."""

    group: str
    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a group stands in a partition. `next_offset` None: it begins with what the topic holds."""

    next_offset: int | None
    topic_id: UUID | None
    poison_in_a_row: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What the consumer of a partition saw last, and why it does not read, if it does not."""

    member: str
    end_offset: int | None
    reason: PauseReason | None = None
    detail: str | None = None
    retry_at: datetime | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """A row of `consumer_offset`, as it is shown. `seen_at` None: no consumer has held the partition yet."""

    consumer_group: str
    topic: str
    partition: int
    next_offset: int | None
    topic_id: UUID | None
    moved_at: datetime | None
    poison_in_a_row: int
    end_offset: int | None
    member: str | None
    seen_at: datetime | None
    paused_reason: str | None
    paused_detail: str | None
    paused_since: datetime | None
    retry_at: datetime | None
    attempts: int
    moved_by: str | None
    moved_reason: str | None

    @property
    def lag(self) -> int | None:
        """Offsets still to be read, markers of transactions among them; None where the end is not known."""
        if self.end_offset is None or self.next_offset is None:
            return None
        return max(0, self.end_offset - self.next_offset)


def take_up(connection: Connection, place: Place) -> Standing:
    """Where to go on, from the beginning for a group that was never here. In the caller's transaction."""
    where = (place.group, place.topic, place.partition)
    connection.execute(
        "INSERT INTO consumer_offset (consumer_group, topic, partition) VALUES (%s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        where,
    )
    row = connection.execute(
        "SELECT next_offset, topic_id, poison_in_a_row FROM consumer_offset"
        " WHERE consumer_group = %s AND topic = %s AND partition = %s",
        where,
    ).fetchone()
    assert row is not None
    return Standing(*row)


def move(connection: Connection, place: Place, at: int | None, to: Standing, now: datetime) -> None:
    """Go on at another offset, in the transaction of the effect. Raises OffsetMovedError.

    `at` is where the caller believes to be: who was overtaken finds another offset there.
    """
    moved = connection.execute(
        _MOVE,
        {
            "at": at,
            "to": to.next_offset,
            "topic_id": to.topic_id,
            "poison": to.poison_in_a_row,
            "now": now,
            "group": place.group,
            "topic": place.topic,
            "partition": place.partition,
        },
    ).rowcount
    if moved == 0:
        raise OffsetMovedError(f"{place.topic}/{place.partition} was read on by another consumer")


def note(connection: Connection, place: Place, seen: Seen, now: datetime) -> int | None:
    """Say how far the partition reaches and whether it is being read; where the group goes on in it."""
    row = connection.execute(
        _NOTE,
        {
            "end": seen.end_offset,
            "member": seen.member,
            "reason": seen.reason,
            "detail": seen.detail,
            "retry_at": seen.retry_at,
            "attempts": seen.attempts,
            "now": now,
            "group": place.group,
            "topic": place.topic,
            "partition": place.partition,
        },
    ).fetchone()
    return None if row is None else row[0]


class Positions:
    """The table `consumer_offset` for people: to look, to read anew, to go on. Takes OPERATE everywhere."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def all(self, principal: Principal) -> list[Position]:
        """Every partition that was ever read, by topic."""
        principal.require_everywhere(Permission.OPERATE)
        return all_positions(self._database)

    def read_anew(
        self, principal: Principal, topic: str, partition: int | None, reason: str
    ) -> list[Position]:
        """Have a topic, or one partition, read from the beginning of what it holds.

        Effects are not repeated. It is also how a gap, or a topic that was made anew, is accepted. Raises
        NotFoundError.
        """
        return self._update(principal, topic, partition, reason, "next_offset = NULL, topic_id = NULL")

    def go_on(self, principal: Principal, topic: str, partition: int | None, reason: str) -> list[Position]:
        """Let a topic that stopped for too many unreadable messages go on where it stands."""
        return self._update(principal, topic, partition, reason, "next_offset = next_offset")

    def _update(
        self, principal: Principal, topic: str, partition: int | None, reason: str, what: LiteralString
    ) -> list[Position]:
        principal.require_everywhere(Permission.OPERATE)
        why = required_text(reason, "reason", REASON_LENGTH)
        with self._database.connection() as connection:
            changed = connection.execute(
                f"UPDATE consumer_offset SET {what}, poison_in_a_row = 0, moved_by = %(by)s,"  # noqa: S608
                " moved_reason = %(why)s, moved_at = %(now)s, paused_reason = NULL, paused_detail = NULL,"
                " paused_since = NULL, retry_at = NULL, attempts = 0"
                " WHERE topic = %(topic)s AND (%(partition)s::integer IS NULL OR partition = %(partition)s)",
                {
                    "by": principal.actor,
                    "why": why,
                    "now": self._clock(),
                    "topic": topic,
                    "partition": partition,
                },
            ).rowcount
        if changed == 0:
            raise NotFoundError("no consumer has read this topic and partition yet", topic=topic)
        return [
            each
            for each in all_positions(self._database)
            if each.topic == topic and partition in (None, each.partition)
        ]


def all_positions(database: Database) -> list[Position]:
    """The whole table: some ten rows for each topic."""
    with database.connection() as connection, connection.cursor(row_factory=class_row(Position)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM consumer_offset ORDER BY topic, consumer_group, partition"  # noqa: S608
        ).fetchall()


_WAITING = """
SELECT (SELECT count(*) FROM consumer_offset WHERE paused_reason IS NOT NULL AND paused_reason <> %s),
    (SELECT count(*) FROM (SELECT FROM dead_letter WHERE state = 'open' LIMIT %s) AS waiting)
"""


def waiting_for_a_person(database: Database, most: int = 1_000) -> tuple[int, int]:
    """How many partitions do not go on by themselves, and how many messages wait, counted up to `most`."""
    with database.connection() as connection:
        row = connection.execute(_WAITING, (PauseReason.DEPENDENCY, most)).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
