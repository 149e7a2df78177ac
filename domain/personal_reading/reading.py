"""Reading of personal data: recorded before it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from domain.kernel import first
from domain.personal_reading.events import MessageRead, PersonalDataRead
from domain.values.text import optional_text

REASON_LENGTH = 300


def read_personal_data(
    id: UUID,
    subject_id: UUID,
    event_ids: Sequence[UUID],
    fields: Iterable[str],
    surface: Literal["page", "api", "command"],
    reason: str,
    now: datetime,
    company_id: UUID | None,
) -> PersonalDataRead:
    """The fact to be recorded before anything is shown. Raises TextInvalidError for a reason too long."""
    return PersonalDataRead(
        **first(id, now, company_id),
        subject_id=subject_id,
        event_ids=tuple(event_ids),
        fields=tuple(sorted(set(fields))),
        surface=surface,
        reason=optional_text(reason, "reason", REASON_LENGTH) or "",
    )


def read_message(
    id: UUID,
    dead_letter_id: UUID,
    message_topic: str,
    surface: Literal["page", "api", "command"],
    reason: str,
    now: datetime,
) -> MessageRead:
    """The fact to be recorded before the message is shown. Raises TextInvalidError for a reason too long."""
    return MessageRead(
        **first(id, now),
        dead_letter_id=dead_letter_id,
        message_topic=message_topic,
        surface=surface,
        reason=optional_text(reason, "reason", REASON_LENGTH) or "",
    )
