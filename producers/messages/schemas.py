"""JSON Schemas (draft 2020-12) of public messages, made from their models."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import CoreSchema

from producers.messages.message import dataschema

type Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
ENVELOPE = "cloudevent"

_UUID: Schema = {"type": "string", "format": "uuid"}
_INSTANT: Schema = {"type": "string", "format": "date-time", "pattern": "Z$"}
_ATTRIBUTES: Schema = {
    "specversion": {"const": "1.0"},
    "id": {**_UUID, "description": "Of the message: the same whenever it is sent again"},
    "source": {"type": "string", "format": "uri-reference", "description": "This installation"},
    "type": {"type": "string", "description": "What `data` is, with its version"},
    "subject": {**_UUID, "description": "The aggregate; also the record's key"},
    "time": {**_INSTANT, "description": "When it happened"},
    "datacontenttype": {"const": "application/json"},
    "dataschema": {"type": "string", "format": "uri", "description": "The `$id` of the schema of `data`"},
    "partitionkey": {**_UUID, "description": "As `subject`"},
    "sequence": {
        "type": "string",
        "pattern": "^[0-9]{20}$",
        "description": "The fact's place in the log: grows along the order in which facts were recorded",
    },
    "streamversion": {
        "type": "integer",
        "minimum": 1,
        "description": "The fact's place in its aggregate's history; private facts leave holes",
    },
    "recordedat": {**_INSTANT, "description": "When it was recorded"},
    "companyid": {**_UUID, "description": "Absent for what belongs to no single company"},
    "correlationid": {**_UUID, "description": "Shared by all that one command or message led to"},
    "causationid": {**_UUID, "description": "The fact or message that led to it, where one did"},
    "personaldata": {
        "type": "string",
        "pattern": "^[a-z_]+(,[a-z_]+)*$",
        "description": "Which fields of `data` are personal; absent: none",
    },
    "data": {"type": "object"},
}
_OPTIONAL = {"companyid", "causationid", "personaldata"}


def schema_of(
    model: type[BaseModel],
    message_type: str,
    topic: str,
    *,
    open_to_more: bool,
    personal: tuple[str, ...] = (),
) -> Schema:
    """The schema of a message's `data`.

    `open_to_more`: a field that the schema does not know passes, as it must with a reader whose schema is
    older than the message. `x-topic` says where the message is found, `x-personal` which fields are personal.
    """
    made = _tidy(model.model_json_schema(schema_generator=_Untitled), open_to_more)
    schema: Schema = {"$schema": DRAFT, "$id": dataschema(message_type), "x-topic": topic}
    if personal:
        schema["x-personal"] = list(personal)
    return {**schema, **made}


def envelope_schema() -> Schema:
    """The schema of the envelope that is the same around every message we send."""
    return {
        "$schema": DRAFT,
        "$id": dataschema(ENVELOPE),
        "title": "CloudEvent",
        "description": "CloudEvents 1.0 in structured JSON mode.",
        "type": "object",
        "properties": _ATTRIBUTES,
        "required": [name for name in _ATTRIBUTES if name not in _OPTIONAL],
    }


class _Untitled(GenerateJsonSchema):
    """Without a title on each field that only repeats its name."""

    def field_title_should_be_set(self, schema: CoreSchema | Any) -> bool:
        """Never."""
        return False


def _tidy(value: Any, open_to_more: bool) -> Any:
    if isinstance(value, list):
        return [_tidy(each, open_to_more) for each in value]
    if not isinstance(value, dict):
        return value
    tidied = {name: _tidy(each, open_to_more) for name, each in value.items()}
    if open_to_more and tidied.get("additionalProperties") is False:
        del tidied["additionalProperties"]
    if "default" in tidied and tidied["default"] is None:
        del tidied["default"]
    if isinstance(tidied.get("description"), str):
        tidied["description"] = _unwrapped(tidied["description"])
    return tidied


def _unwrapped(text: str) -> str:
    """Paragraphs, each on one line."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
