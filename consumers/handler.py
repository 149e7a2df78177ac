"""What the loop asks of a handler, and what it gives: the contract that every consumer keeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from application.incoming.settling import Settle


class Incoming(NamedTuple):
    """One message as Kafka holds it. `identity` is topic, partition and offset: what no sender chooses."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    sent_at: datetime | None


class Problem(NamedTuple):
    """What is wrong with one place of a message.

    `kind` is pydantic's type of error, or one of our own; `limit` what the contract asks for there: a number,
    or the values that it knows.
    """

    at: str
    kind: str
    limit: str


class PoisonMessageError(Exception):
    """No retry will ever make sense of this message: it is set aside, and a person has to look at it.

    The text names what is wrong and where, and repeats nothing of what the message says. `problems` are the
    same for people of another language: place, kind and limit of each.
    """

    def __init__(self, text: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(text)
        self.problems = tuple(problems)


class Handler[T](Protocol):
    """One incoming topic. Made once per process; called by one thread at a time, in this order:

    1. `decode(message)` for each message of a batch. It is pure and quick: it neither blocks nor looks
       anything up, and answers the same for the same message. It raises PoisonMessageError, and nothing else,
       for what can never be understood. That message is set aside alone.
    2. `apply(items, settle)` once for what could be decoded: messages of one partition, in the order of their
       offsets. It may block on the database, and on nothing else, for less than a minute.

    `apply` must:
    * bring about the effects of all items and call `settle` with their outcomes in ONE transaction. Nothing
      is left of it when it raises.
    * bear repetition: the same item arrives twice in a batch, again after a crash, and again when the topic
      is read from its beginning years later. An item whose effect is recorded already takes none, and its
      outcome is None. Identity is what the sender gave (an id of source and message), never the offset.
    * bear any order between keys. For one key the order is the topic's, but for an item that was set aside:
      it comes after its successors when a person has corrected it.
    * answer a refusal of one item as its outcome (a DomainError), and still apply the others. What no person
      could change by correcting the message or our data is not a refusal but no effect.
    * decide anew by itself when a stream has moved meanwhile (ConcurrencyError), a few times.

    `apply` may raise:
    * PoisonMessageError or DomainError: some item of this batch is at fault. The loop gives the items one by
      one then, and sets aside or notes the one that raises it alone.
    * anything else: the world is at fault, not the item. Nothing is committed, the partition is paused, and
      the same items come again later, for as long as it takes. So a bug in a handler stops a partition and
      loses nothing.
    """

    @property
    def topic(self) -> str:
        """As it is called without the prefix of an installation."""

    @property
    def group(self) -> str:
        """The consumer group, likewise."""

    def decode(self, message: Incoming) -> T:
        """The message as the use case takes it. Raises PoisonMessageError."""

    def source_id(self, item: T) -> str:
        """What the sender calls it, in its own form: the identity that a correction must not change."""

    def apply(self, items: Sequence[T], settle: Settle) -> None:
        """Effects, refusals and offset in one transaction."""
