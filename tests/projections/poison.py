"""Models that cannot take some events of a history, and the same models once they are corrected."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from random import Random
from uuid import UUID

from application.database import Connection
from domain.kernel import DomainEvent
from projections.page import Page
from projections.projection import Projection, statements

type Place = tuple[UUID, int]
"""An event by its stream and version."""


class BadFactError(ValueError):
    """What a poisoned model raises."""


def poisoned(projection: Projection, places: Collection[Place], why: str = "bad fact") -> Projection:
    """The model, failing on these events as its own code would on what it does not expect."""

    def apply(connection: Connection, page: Page) -> None:
        for event in page.events(connection):
            if (event.stream_id, event.version) in places:
                raise BadFactError(why)
        if callable(projection.apply):
            projection.apply(connection, page)
            return
        for statement in statements(projection.apply):
            page.execute(connection, statement)

    return replace(projection, apply=apply)


def some_places(events: Iterable[DomainEvent], topics: Collection[str], seed: int, most: int) -> list[Place]:
    """Some of the events that a model wants, the births of streams among them."""
    wanted = [
        (event.originator_id, event.originator_version) for event in events if type(event).TOPIC in topics
    ]
    return Random(seed).sample(wanted, min(most, len(wanted) // 4))
