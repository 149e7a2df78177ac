"""The one fact of a reading of personal data: who looked at whose (LGPD art. 37, register of operations)."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from domain.kernel import DomainEvent


class PersonalDataRead(DomainEvent):
    """What facts say of a person was shown to the actor. Each reading is a stream of its own.

    `subject_id` is the customer or user, `event_ids` the facts that were opened and `fields` the names of
    what they hold of the person, as the release that showed them knew it. `reason` is what the reader gave
    for it, empty if nothing was asked; it is kept for ever and names nobody.
    """

    TOPIC: ClassVar[str] = "personal_data.read.v1"
    subject_id: UUID
    event_ids: tuple[UUID, ...] = Field(min_length=1)
    fields: tuple[str, ...] = Field(min_length=1)
    surface: Literal["page", "api", "command"]
    reason: str


class MessageRead(DomainEvent):
    """What an incoming message says was shown to the actor, after it had been set aside.

    Whom it names nobody knows before it is read, so it is on the record as a reading of personal data,
    whatever it held. Each reading is a stream of its own. `reason` as above.
    """

    TOPIC: ClassVar[str] = "personal_data.message_read.v1"
    dead_letter_id: UUID
    message_topic: str
    surface: Literal["page", "api", "command"]
    reason: str
