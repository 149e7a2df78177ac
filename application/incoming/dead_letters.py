"""Messages that were set aside: written in the transaction that passes them, kept until a person acts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, LiteralString
from uuid import UUID, uuid5

import orjson
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from application.app import NotFoundError
from application.database import Connection
from application.incoming.positions import Place
from application.incoming.raw import MessageSeal, RawMessage
from application.incoming.telling import told, told_details
from domain.kernel import DomainError

type Kind = Literal["poison", "refused"]
type State = Literal["open", "applied", "discarded"]

DEAD_LETTER: LiteralString = (
    "SELECT dead_letter_id, consumer_group, topic, partition, message_offset, kind, state, code, reason,"
    " details, source_id, sent_at, set_aside_at, attempts, tried_at, settled_at, settled_by, settled_reason,"
    " size, sha256, erased_at, sealed IS NOT NULL AS is_kept,"
    " (SELECT count(*) FROM dead_letter_correction AS c WHERE c.dead_letter_id = dead_letter.dead_letter_id)"
    " AS corrections FROM dead_letter"
)
"""What a `DeadLetter` is read from, up to its WHERE."""

_INSERT = """
INSERT INTO dead_letter (dead_letter_id, consumer_group, topic, partition, message_offset, topic_id, kind,
    code, reason, details, source_id, sent_at, set_aside_at, tried_at, size, sha256, sealed)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT ON CONSTRAINT dead_letter_place DO UPDATE SET tried_at = excluded.tried_at,
    attempts = dead_letter.attempts + 1 WHERE dead_letter.state = 'open'
"""


class DeadLetterSettledError(DomainError):
    """The message was applied or discarded meanwhile, and nothing is left to do with it."""


class DeadLetterErasedError(DomainError):
    """What the message said is not kept: it named a person who was forgotten, its time is over, or it was
    too large. Ask its sender to send it again."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a message was set aside: a stable code, a sentence in English, and facts that name nobody."""

    kind: Kind
    code: str
    text: str
    details: Mapping[str, Any]

    @classmethod
    def poison(cls, text: str, problems: Sequence[tuple[str, str, str]] = ()) -> Reason:
        """It can never be understood as it is. `problems`: place, kind and limit of each."""
        return cls("poison", "message_unreadable", told(text), told_details({"problems": problems}))

    @classmethod
    def refused(cls, error: DomainError) -> Reason:
        """It was understood, and a rule said no."""
        return cls("refused", error.code, told(str(error)), told_details(error.details))


@dataclass(frozen=True, slots=True)
class SetAside:
    """A message that is passed without effect."""

    place: Place
    offset: int
    topic_id: UUID
    raw: RawMessage
    sent_at: datetime | None
    source_id: str | None
    reason: Reason

    @property
    def id(self) -> UUID:
        """The same however often the message is read."""
        return dead_letter_id(self.place, self.topic_id, self.offset)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A row, without what the message says."""

    dead_letter_id: UUID
    consumer_group: str
    topic: str
    partition: int
    message_offset: int
    kind: Kind
    state: State
    code: str
    reason: str
    details: dict[str, Any]
    source_id: str | None
    sent_at: datetime | None
    set_aside_at: datetime
    attempts: int
    tried_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    settled_reason: str | None
    size: int
    sha256: bytes
    erased_at: datetime | None
    is_kept: bool
    corrections: int


def dead_letter_id(place: Place, topic_id: UUID, offset: int) -> UUID:
    """The id of what was read there, whether or not it was set aside."""
    return uuid5(topic_id, f"{place.group}/{place.partition}/{offset}")


def write(connection: Connection, seal: MessageSeal, letters: Sequence[SetAside], now: datetime) -> None:
    """Note messages in the transaction that passes them. What was settled before stays settled."""
    if not letters:
        return
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT, [_values(each, seal, now) for each in letters])


def settled_among(
    connection: Connection, place: Place, topic_id: UUID, first: int, last: int
) -> dict[int, State]:
    """What is known already of the messages between two offsets: read anew, these are not new."""
    rows = connection.execute(
        "SELECT message_offset, state FROM dead_letter WHERE consumer_group = %s AND topic = %s"
        " AND topic_id = %s AND partition = %s AND message_offset BETWEEN %s AND %s",
        (place.group, place.topic, topic_id, place.partition, first, last),
    )
    return dict(rows.fetchall())


def settle(
    connection: Connection, ids: Sequence[UUID], state: State, by: str, reason: str | None, now: datetime
) -> int:
    """Say what became of messages that were open, in the caller's transaction; how many of them were."""
    return connection.execute(
        "UPDATE dead_letter SET state = %s, settled_at = %s, settled_by = %s, settled_reason = %s,"
        " tried_at = %s WHERE dead_letter_id = ANY(%s) AND state = 'open'",
        (state, now, by, reason, now, list(ids)),
    ).rowcount


def note_attempt(connection: Connection, id: UUID, reason: Reason, now: datetime) -> None:
    """It was tried again and set aside again, perhaps for another reason."""
    connection.execute(
        "UPDATE dead_letter SET kind = %s, code = %s, reason = %s, details = %s, attempts = attempts + 1,"
        " tried_at = %s WHERE dead_letter_id = %s AND state = 'open'",
        (reason.kind, reason.code, reason.text, Jsonb(dict(reason.details), orjson.dumps), now, id),
    )


def poison_since(connection: Connection, group: str, since: datetime) -> int:
    """How many messages this group could not read since then."""
    row = connection.execute(
        "SELECT count(*) FROM dead_letter"
        " WHERE consumer_group = %s AND kind = 'poison' AND set_aside_at >= %s",
        (group, since),
    ).fetchone()
    assert row is not None
    count: int = row[0]
    return count


def find(connection: Connection, id: UUID) -> DeadLetter:
    """One row. Raises NotFoundError."""
    with connection.cursor(row_factory=class_row(DeadLetter)) as cursor:
        found = cursor.execute(f"{DEAD_LETTER} WHERE dead_letter_id = %s", [id]).fetchone()
    if found is None:
        raise NotFoundError(f"no message was set aside under {id}", id=id)
    return found


def lock_open(connection: Connection, id: UUID) -> None:
    """Keep others from settling it until the transaction ends. Raises DeadLetterSettledError."""
    row = connection.execute(
        "SELECT state FROM dead_letter WHERE dead_letter_id = %s FOR UPDATE", [id]
    ).fetchone()
    if row is None or row[0] != "open":
        raise DeadLetterSettledError(id=id)


def erase_settled(connection: Connection, before: datetime, now: datetime) -> int:
    """Delete what settled messages said, once nobody needs it any more; how many there were."""
    connection.execute(
        "UPDATE dead_letter_correction SET sealed = NULL WHERE sealed IS NOT NULL AND dead_letter_id IN"
        " (SELECT dead_letter_id FROM dead_letter WHERE settled_at < %s AND state <> 'open')",
        [before],
    )
    return connection.execute(
        "UPDATE dead_letter SET sealed = NULL, erased_at = %s"
        " WHERE sealed IS NOT NULL AND settled_at < %s AND state <> 'open'",
        (now, before),
    ).rowcount


KEPT_FOR = timedelta(days=30)
"""How long what a message said is kept after it was applied or discarded."""


def _values(letter: SetAside, seal: MessageSeal, now: datetime) -> tuple[Any, ...]:
    place, reason, raw = letter.place, letter.reason, letter.raw
    return (
        letter.id,
        place.group,
        place.topic,
        place.partition,
        letter.offset,
        letter.topic_id,
        reason.kind,
        reason.code,
        reason.text,
        Jsonb(dict(reason.details), orjson.dumps),
        None if letter.source_id is None else told(letter.source_id),
        letter.sent_at,
        now,
        now,
        raw.size,
        raw.digest,
        seal.seal(letter.id, raw),
    )
