"""eventsourcing's own Postgres recorder and event store, the ones that our ratios are against."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import orjson
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import EventStore, Mapper, StoredEvent, Transcoder
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.utils import get_topic, resolve_topic
from psycopg.conninfo import conninfo_to_dict

from domain.kernel import DomainEvent


def library_recorder(url: str, pool: int) -> tuple[PostgresDatastore, PostgresApplicationRecorder]:
    """The recorder as the library sets it up, with a pool of its own; the caller closes the datastore."""
    parts = conninfo_to_dict(url)
    datastore = PostgresDatastore(
        dbname=str(parts["dbname"]),
        host=str(parts["host"]),
        port=str(parts.get("port") or 5432),
        user=str(parts["user"]),
        password=str(parts.get("password") or ""),
        pool_size=pool,
    )
    recorder = PostgresApplicationRecorder(datastore)
    recorder.create_table()
    return datastore, recorder


def library_store(recorder: PostgresApplicationRecorder) -> EventStore[UUID]:
    """The library's event store for pydantic events, as its documentation builds one."""
    return EventStore(library_mapper(), recorder)


def library_mapper() -> Mapper[UUID]:
    """Between pydantic events and stored ones, as the library's documentation has it."""
    return _PydanticMapper(_OrjsonTranscoder())


class _OrjsonTranscoder(Transcoder):
    def encode(self, obj: Any) -> bytes:
        return orjson.dumps(obj)

    def decode(self, data: bytes) -> Any:
        return orjson.loads(data)


class _PydanticMapper(Mapper[UUID]):
    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        state = cast(DomainEvent, domain_event).model_dump(mode="json")
        return StoredEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=get_topic(type(domain_event)),
            state=self.transcoder.encode(state),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        cls = cast(type[DomainEvent], resolve_topic(stored_event.topic))
        return cls.model_validate(self.transcoder.decode(stored_event.state))
