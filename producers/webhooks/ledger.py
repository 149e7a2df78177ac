"""Writes what became of each attempt: the log's row and the endpoint's place, in one transaction."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from application.clock import Clock
from application.database import Connection, Database
from application.ids import new_id
from application.webhooks.deliveries import Delivery, Kind, Outcome, note
from application.webhooks.places import Place
from producers.messages.catalogue import PUBLIC_TOPICS
from producers.messages.message import Message
from producers.webhooks.outbox import Sent
from producers.webhooks.schedule import pause, retry_after
from producers.webhooks.sending import Answer

_HERE: LiteralString = (
    " WHERE endpoint_id = %(endpoint)s AND generation = %(generation)s AND position = %(old)s"
)
_DELIVERED: LiteralString = (
    "UPDATE webhook_endpoint SET position = %(position)s, event_id = %(event)s, tries = 0,"
    " failing_since = NULL, next_attempt_at = NULL, head_position = NULL, head_event_id = NULL,"
    " head_message_id = NULL, head_type = NULL, last_status = %(status)s, last_reason = NULL,"
    " last_delivered_at = %(at)s"
)
_FAILED: LiteralString = (
    "UPDATE webhook_endpoint SET tries = %(tries)s, failing_since = %(since)s, next_attempt_at = %(next)s,"
    " head_position = %(head)s, head_event_id = %(event)s, head_message_id = %(message)s,"
    " head_type = %(type)s, last_status = %(status)s, last_reason = %(reason)s"
)
_ADVANCED: LiteralString = "UPDATE webhook_endpoint SET position = %(position)s, event_id = %(event)s"


class Ledger:
    """Blocks on the database. Each method answers the place as it is then, None if somebody moved it:
    what was sent was sent, but the endpoint goes on from where it was moved to."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def delivered(self, place: Place, fact: Sent, message: Message, answer: Answer) -> Place | None:
        """The message was taken over. The place moves with the last message of its fact."""
        now = self._clock()
        whole = message is fact.messages[-1]
        position, event_id = (fact.position, fact.event_id) if whole else (place.position, place.event_id)
        values = {"position": position, "event": event_id, "status": answer.status, "at": now}
        attempt = _delivery(place, message, answer, "delivered", place.tries + 1, now, None)
        with self._database.connection() as connection:
            note(connection, attempt)
            if not _moved(connection, _DELIVERED, place, values):
                return None
        return replace(_fresh(place), position=position, event_id=event_id, last_delivered_at=now)

    def failed(
        self, place: Place, fact: Sent, message: Message, answer: Answer, *, last: bool
    ) -> Place | None:
        """It was not. When it is tried again is in the place; not at all after the `last` attempt."""
        now = self._clock()
        tries = place.tries + 1
        asked = None if answer.retry_after is None else retry_after(answer.retry_after, now)
        spread = random.random()  # noqa: S311 - it spreads load and hides nothing
        following = None if last else now + pause(tries, spread, asked)
        since = place.failing_since or now
        attempt = _delivery(place, message, answer, "failed", tries, now, following)
        values = {
            "tries": tries,
            "since": since,
            "next": following,
            "head": fact.position,
            "event": fact.event_id,
            "message": message.id,
            "type": message.type,
            "status": answer.status,
            "reason": answer.reason,
        }
        with self._database.connection() as connection:
            note(connection, attempt)
            if not _moved(connection, _FAILED, place, values):
                return None
        return replace(
            place,
            tries=tries,
            failing_since=since,
            next_attempt_at=following,
            last_status=answer.status,
            last_reason=answer.reason,
        )

    def advanced(self, place: Place, end: tuple[int, UUID | None]) -> Place | None:
        """Everything up to there was looked through."""
        with self._database.connection() as connection:
            if not _moved(connection, _ADVANCED, place, {"position": end[0], "event": end[1]}):
                return None
        return replace(place, position=end[0], event_id=end[1])

    def pinged(self, place: Place, ping_id: UUID, message_type: str, answer: Answer) -> None:
        """What a ping came to; it is not tried again."""
        outcome: Outcome = "delivered" if answer.is_taken else "failed"
        now = self._clock()
        with self._database.connection() as connection:
            note(
                connection,
                _row(place.endpoint_id, "ping", ping_id, message_type, None, answer, outcome, 1, now, None),
            )
            connection.execute(
                "UPDATE webhook_endpoint SET ping_id = NULL WHERE endpoint_id = %s AND ping_id = %s",
                (place.endpoint_id, ping_id),
            )


def _moved(
    connection: Connection, statement: LiteralString, place: Place, values: Mapping[str, object]
) -> bool:
    here = {"endpoint": place.endpoint_id, "generation": place.generation, "old": place.position}
    return connection.execute(statement + _HERE, {**here, **values}).rowcount == 1


def _fresh(place: Place) -> Place:
    return replace(
        place,
        tries=0,
        failing_since=None,
        next_attempt_at=None,
        head_position=None,
        head_event_id=None,
        head_message_id=None,
        head_type=None,
    )


def _delivery(
    place: Place,
    message: Message,
    answer: Answer,
    outcome: Outcome,
    attempt: int,
    now: datetime,
    following: datetime | None,
) -> Delivery:
    if PUBLIC_TOPICS[message.topic].personal:
        # An answer may repeat what it was sent, and would outlive the person's key.
        answer = replace(answer, excerpt="")
    return _row(
        place.endpoint_id,
        "message",
        message.id,
        message.type,
        message.position,
        answer,
        outcome,
        attempt,
        now,
        following,
    )


def _row(
    endpoint_id: UUID,
    kind: Kind,
    message_id: UUID,
    message_type: str,
    position: int | None,
    answer: Answer,
    outcome: Outcome,
    attempt: int,
    now: datetime,
    following: datetime | None,
) -> Delivery:
    return Delivery(
        delivery_id=new_id(),
        endpoint_id=endpoint_id,
        kind=kind,
        message_id=message_id,
        message_type=message_type,
        position=position,
        attempt=attempt,
        outcome=outcome,
        status=answer.status,
        reason=answer.reason,
        latency_ms=answer.latency_ms,
        at=now - timedelta(milliseconds=answer.latency_ms),
        next_attempt_at=following,
        excerpt=answer.excerpt,
    )
