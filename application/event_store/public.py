"""A stored fact without what is personal in it, as those may read it who hold no key."""

from __future__ import annotations

from typing import Any

from application.event_store.plans import plan_of
from domain.kernel import EVENT_TYPES

_SEALED = "s1:"


def public_state(topic: str, state: dict[str, Any]) -> dict[str, Any]:
    """The state less its personal fields (names, documents, contacts, payers) and whatever else is sealed."""
    kind = EVENT_TYPES.get(topic)
    personal = {field.name for field in plan_of(kind).personal} if kind else set()
    return {
        name: value
        for name, value in state.items()
        if name not in personal and not (isinstance(value, str) and value.startswith(_SEALED))
    }
