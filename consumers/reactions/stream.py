"""Tells a reaction of our own facts from a Kafka topic, as a consumer group of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
import structlog

from application.database import Database
from application.incoming.settling import Settle
from application.reactions.notice import Notice, Reaction
from consumers.handler import Incoming, PoisonMessageError
from domain.kernel import DomainError

log = structlog.get_logger(__name__)


class ReactionFailedError(Exception):
    """A reaction let a rule's refusal through, which it has to deal with by itself: a fault of the program.
    The partition waits, and nothing is lost."""


class ReactionHandler:
    """One reaction and one of our public topics, for the loop that reads them.

    `facts` says which fact each type of message in the topic tells of, for the facts that the reaction wants.
    Messages up to `since`, where the reaction began or was last told from the table, are passed over.
    """

    def __init__(
        self, reaction: Reaction, topic: str, facts: Mapping[str, str], since: int, database: Database
    ) -> None:
        self.topic = topic
        self.group = f"reaction.{reaction.name}"
        self._reaction = reaction
        self._facts = facts
        self._since = since
        self._database = database

    def decode(self, message: Incoming) -> tuple[Notice, ...]:
        """What the envelope says of the fact; nothing where it is not wanted, or not ours at all.

        Only the relay writes there. Whatever else is found has nothing to tell us, and is logged.
        """
        if message.value is None:
            return ()
        try:
            said = orjson.loads(message.value)
            fact = self._facts.get(said["type"])
            return () if fact is None else (_notice(fact, said),)
        except (ValueError, KeyError, TypeError, AttributeError):
            log.warning("foreign_message", topic=self.topic, partition=message.partition, at=message.offset)
            return ()

    def source_id(self, item: tuple[Notice, ...]) -> str:
        """The fact's own id; nothing for one that is not wanted."""
        return "".join(str(each.event_id) for each in item)

    def apply(self, items: Sequence[tuple[Notice, ...]], settle: Settle) -> None:
        """Tell the reaction, then note it. Raises what the reaction raises, but no refusal of a rule."""
        notices = [each for item in items for each in item if each.position > self._since]
        if notices:
            try:
                self._reaction.react(notices)
            except (DomainError, PoisonMessageError) as error:
                raise ReactionFailedError(f"{self._reaction.name}: {error}") from error
        with self._database.connection() as connection:
            settle(connection, [None] * len(items))


def _notice(fact: str, said: Mapping[str, Any]) -> Notice:
    company = said.get("companyid")
    return Notice(
        position=int(said["sequence"]),
        event_id=UUID(said["id"]),
        stream_id=UUID(said["subject"]),
        version=int(said["streamversion"]),
        topic=fact,
        company_id=None if company is None else UUID(company),
    )
