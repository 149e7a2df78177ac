"""eventsourcing's event store with bulk ways in and out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, cast
from uuid import UUID

from eventsourcing.persistence import EventStore

from application.database import Connection, Database
from application.event_store.append import COPY_FROM
from application.event_store.context import Context
from application.event_store.mapper import FactMapper, StoredFact
from application.event_store.reading import (
    select_newest,
    select_partly,
    select_streams,
    select_versions,
)
from application.event_store.recorder import Also, FactRecorder
from application.event_store.upcasters import UPCASTERS
from domain.kernel import DomainEvent


class FactStore(EventStore[UUID]):
    """Maps and records many events at a time; one at a time is the library's own way."""

    def __init__(self, mapper: FactMapper, recorder: FactRecorder, database: Database) -> None:
        super().__init__(mapper, recorder)
        self._facts = mapper
        self._log = recorder
        self._database = database

    def append(
        self, events: Sequence[DomainEvent], context: Context | Sequence[Context], also: Also | None = None
    ) -> int:
        """Record events in one transaction; see FactRecorder.append."""
        many = len(events) >= COPY_FROM
        facts = self._facts.pending(events) if many else self._facts.to_stored_events(events)
        return self._log.append(facts, context, _both(self._facts.guard(events), also))

    def prepare(self, events: Sequence[DomainEvent]) -> list[StoredFact]:
        """Events as they would be stored, their personal fields sealed."""
        return self._facts.to_stored_events(events)

    def append_prepared(self, facts: Sequence[StoredFact], context: Context, also: Also | None = None) -> int:
        """Record facts that `prepare` made; see FactRecorder.append."""
        return self._log.append(facts, context, also)

    def streams(self, ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
        """The events of many streams in one query (and one for keys, where personal data is read)."""
        with self._database.autocommit() as connection:
            facts = select_streams(connection, ids)
        events = self._facts.to_domain_events(facts)
        return {stream: list(group) for stream, group in groupby(events, key=attrgetter("originator_id"))}

    def partly(self, ids: Sequence[UUID], topics: Sequence[str]) -> tuple[list[StoredFact], dict[UUID, int]]:
        """The facts of some topics as they are stored, those of older versions among them, by stream and
        version, and the streams' last versions."""
        stored = [name for topic in topics for name in UPCASTERS.sources(topic)]
        with self._database.autocommit() as connection:
            return select_partly(connection, ids, stored)

    def versions(self, ids: Sequence[UUID]) -> dict[UUID, int]:
        """The last version of each stream that has any."""
        with self._database.autocommit() as connection:
            return select_versions(connection, ids)

    def newest(self, ids: Sequence[UUID]) -> list[Any]:
        """The newest event of each stream that has any."""
        with self._database.autocommit() as connection:
            facts = select_newest(connection, ids)
        return self._facts.to_domain_events(facts)

    def opened(self, facts: Sequence[StoredFact]) -> list[DomainEvent]:
        """Stored facts as events; keys are read in one query."""
        return self._facts.to_domain_events(facts)


def _both(first: Also | None, then: Also | None) -> Also | None:
    if first is None or then is None:
        return first or then

    def both(connection: Connection) -> None:
        first(connection)
        then(connection)

    return both


def fact_store(mapper: object, recorder: object, database: Database) -> FactStore:
    """The store over the mapper and recorder that eventsourcing's application made."""
    return FactStore(cast(FactMapper, mapper), cast(FactRecorder, recorder), database)
