"""What a reaction to our own facts is told, and the contract that it keeps wherever it is told from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Notice:
    """That a fact was recorded, and not what it says: a reaction looks up in the log how things are now.

    `topic` is the fact's own, whoever tells of it.
    """

    position: int
    event_id: UUID
    stream_id: UUID
    version: int
    topic: str
    company_id: UUID | None


class Reaction(Protocol):
    """Does something because a fact was recorded. Told from the event table, or from our Kafka topics.

    Whoever tells it promises:
    * every fact of `topics` that is recorded after the reaction first began, at least once;
    * those of one stream in the order of their versions, but for repetitions;
    * one call at a time for each stream; calls for different streams may be under way at once;
    * nothing of what was recorded before: a new reaction does not act upon the past.

    `react` must:
    * bear repetition: a crash between its effect and the note that it was told tells it again, and so does a
      change of the source. Money and documents are guarded by ids that follow from the fact.
    * bear any order between streams, and that a later fact has already changed what this one is about.
    * deal by itself with what concerns one notice alone: a rule that says no is an outcome, and no error.

    It may block on the database, and on nothing else, for as long as its work takes. Whatever it raises means
    that the world is at fault: the same notices come again after a pause, and nothing else is told from there
    (from Kafka: in that partition) before they have been taken.
    """

    name: str
    """Stable: where it goes on is kept under this name."""

    topics: frozenset[str]
    """The facts it wants, by their newest topics."""

    def react(self, notices: Sequence[Notice]) -> None:
        """Act upon these facts, or find that nothing is to be done."""
