"""What every use case needs to write: who acts, in which correlation, and a retry for races."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from application.access import Principal
from application.app import ConcurrencyError, Context
from application.ids import new_id

_RETRIES = 10


def context_of(
    principal: Principal, correlation_id: UUID | None = None, causation_id: UUID | None = None
) -> Context:
    """Who acts; one correlation per command unless the command belongs to a larger one.

    `causation_id` is the event_id of the fact that this command follows from, where it is known.
    """
    return Context(principal.actor, correlation_id or new_id(), causation_id)


def retried[T](command: Callable[[], T]) -> T:
    """Load, decide and record again while others record in between; then raise `ConcurrencyError`.

    `command` must load what it decides on, each time it is called.
    """
    for _ in range(_RETRIES - 1):
        try:
            return command()
        except ConcurrencyError:
            continue
    return command()
