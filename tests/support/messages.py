"""What is published of messages: released schemas, examples, the AsyncAPI document, the tables of docs.

`python -m tests.support.messages` writes what is new: a first revision of a schema, or a further one where a
type got an optional field. A revision that is there is released and never edited; what would break a
subscriber is refused. Add a new type to SHA256SUMS only when its fields are meant to stay for ever.
"""

from __future__ import annotations

import hashlib
import re
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import orjson
from pydantic import BaseModel

from application.event_store.reading import RecordedEvent
from consumers.contracts.catalogue import INCOMING
from domain.customer.customer import Customer, project
from domain.kernel import EVENT_TYPES, HEADER_FIELDS
from producers.messages import customers
from producers.messages.asyncapi import DOCUMENT, DocumentedChannel, DocumentedMessage, document
from producers.messages.catalogue import MAPPINGS, PARTITIONS, PUBLIC_TOPICS, messages_of
from producers.messages.message import Message
from producers.messages.people import People
from producers.messages.schemas import ENVELOPE, Schema, envelope_schema, schema_of
from tests.support.compatibility import Direction, breaks, without_words

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "producers" / "schemas"
CHECKSUMS = SCHEMAS / "SHA256SUMS"
INTEGRATORS = ROOT / "docs" / "integrators.md"
SAMPLES = ROOT / "tests" / "contracts" / "events"

_IDS = UUID("7d0b3c52-9f0e-5b0e-8f7e-0c7b3e1f5a10")
_POSITION = 184_467


@dataclass(frozen=True, slots=True)
class Contract:
    """One message type, as the running code has it."""

    message_type: str
    topic: str
    direction: Direction
    payload: type[BaseModel]
    schema: Schema


def contracts() -> list[Contract]:
    """Every type that goes out or comes in, and the envelope of those that go out."""
    found = [Contract(ENVELOPE, "", "outgoing", BaseModel, envelope_schema())]
    sent = [(each.message_type, each.topic, each.payload, ()) for each in MAPPINGS.values()]
    for message_type, topic, payload, personal in (*sent, _PERSONAL):
        schema = schema_of(payload, message_type, topic, open_to_more=True, personal=personal)
        found.append(Contract(message_type, topic, "outgoing", payload, schema))
    for each in INCOMING:
        schema = schema_of(each.payload, each.message_type, each.topic, open_to_more=False)
        found.append(Contract(each.message_type, each.topic, "incoming", each.payload, schema))
    return found


_PERSONAL: tuple[str, str, type[BaseModel], tuple[str, ...]] = (
    customers.PERSONAL_TYPE,
    customers.PERSONAL_TOPIC,
    customers.CustomerPersonalDataStatedMessage,
    customers.PERSONAL_FIELDS,
)


def revisions(message_type: str) -> list[Path]:
    """The released schemas of a type, oldest first."""
    return sorted((SCHEMAS / message_type).glob("[0-9]*.json"), key=lambda file: int(file.stem))


def released(file: Path) -> Schema:
    """One released schema, or an example."""
    schema: Schema = orjson.loads(file.read_bytes())
    return schema


def problems(contract: Contract) -> list[str]:
    """What the running code would break of what was released of this type."""
    return [
        f"{contract.message_type} (revision {file.stem}): {each}"
        for file in revisions(contract.message_type)
        for each in breaks(released(file), contract.schema, contract.direction)
    ]


def is_released(contract: Contract) -> bool:
    """Whether the newest revision says what the running code says."""
    known = revisions(contract.message_type)
    return bool(known) and without_words(released(known[-1])) == without_words(contract.schema)


def recorded(sample: Path, position: int = _POSITION) -> RecordedEvent:
    """The fact of a sample as the event table might hold it; its ids and instants never change."""
    read: dict[str, Any] = orjson.loads(sample.read_bytes())
    topic = read.pop("topic")
    header = {name: read.pop(name) for name in HEADER_FIELDS}
    occurred_at = datetime.fromisoformat(header["occurred_at"])
    return RecordedEvent(
        position=position,
        stream_id=UUID(header["originator_id"]),
        version=header["originator_version"],
        topic=topic,
        state=read,
        event_id=uuid5(_IDS, topic),
        company_id=header["company_id"] and UUID(header["company_id"]),
        actor="system",
        occurred_at=occurred_at,
        recorded_at=occurred_at + timedelta(milliseconds=250),
        correlation_id=uuid5(_IDS, "correlation"),
        causation_id=None,
        release="1",
        digest=b"",
    )


def sampled_people() -> People:
    """Who the customer of the samples is, after each of their facts but the last ones."""
    people: dict[UUID, Customer] = {}
    state: Customer | None = None
    files = [SAMPLES / f"{topic}.json" for topic in customers.STATING]
    events = sorted((recorded(file) for file in files), key=lambda event: event.version)
    for event in events:
        header = {
            "originator_id": event.stream_id,
            "originator_version": event.version,
            "occurred_at": event.occurred_at,
            "company_id": None,
        }
        fact: Any = EVENT_TYPES[event.topic].model_validate({**event.state, **header})
        state = project(state, [fact])
        assert state is not None
        people[event.event_id] = state
    return people


def sampled_messages() -> list[Message]:
    """What the samples of all facts say in public."""
    people = sampled_people()
    return [
        message
        for sample in sorted(SAMPLES.glob("*.json"))
        for message in messages_of(recorded(sample), people)
    ]


def examples() -> dict[str, bytes]:
    """One whole message of each outgoing type, by type; of the personal one the fullest."""
    found: dict[str, bytes] = {}
    for message in sampled_messages():
        if message.value is not None and len(message.value) > len(found.get(message.type, b"")):
            found[message.type] = message.value
    return {name: _written(orjson.loads(value)) for name, value in found.items()}


def example_of(message_type: str) -> dict[str, Any]:
    """The committed example of a type."""
    return released(SCHEMAS / message_type / "example.json")


def asyncapi() -> bytes:
    """The document of the running code."""
    uuid_key = {"type": "string", "format": "uuid"}
    sent = [
        DocumentedChannel(
            topic.name,
            topic.title,
            "send",
            {**uuid_key, "description": "The aggregate, as `subject`"},
            _documented(topic.name),
            PARTITIONS,
            topic.config,
        )
        for topic in PUBLIC_TOPICS.values()
    ]
    taken = {
        each.topic: DocumentedChannel(
            each.topic,
            each.title,
            "receive",
            {"type": "string", "description": each.key},
            _documented(each.topic),
            group=each.group,
        )
        for each in INCOMING
    }
    return _written(document([*sent, *taken.values()]))


def _documented(topic: str) -> list[DocumentedMessage]:
    return [
        DocumentedMessage(each.message_type, each.schema, example_of(each.message_type))
        for each in contracts()
        if each.topic == topic
    ]


def _written(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def checksums() -> dict[str, str]:
    """SHA-256 of every revision, by its path below the folder."""
    return {
        str(file.relative_to(SCHEMAS)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(SCHEMAS.glob("*/[0-9]*.json"))
    }


def listed_checksums() -> dict[str, str]:
    """What SHA256SUMS says."""
    lines = CHECKSUMS.read_text().splitlines() if CHECKSUMS.exists() else []
    return {name: digest for digest, name in (line.split() for line in lines)}


def tables() -> dict[str, str]:
    """The generated parts of docs/integrators.md, by the name of their markers."""
    found = {}
    for topic in dict.fromkeys(each.topic for each in contracts() if each.topic):
        rows = ["| message | says | fields of `data` |", "|---|---|---|"]
        rows += [_row(each) for each in contracts() if each.topic == topic]
        found[topic] = "\n".join(rows)
    return found


def _row(contract: Contract) -> str:
    said = contract.schema["description"].replace("\n\n", " ")
    needed = set(contract.schema.get("required", ()))
    fields = [
        f"`{name}`" + ("" if name in needed else " (optional)") for name in contract.schema["properties"]
    ]
    return f"| `{contract.message_type}` | {said} | {', '.join(fields)} |"


def with_tables(text: str) -> str:
    """The page with its generated parts as they are now."""
    made = tables()

    def part(found: re.Match[str]) -> str:
        kind, name = found[1], found[2]
        inner = made[name] if kind == "messages" else _shown_example(name)
        return f"<!-- {kind} of {name} -->\n{inner}\n<!-- end -->"

    return re.sub(r"<!-- (messages|example) of (\S+) -->\n.*?<!-- end -->", part, text, flags=re.DOTALL)


def _shown_example(message_type: str) -> str:
    return f"```json\n{_written(example_of(message_type)).decode()}```"


def main() -> int:
    """Release what is new and write anew what follows from it."""
    refused = [each for contract in contracts() for each in problems(contract)]
    for each in refused:
        sys.stderr.write(f"{each}\n")
    if refused:
        return 1
    for contract in contracts():
        if not is_released(contract):
            number = len(revisions(contract.message_type)) + 1
            folder = SCHEMAS / contract.message_type
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number}.json").write_bytes(_written(contract.schema))
    for name, example in examples().items():
        (SCHEMAS / name / "example.json").write_bytes(example)
    sums = {**checksums(), **listed_checksums()}
    CHECKSUMS.write_text("".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())))
    DOCUMENT.write_bytes(asyncapi())
    if INTEGRATORS.exists():
        INTEGRATORS.write_text(with_tables(INTEGRATORS.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
