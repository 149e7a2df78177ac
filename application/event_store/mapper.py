"""Between domain events and stored facts: stable topics, flat state, personal fields sealed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast, overload
from uuid import UUID

import orjson
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, StoredEvent, Transcoder

from application.database import Connection
from application.event_store.canonical import canonical_json
from application.event_store.errors import TopicUnknownError
from application.event_store.keys import Keyring
from application.event_store.plans import Plan, plan_of, state_of
from application.event_store.sealing import Sealer
from application.event_store.upcasters import upcast
from domain.kernel import EVENT_TYPES, DomainEvent


@dataclass(frozen=True, init=False)
class StoredFact(StoredEvent):
    """A stored event with the header that has columns of its own. `state` is canonical JSON."""

    originator_id: UUID
    occurred_at: datetime
    company_id: UUID | None

    def __init__(
        self,
        originator_id: UUID,
        originator_version: int,
        topic: str,
        state: bytes,
        occurred_at: datetime,
        company_id: UUID | None,
    ) -> None:
        # A dataclass's own way into a frozen instance takes three times as long, 100,000 times a batch.
        fields = self.__dict__
        fields["originator_id"] = originator_id
        fields["originator_version"] = originator_version
        fields["topic"] = topic
        fields["state"] = state
        fields["occurred_at"] = occurred_at
        fields["company_id"] = company_id


class FactMapper(Mapper[UUID]):
    """The mapper behind `MAPPER_TOPIC`. Reading and writing personal data needs its keyring."""

    def __init__(
        self,
        transcoder: Transcoder,
        compressor: object = None,
        cipher: object = None,
        *,
        keyring: Keyring,
    ) -> None:
        super().__init__(transcoder)
        self._sealer = Sealer(keyring)

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredFact:
        """One event; see `to_stored_events`."""
        return self.to_stored_events([cast(DomainEvent, domain_event)])[0]

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        """One fact; see `to_domain_events`."""
        event: DomainEventProtocol[UUID] = self.to_domain_events([cast(StoredFact, stored_event)])[0]
        return event

    def to_stored_events(self, events: Sequence[DomainEvent]) -> list[StoredFact]:
        """What is to be stored of these events; the keys they need are fetched or made in one go."""
        return list(self.pending(events))

    def pending(self, events: Sequence[DomainEvent]) -> Sequence[StoredFact]:
        """The same, each fact made when it is asked for: the server takes in one while we make the next."""
        keys = self._sealer.keys_for(events)
        seal = self._sealer.seal

        def stored(event: DomainEvent) -> StoredFact:
            plan = plan_of(type(event))
            state = state_of(event)
            if plan.personal:
                subject = getattr(event, plan.subject)
                seal(plan, state, subject, keys[subject])
            return StoredFact(
                event.originator_id,
                event.originator_version,
                plan.topic,
                canonical_json(state),
                event.occurred_at,
                event.company_id,
            )

        return _Pending(events, stored)

    def guard(self, events: Sequence[DomainEvent]) -> Callable[[Connection], None] | None:
        """See Sealer.guard."""
        return self._sealer.guard(events)

    def to_domain_events(self, facts: Sequence[StoredFact]) -> list[Any]:
        """The facts as the running code knows them: upcast, opened, validated; keys read in one query."""
        known = [_newest(fact) for fact in facts]
        self._sealer.open_many([(plan, state) for plan, _, state in known])
        return [validate(state) for _, validate, state in known]


class _Pending(Sequence[StoredFact]):
    """Facts made on the way out. Made again when asked again, as after a lost connection."""

    def __init__(self, events: Sequence[DomainEvent], make: Callable[[DomainEvent], StoredFact]) -> None:
        self._events = events
        self._make = make

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[StoredFact]:
        return map(self._make, self._events)

    @overload
    def __getitem__(self, index: int) -> StoredFact: ...
    @overload
    def __getitem__(self, index: slice) -> list[StoredFact]: ...
    def __getitem__(self, index: int | slice) -> StoredFact | list[StoredFact]:
        if isinstance(index, slice):
            return list(map(self._make, self._events[index]))
        return self._make(self._events[index])


def _newest(fact: StoredFact) -> tuple[Plan, Callable[[dict[str, Any]], Any], dict[str, Any]]:
    topic, state = upcast(fact.topic, orjson.loads(fact.state))
    cls = EVENT_TYPES.get(topic)
    if cls is None:
        raise TopicUnknownError(f"{topic} (stored as {fact.topic}) has no class and no upcaster")
    state["originator_id"] = fact.originator_id
    state["originator_version"] = fact.originator_version
    state["occurred_at"] = fact.occurred_at
    state["company_id"] = fact.company_id
    return plan_of(cls), cls.model_validate, state
