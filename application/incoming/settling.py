"""What a use case for incoming messages agrees on with whoever reads them: effect and offset go together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from application.app import Lastro
from application.database import Connection
from application.event_store.context import Context
from application.ids import named_id
from domain.kernel import DomainError, DomainEvent

_MESSAGES = UUID("0f2a6f3e-52a4-5c1e-9c39-7b1d6f2f9a51")

type Outcome = DomainError | None
"""What became of one item: why it was refused, or None when it took effect, now or before."""

type Settle = Callable[[Connection, Sequence[Outcome]], None]
"""Moves the offset and notes refusals, in the transaction of the effect.

It is called once per attempt with one outcome for each item, in their order. It may raise, and then the
transaction must come to nothing and the error must reach the caller as it is.
"""


def context_of_message(topic: str, message_id: str) -> Context:
    """The context of what one message led to: the same whenever and however often it is read."""
    return Context(f"kafka:{topic}", named_id(_MESSAGES, f"{topic}\0{message_id}"))


def record_settled(
    lastro: Lastro,
    contexts: Context | Sequence[Context],
    events: Sequence[DomainEvent],
    outcomes: Sequence[Outcome],
    settle: Settle,
) -> int:
    """Record the facts of a batch and settle it in one transaction; the last position, 0 without facts.

    `contexts` is one for all facts, or one for each. Raises ConcurrencyError, for the caller to decide anew,
    and what `settle` raises.
    """
    if events:
        return lastro.record_batch(contexts, events, also=lambda connection: settle(connection, outcomes))
    with lastro.database.connection() as connection:
        settle(connection, outcomes)
    return 0
