"""A stored fact without what is personal in it, as those may read it who hold no key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from application.event_store.plans import plan_of
from domain.kernel import EVENT_TYPES

_SEALED = "s1:"

PUBLIC_COLUMNS: LiteralString = (
    "position, event_id, stream_id, version, topic, company_id, actor, occurred_at,"
    " recorded_at, correlation_id, causation_id, release, state AS data"
)
"""What a `PublicEvent` is read from; its `data` still has to go through `public_state`."""


@dataclass(frozen=True, slots=True)
class PublicEvent:
    """One fact, as it was stored less what is personal: names, documents, contacts, payers."""

    position: int
    event_id: UUID
    stream_id: UUID
    version: int
    topic: str
    company_id: UUID | None
    actor: str
    occurred_at: datetime
    recorded_at: datetime
    correlation_id: UUID
    causation_id: UUID | None
    release: str
    data: dict[str, Any]


def public_state(topic: str, state: dict[str, Any]) -> dict[str, Any]:
    """The state less its personal fields (names, documents, contacts, payers) and whatever else is sealed."""
    kind = EVENT_TYPES.get(topic)
    personal = {field.name for field in plan_of(kind).personal} if kind else set()
    return {
        name: value
        for name, value in state.items()
        if name not in personal and not (isinstance(value, str) and value.startswith(_SEALED))
    }
