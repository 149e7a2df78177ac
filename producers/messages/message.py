"""A public message: a CloudEvents 1.0 envelope in structured JSON, made in microseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import orjson

from application.event_store.reading import RecordedEvent

DEFAULT_SOURCE = "urn:lastro"
CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
HEADERS: tuple[tuple[str, bytes], ...] = (("content-type", CONTENT_TYPE.encode()),)

_OPTIONS = orjson.OPT_UTC_Z


@dataclass(frozen=True, slots=True)
class Message:
    """What goes into one record of a topic, whose prefix is the relay's to put before it.

    `value` None is a tombstone: the key's earlier messages are to be forgotten. `type`, `id`, `company_id`
    and `position` are those of the envelope, so that nobody has to parse it again.
    """

    topic: str
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    type: str
    id: UUID
    company_id: UUID | None
    position: int


def dataschema(message_type: str) -> str:
    """The URI that names the schema of a message's `data`; it is the schema's own `$id`."""
    return f"urn:lastro:schema:{message_type}"


def enveloped(
    event: RecordedEvent,
    topic: str,
    message_type: str,
    data: Mapping[str, Any],
    source: str,
    personal: tuple[str, ...] = (),
) -> Message:
    """The message of one fact. A message with personal data has an id of its own beside the fact's."""
    id = uuid5(event.event_id, message_type) if personal else event.event_id
    subject = str(event.stream_id)
    envelope: dict[str, Any] = {
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": message_type,
        "subject": subject,
        "time": _utc(event.occurred_at),
        "datacontenttype": "application/json",
        "dataschema": dataschema(message_type),
        "partitionkey": subject,
        "sequence": f"{event.position:020d}",
        "streamversion": event.version,
        "recordedat": _utc(event.recorded_at),
        "correlationid": event.correlation_id,
    }
    if event.company_id is not None:
        envelope["companyid"] = event.company_id
    if event.causation_id is not None:
        envelope["causationid"] = event.causation_id
    if personal:
        envelope["personaldata"] = ",".join(personal)
    envelope["data"] = data
    value = orjson.dumps(envelope, option=_OPTIONS)
    return Message(
        topic, subject.encode(), value, HEADERS, message_type, id, event.company_id, event.position
    )


def tombstone(event: RecordedEvent, topic: str, message_type: str) -> Message:
    """A null under the key of the fact's stream: whoever keeps its messages forgets them."""
    id = uuid5(event.event_id, message_type)
    key = str(event.stream_id).encode()
    return Message(topic, key, None, (), message_type, id, event.company_id, event.position)


def _utc(instant: datetime) -> datetime:
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)
