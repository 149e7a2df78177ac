"""Who the customers of a chunk of facts are, after each fact: what the personal topic states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, get_args
from uuid import UUID

from application.app import Lastro
from application.event_store.reading import RecordedEvent
from application.event_store.upcasters import UPCASTERS
from domain.customer.customer import Customer, project
from domain.customer.events import CustomerEvent
from producers.messages.customers import STATING

type People = Mapping[UUID, Customer]
"""By event_id, the customer as that fact left them. Who was forgotten since is not there."""

NOBODY: People = MappingProxyType({})

_FACTS = tuple(fact.TOPIC for fact in get_args(CustomerEvent))


def people_of(lastro: Lastro, events: Iterable[RecordedEvent]) -> People:
    """The people that these facts speak of: one query for their streams, one for their keys.

    A person whose key is destroyed by now is left out whatever the facts once said.
    """
    stating = _stating()
    wanted = {event.event_id: event.stream_id for event in events if event.topic in stating}
    if not wanted:
        return NOBODY
    topics = [older for topic in _FACTS for older in UPCASTERS.sources(topic)]
    recorded = lastro.read_streams(list(set(wanted.values())), topics)
    return {
        event_id: customer
        for event_id, customer in _folded(lastro, recorded)
        if event_id in wanted and customer.name is not None
    }


def _stating() -> frozenset[str]:
    return frozenset(older for topic in STATING for older in UPCASTERS.sources(topic))


def _folded(lastro: Lastro, recorded: Sequence[RecordedEvent]) -> Iterable[tuple[UUID, Customer]]:
    states: dict[UUID, Customer | None] = {}
    events: list[Any] = list(lastro.opened(recorded))
    for each, event in zip(recorded, events, strict=True):
        state = project(states.get(each.stream_id), [event])
        states[each.stream_id] = state
        if state is not None:
            yield each.event_id, state
