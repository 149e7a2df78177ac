"""The AsyncAPI 3 document: every channel, what is sent and received there, with schemas and examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from producers.messages.schemas import Schema, envelope_schema

DOCUMENT = Path(__file__).parents[1] / "asyncapi.json"
"""The released document."""

_BINDING = "0.5.0"
_CONTENT_TYPE = "application/cloudevents+json"


@dataclass(frozen=True, slots=True)
class DocumentedMessage:
    """One message type. `schema` is that of its `data`, `example` a whole message."""

    type: str
    schema: Schema
    example: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DocumentedChannel:
    """One topic, seen from here: we send to it or receive from it. `key` says what a record's key is."""

    topic: str
    title: str
    action: Literal["send", "receive"]
    key: Schema
    messages: Sequence[DocumentedMessage]
    partitions: int | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    group: str | None = None


def document(channels: Iterable[DocumentedChannel]) -> dict[str, Any]:
    """The whole document. Raises ValueError if two messages mean different things by one name of a schema."""
    channels = list(channels)
    schemas: dict[str, Schema] = {"CloudEvent": _plain(envelope_schema(), "")}
    messages: dict[str, Any] = {}
    for channel in channels:
        for message in channel.messages:
            messages[message.type] = _message(channel, message)
            _add(schemas, channel.action, message)
    return {
        "asyncapi": "3.0.0",
        "id": "urn:lastro:billing",
        "info": {
            "title": "Lastro: billing events",
            "version": "1.0.0",
            "description": "What billing tells the world through Kafka, and what it takes in. Each value"
            " is a CloudEvents 1.0 message in structured JSON; see docs/integrators.md.",
        },
        "defaultContentType": _CONTENT_TYPE,
        "servers": {
            "kafka": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "variables": {"bootstrap": {"description": "Bootstrap servers of the installation's Kafka"}},
            }
        },
        "channels": {channel.topic: _channel(channel) for channel in channels},
        "operations": {f"{channel.action}.{channel.topic}": _operation(channel) for channel in channels},
        "components": {"messages": messages, "schemas": schemas},
    }


def _channel(channel: DocumentedChannel) -> dict[str, Any]:
    binding: dict[str, Any] = {"topic": channel.topic, "bindingVersion": _BINDING}
    if channel.partitions is not None:
        binding["partitions"] = channel.partitions
    if channel.config:
        binding["topicConfiguration"] = _configured(channel.config)
    return {
        "address": channel.topic,
        "title": channel.title,
        "messages": {each.type: _ref("messages", each.type) for each in channel.messages},
        "bindings": {"kafka": binding},
    }


def _configured(config: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: value.split(",") if name == "cleanup.policy" else int(value) for name, value in config.items()
    }


def _operation(channel: DocumentedChannel) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "action": channel.action,
        "channel": {"$ref": f"#/channels/{channel.topic}"},
        "title": channel.title,
    }
    if channel.group is not None:
        group = {"type": "string", "const": channel.group}
        operation["bindings"] = {"kafka": {"groupId": group, "bindingVersion": _BINDING}}
    return operation


def _message(channel: DocumentedChannel, message: DocumentedMessage) -> dict[str, Any]:
    described = message.schema.get("description", "")
    return {
        "name": message.type,
        "title": message.schema["title"],
        "summary": described.split("\n\n")[0],
        "contentType": _CONTENT_TYPE,
        "payload": {
            "allOf": [
                _ref("schemas", "CloudEvent") if channel.action == "send" else _RECEIVED,
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": message.type},
                        "data": _ref("schemas", _name(channel.action, message.schema["title"])),
                    },
                },
            ]
        },
        "bindings": {"kafka": {"key": dict(channel.key), "bindingVersion": _BINDING}},
        "examples": [{"name": message.type, "payload": dict(message.example)}],
    }


_RECEIVED: Schema = {
    "type": "object",
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1, "maxLength": 200},
        "source": {"type": "string", "minLength": 1, "maxLength": 200},
        "type": {"type": "string"},
        "data": {"type": "object"},
    },
    "required": ["specversion", "id", "source", "type", "data"],
}
"""What we ask of an envelope; other attributes of CloudEvents may be there."""


def _add(schemas: dict[str, Schema], action: str, message: DocumentedMessage) -> None:
    prefix = "" if action == "send" else "Received"
    parts = {**message.schema.get("$defs", {}), message.schema["title"]: message.schema}
    for name, part in parts.items():
        plain = _plain(part, prefix)
        known = schemas.setdefault(prefix + name, plain)
        if known != plain:
            raise ValueError(f"two schemas are called {prefix + name}")


def _name(action: str, title: str) -> str:
    return title if action == "send" else f"Received{title}"


def _plain(schema: Any, prefix: str) -> Any:
    """The schema as a component of the document: its parts are components too."""
    if isinstance(schema, list):
        return [_plain(each, prefix) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {
        name: _plain(value, prefix)
        for name, value in schema.items()
        if name not in {"$defs", "$schema", "$id", "x-topic"}
    }
    if "$ref" in plain:
        plain["$ref"] = plain["$ref"].replace("#/$defs/", f"#/components/schemas/{prefix}")
    return plain


def _ref(kind: str, name: str) -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}
