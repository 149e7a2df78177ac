"""A message that was set aside goes through its own handler again, with the identity that it always had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from application.app import ConcurrencyError
from application.clock import Clock
from application.database import Connection, Database
from application.incoming.dead_letters import (
    DeadLetter,
    DeadLetterSettledError,
    Reason,
    lock_open,
    note_attempt,
    settle,
)
from application.incoming.desk import MessageUnreadableError
from application.incoming.raw import RawMessage
from application.incoming.settling import Outcome
from consumers.handler import Handler, Incoming, PoisonMessageError
from domain.kernel import DomainError


class Replayer:
    """An `application.incoming.desk.MessageReplay` over the handlers of this installation."""

    def __init__(self, database: Database, handlers: Sequence[Handler[Any]], clock: Clock) -> None:
        self._database = database
        self._handlers = {handler.topic: handler for handler in handlers}
        self._clock = clock

    def identity(self, topic: str, raw: RawMessage) -> str:
        """What its sender calls it. Raises MessageUnreadableError."""
        handler = self._handlers[topic]
        try:
            return handler.source_id(handler.decode(_message(topic, raw)))
        except PoisonMessageError as error:
            raise MessageUnreadableError(str(error), problems=error.problems) from None

    def replay(self, letter: DeadLetter, raw: RawMessage, by: str) -> Reason | None:
        """Apply it and settle it in one transaction; None, or why it stays set aside."""
        handler = self._handlers[letter.topic]
        found: list[Reason] = []

        def settle_one(connection: Connection, outcomes: Sequence[Outcome]) -> None:
            found.clear()
            lock_open(connection, letter.dead_letter_id)
            (refusal,) = outcomes
            if refusal is None:
                settle(connection, [letter.dead_letter_id], "applied", by, None, self._clock())
            else:
                found.append(Reason.refused(refusal))
                note_attempt(connection, letter.dead_letter_id, found[0], self._clock())

        try:
            handler.apply([handler.decode(_message(letter.topic, raw, letter))], settle_one)
        except (ConcurrencyError, DeadLetterSettledError):
            raise
        except PoisonMessageError as error:
            return self._note(letter, Reason.poison(str(error), error.problems))
        except DomainError as error:
            return self._note(letter, Reason.refused(error))
        return found[0] if found else None

    def _note(self, letter: DeadLetter, reason: Reason) -> Reason:
        with self._database.connection() as connection:
            lock_open(connection, letter.dead_letter_id)
            note_attempt(connection, letter.dead_letter_id, reason, self._clock())
        return reason


def _message(topic: str, raw: RawMessage, letter: DeadLetter | None = None) -> Incoming:
    return Incoming(
        topic=topic,
        partition=letter.partition if letter else 0,
        offset=letter.message_offset if letter else 0,
        key=raw.key,
        value=raw.value,
        headers=raw.headers,
        sent_at=letter.sent_at if letter else None,
    )
