"""The event-sourced application: records facts, loads aggregates, reads the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import EventStore, InfrastructureFactory
from eventsourcing.utils import Environment

from application.clock import Clock, utc_now
from application.database import Database
from application.event_store.context import Context
from application.event_store.errors import CommitUnknownError, ConcurrencyError, NotFoundError
from application.event_store.factory import ENVIRONMENT, FactFactory
from application.event_store.keys import Keyring, MasterKey
from application.event_store.mapper import StoredFact
from application.event_store.reading import RecordedEvent, read_log, read_streams, safe_position
from application.event_store.recorder import Also
from application.event_store.sealing import Sealer
from application.event_store.store import FactStore, fact_store
from application.event_store.wakeup import Waker
from domain.kernel import Aggregate, DomainEvent

__all__ = [
    "Also",
    "CommitUnknownError",
    "ConcurrencyError",
    "Context",
    "Lastro",
    "NotFoundError",
    "Project",
    "RecordedEvent",
    "StoredFact",
]

type Project[A: Aggregate] = Callable[[A | None, Iterable[Any]], A | None]
"""A fold made by `domain.kernel.projector`."""


class Lastro(Application[UUID]):
    """One per process, on a database that outlives it; safe to share between threads."""

    name = "lastro"
    env = ENVIRONMENT

    def __init__(self, database: Database, master_key: MasterKey, clock: Clock = utc_now) -> None:
        self.database = database
        self.keyring = Keyring(database, master_key)
        self._sealer = Sealer(self.keyring)
        self._clock = clock
        self._waker = Waker(database)
        super().__init__()

    def construct_factory(self, env: Environment) -> InfrastructureFactory:
        """The factory named by PERSISTENCE_MODULE, with our means."""
        factory = super().construct_factory(env)
        assert isinstance(factory, FactFactory)
        factory.furnish(self.database, self.keyring, self._waker, self._clock)
        return factory

    def construct_event_store(self) -> EventStore[UUID]:
        """The store over the mapper and the recorder that the factory made."""
        self._store: FactStore = fact_store(self.mapper, self.recorder, self.database)
        return self._store

    def record(self, context: Context, *events: DomainEvent, also: Also | None = None) -> int:
        """Record facts in one transaction and answer the position of the last one, 0 if there is none.

        `also` runs in the transaction before the facts are written, and runs again should the
        connection be lost. Raises ConcurrencyError when a stream has moved, what `also` raises, and
        ValueError for `also` without facts.
        """
        return self.record_batch(context, events, also)

    def record_batch(
        self, context: Context | Sequence[Context], events: Sequence[DomainEvent], also: Also | None = None
    ) -> int:
        """The same for thousands: COPY from twenty facts on, the keys they need in one query.

        `context` is one for all facts, or one for each.
        """
        return self._store.append(events, context, also)

    def require_remembered(self, events: Iterable[DomainEvent]) -> None:
        """Raise SubjectForgottenError if these facts say something of a person whose key was erased.

        Recording raises it too, for all facts of its transaction: a bulk command asks item by item.
        """
        self._sealer.require_remembered(events)

    def prepared(self, events: Sequence[DomainEvent]) -> list[StoredFact]:
        """Facts in the form in which they are stored, to be kept and recorded later or not at all."""
        return self._store.prepare(events)

    def record_prepared(self, context: Context, facts: Sequence[StoredFact], also: Also | None = None) -> int:
        """`record_batch` for facts that `prepared` made: nothing is validated or sealed again."""
        return self._store.append_prepared(facts, context, also)

    def load[A: Aggregate](self, project: Project[A], id: UUID) -> A:
        """An aggregate as it stands. Raises NotFoundError."""
        try:
            found: A = self.repository.get(id, projector_func=project)
        except AggregateNotFoundError:
            raise NotFoundError(f"nothing is recorded under {id}", id=id) from None
        return found

    def load_many[A: Aggregate](self, project: Project[A], ids: Iterable[UUID]) -> dict[UUID, A]:
        """Many aggregates in one query; ids without facts are left out."""
        streams = self._store.streams(list(ids))
        folded = {stream: project(None, events) for stream, events in streams.items()}
        return {stream: state for stream, state in folded.items() if state is not None}

    def load_last[A: Aggregate](self, project: Project[A], ids: Iterable[UUID]) -> dict[UUID, A]:
        """Like `load_many`, in constant time, for folds to which the newest fact of a stream says all."""
        newest = self._store.newest(list(ids))
        folded = {event.originator_id: project(None, [event]) for event in newest}
        return {stream: state for stream, state in folded.items() if state is not None}

    def partly(self, ids: Iterable[UUID], topics: Sequence[str]) -> tuple[list[StoredFact], dict[UUID, int]]:
        """The facts of some topics in many streams as they are stored, by stream and version, and the last
        version of each stream, in one query: for decisions that rest on a few facts of many."""
        return self._store.partly(list(ids), topics)

    def as_events(self, facts: Sequence[StoredFact]) -> list[DomainEvent]:
        """Stored facts as events: upcast, validated, opened."""
        return self._store.opened(facts)

    def versions(self, ids: Iterable[UUID]) -> dict[UUID, int]:
        """The last versions of those streams that have facts, in one query."""
        return self._store.versions(list(ids))

    def safe_position(self) -> int:
        """Up to where the log may be read now."""
        with self.database.autocommit() as connection:
            return safe_position(connection)

    def read(self, after: int, limit: int, topics: Sequence[str] | None = None) -> list[RecordedEvent]:
        """The next facts after a position as they were stored, in order; none is missed later."""
        with self.database.autocommit() as connection:
            return read_log(connection, after, limit, topics)

    def read_streams(self, ids: Sequence[UUID], topics: Sequence[str]) -> list[RecordedEvent]:
        """The facts of these topics in a few streams as they were stored, by position."""
        with self.database.autocommit() as connection:
            return read_streams(connection, ids, topics)

    def opened(self, recorded: Sequence[RecordedEvent]) -> list[DomainEvent]:
        """Stored facts as events: upcast, personal fields opened where their keys still exist."""
        return self._store.opened([event.stored() for event in recorded])

    def close(self) -> None:
        """Stop waking readers. The database stays open: it is the caller's."""
        super().close()
        self._waker.close()
