"""The log as one endpoint reads it: the facts after its place, with the messages that it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from application.app import Lastro
from application.database import Connection
from application.event_store.reading import RecordedEvent, read_log, safe_position
from application.webhooks.places import Place, before
from domain.webhook.webhook import Webhook
from producers.messages.catalogue import messages_of
from producers.messages.message import Message
from producers.messages.people import People, people_of
from producers.webhooks.selection import fact_topics, wants


class LogDiffersError(Exception):
    """The log has another fact where this endpoint stands, or none: the database was restored from before."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A fact and its messages for this endpoint."""

    position: int
    event_id: UUID
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """`end` is the last fact that was looked through, where the place is once `facts` are delivered."""

    facts: tuple[Sent, ...]
    end: tuple[int, UUID | None]


class Outbox:
    """Reads pages of the log. Blocks on the database."""

    def __init__(self, lastro: Lastro, source: str, *, page_size: int = 200) -> None:
        self._lastro = lastro
        self._source = source
        self._page_size = page_size

    def page(self, webhook: Webhook, place: Place) -> Page:
        """What comes next. Raises LogDiffersError."""
        with self._lastro.database.autocommit() as connection:
            _require_known(connection, place)
            # Measured before the read: whatever is below it was there to be read.
            end = before(connection, safe_position(connection) + 1)
            events = read_log(connection, place.position, self._page_size, fact_topics(webhook))
        people = people_of(self._lastro, events)
        facts = tuple(self._sent(webhook, event, people) for event in events)
        if len(events) == self._page_size or (events and events[-1].position > end[0]):
            end = (events[-1].position, events[-1].event_id)
        return Page(
            tuple(fact for fact in facts if fact.messages),
            max(end, (place.position, place.event_id), key=_at),
        )

    def _sent(self, webhook: Webhook, event: RecordedEvent, people: People) -> Sent:
        messages = messages_of(event, people, self._source)
        return Sent(event.position, event.event_id, tuple(each for each in messages if wants(webhook, each)))


def _at(place: tuple[int, UUID | None]) -> int:
    return place[0]


def _require_known(connection: Connection, place: Place) -> None:
    if place.event_id is None:
        return
    row = connection.execute("SELECT event_id FROM event WHERE position = %s", (place.position,)).fetchone()
    if row is None or row[0] != place.event_id:
        raise LogDiffersError
