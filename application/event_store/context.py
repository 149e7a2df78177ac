"""Who recorded a fact and why: what every fact of one command shares."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Context:
    """`actor` is a user's id, or the name of the process that acted by itself.

    `correlation_id` is the same for everything that one request, message or run led to;
    `causation_id` is the event_id of the fact that led to this command, where one did.
    """

    actor: str
    correlation_id: UUID
    causation_id: UUID | None = None
