"""What a person does with messages that were set aside: looks, corrects, has them applied, discards them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, LiteralString, Protocol
from uuid import UUID

from psycopg.rows import class_row

from application.access import Principal
from application.app import Lastro
from application.audit import Surface
from application.clock import Clock
from application.database import Connection
from application.ids import new_id
from application.incoming.dead_letters import (
    DEAD_LETTER,
    DeadLetter,
    DeadLetterErasedError,
    DeadLetterSettledError,
    Kind,
    Reason,
    State,
    find,
    lock_open,
    settle,
)
from application.incoming.positions import REASON_LENGTH
from application.incoming.raw import LARGEST_KEPT, MessageSeal, RawMessage
from application.incoming.shown import Content, content_of, hidden_of
from application.incoming.telling import told
from application.unit_of_work import context_of
from domain.kernel import DomainError
from domain.personal_reading.reading import read_message
from domain.user.roles import Permission
from domain.values.text import required_text


class MessageUnreadableError(DomainError):
    """The message as corrected is still none of its topic's contract. Details: `problems`, of each its
    place, its kind and the limit that it passes."""


class MessageIdentityChangedError(DomainError):
    """A correction says the same thing rightly; another order or receipt is a message of its own, from its
    sender. Details: `was`, `now`."""


class MessageReplay(Protocol):
    """The consumers' own handlers, at hand for one message. Reads and writes the database, never Kafka."""

    def identity(self, topic: str, raw: RawMessage) -> str:
        """What its sender calls what the message is about. Raises MessageUnreadableError."""

    def replay(self, letter: DeadLetter, raw: RawMessage, by: str) -> Reason | None:
        """Apply the message as its consumer would; None, or why it stays set aside.

        Effect and end of being set aside are one transaction. Raises DeadLetterSettledError, and whatever
        is not the message's fault.
        """


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages. None and empty leave a question open; `source_id` is the beginning of one."""

    topic: str | None = None
    state: State | None = None
    kind: Kind | None = None
    code: str | None = None
    source_id: str = ""


@dataclass(frozen=True, slots=True)
class MessageCursor:
    """The last message of a page."""

    set_aside_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person wrote in place of a message, less what it says."""

    number: int
    corrected_by: str
    corrected_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class OpenedMessage:
    """`shown`: what it says is there, and the reading is recorded; otherwise what may be personal is hidden.

    `content` is what is to be applied, `original` what was sent where that is another; both None once erased.
    """

    letter: DeadLetter
    content: Content | None
    original: Content | None
    corrections: tuple[Correction, ...]
    shown: bool


class MessageDesk:
    """Takes OPERATE in every company; to see what a message says, READ_PERSONAL in every one, too."""

    def __init__(self, lastro: Lastro, clock: Clock, seal: MessageSeal, replays: MessageReplay) -> None:
        self._lastro = lastro
        self._database = lastro.database
        self._clock = clock
        self._seal = seal
        self._replays = replays

    def page(
        self, principal: Principal, asked: MessageFilter, limit: int, after: MessageCursor | None = None
    ) -> list[DeadLetter]:
        """The newest first."""
        principal.require_everywhere(Permission.OPERATE)
        conditions, values = _conditions(asked)
        if after is not None:
            conditions.append("(set_aside_at, dead_letter_id) < (%(at)s, %(id)s)")
            values |= {"at": after.set_aside_at, "id": after.id}
        query = f"{DEAD_LETTER} WHERE {' AND '.join(conditions)}"
        with (
            self._database.connection() as connection,
            connection.cursor(row_factory=class_row(DeadLetter)) as cursor,
        ):
            return cursor.execute(
                f"{query} ORDER BY set_aside_at DESC, dead_letter_id DESC LIMIT %(limit)s",
                {**values, "limit": limit},
            ).fetchall()

    def open_codes(self, principal: Principal) -> list[tuple[str, str, int]]:
        """How many messages wait for a person, by topic and code."""
        principal.require_everywhere(Permission.OPERATE)
        with self._database.connection() as connection:
            return connection.execute(
                "SELECT topic, code, count(*) FROM dead_letter WHERE state = 'open'"
                " GROUP BY 1, 2 ORDER BY 1, 2"
            ).fetchall()

    def open(self, principal: Principal, id: UUID) -> OpenedMessage:
        """One message, what may be personal hidden. Raises NotFoundError."""
        principal.require_everywhere(Permission.OPERATE)
        return self._opened(id, shown=False)

    def show(self, principal: Principal, id: UUID, surface: Surface, reason: str) -> OpenedMessage:
        """The same with all that it says; the reading is recorded first. Raises NotFoundError,
        PermissionMissingError, DeadLetterErasedError, TextInvalidError."""
        principal.require_everywhere(Permission.OPERATE)
        principal.require_everywhere(Permission.READ_PERSONAL)
        with self._database.connection() as connection:
            letter = find(connection, id)
        if not letter.is_kept:
            raise DeadLetterErasedError(id=id)
        fact = read_message(new_id(), id, letter.topic, surface, reason, self._clock())
        self._lastro.record(context_of(principal), fact)
        return self._opened(id, shown=True)

    def correct(self, principal: Principal, id: UUID, value: bytes, reason: str) -> None:
        """Put another value in the message's place, the original kept beside it. It is applied by `replay`.

        Raises NotFoundError, DeadLetterSettledError, MessageUnreadableError, MessageIdentityChangedError,
        TextInvalidError.
        """
        principal.require_everywhere(Permission.OPERATE)
        why = required_text(reason, "reason", REASON_LENGTH)
        if len(value) > LARGEST_KEPT:
            text = f"larger than {LARGEST_KEPT} bytes"
            raise MessageUnreadableError(text, problems=[("", "too_large", str(LARGEST_KEPT))])
        with self._database.connection() as connection:
            lock_open(connection, id)
            letter = find(connection, id)
            original = self._raw(connection, letter, corrected=False)
            corrected = RawMessage(None, (), value) if original is None else replace(original, value=value)
            now = self._replays.identity(letter.topic, corrected)
            # As it is kept: of a number that is a CPF nobody is told which one.
            if letter.source_id is not None and told(now) != letter.source_id:
                raise MessageIdentityChangedError(was=letter.source_id, now=now)
            connection.execute(
                "INSERT INTO dead_letter_correction"
                " (dead_letter_id, number, corrected_by, corrected_at, reason, sha256, sealed)"
                " SELECT %(id)s, coalesce(max(number), 0) + 1, %(by)s, %(now)s, %(why)s, %(sha)s, %(sealed)s"
                " FROM dead_letter_correction WHERE dead_letter_id = %(id)s",
                {
                    "id": id,
                    "by": principal.actor,
                    "now": self._clock(),
                    "why": why,
                    "sha": corrected.digest,
                    "sealed": self._seal.seal(id, corrected),
                },
            )

    def replay(self, principal: Principal, id: UUID) -> Reason | None:
        """Apply the message as it stands, corrected or not; None, or why it stays set aside.

        Raises NotFoundError, DeadLetterSettledError, DeadLetterErasedError.
        """
        principal.require_everywhere(Permission.OPERATE)
        with self._database.connection() as connection:
            letter = find(connection, id)
            raw = self._raw(connection, letter, corrected=True)
        if letter.state != "open":
            raise DeadLetterSettledError(id=id)
        if raw is None:
            raise DeadLetterErasedError(id=id)
        return self._replays.replay(letter, raw, principal.actor)

    def discard(self, principal: Principal, id: UUID, reason: str) -> None:
        """Nothing is to come of it. Raises NotFoundError, DeadLetterSettledError, TextInvalidError."""
        principal.require_everywhere(Permission.OPERATE)
        why = required_text(reason, "reason", REASON_LENGTH)
        with self._database.connection() as connection:
            find(connection, id)
            lock_open(connection, id)
            settle(connection, [id], "discarded", principal.actor, why, self._clock())

    def _opened(self, id: UUID, *, shown: bool) -> OpenedMessage:
        with self._database.connection() as connection:
            letter = find(connection, id)
            current = self._raw(connection, letter, corrected=True)
            original = self._raw(connection, letter, corrected=False) if letter.corrections else None
            corrections = _corrections(connection, id)
        told = content_of if shown else hidden_of
        return OpenedMessage(
            letter=letter,
            content=None if current is None else told(current),
            original=None if original is None else told(original),
            corrections=tuple(corrections),
            shown=shown,
        )

    def _raw(self, connection: Connection, letter: DeadLetter, *, corrected: bool) -> RawMessage | None:
        """What was sent, or what was last written in its place; None where it is not kept."""
        row = None
        if corrected and letter.corrections:
            row = connection.execute(
                "SELECT sealed FROM dead_letter_correction WHERE dead_letter_id = %s"
                " ORDER BY number DESC LIMIT 1",
                [letter.dead_letter_id],
            ).fetchone()
        if row is None:
            row = connection.execute(
                "SELECT sealed FROM dead_letter WHERE dead_letter_id = %s", [letter.dead_letter_id]
            ).fetchone()
        return None if row is None or row[0] is None else self._seal.open(letter.dead_letter_id, row[0])


def _conditions(asked: MessageFilter) -> tuple[list[LiteralString], dict[str, Any]]:
    conditions: list[LiteralString] = ["true"]
    if asked.topic is not None:
        conditions.append("topic = %(topic)s")
    if asked.state is not None:
        conditions.append("state = %(state)s")
    if asked.kind is not None:
        conditions.append("kind = %(kind)s")
    if asked.code is not None:
        conditions.append("code = %(code)s")
    if asked.source_id:
        conditions.append("starts_with(source_id, %(source_id)s)")
    values = {"topic": asked.topic, "state": asked.state, "kind": asked.kind, "code": asked.code}
    return conditions, {**values, "source_id": asked.source_id}


def _corrections(connection: Connection, id: UUID) -> Sequence[Correction]:
    with connection.cursor(row_factory=class_row(Correction)) as cursor:
        return cursor.execute(
            "SELECT number, corrected_by, corrected_at, reason FROM dead_letter_correction"
            " WHERE dead_letter_id = %s ORDER BY number",
            [id],
        ).fetchall()
