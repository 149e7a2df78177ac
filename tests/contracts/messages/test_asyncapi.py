"""The AsyncAPI document is what the code says, and valid by AsyncAPI's own schema."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import orjson
import pytest

from producers.messages.asyncapi import DOCUMENT, DocumentedChannel, DocumentedMessage, document
from tests.support.messages import ROOT, asyncapi, contracts

OFFICIAL = ROOT / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"


def _committed() -> dict[str, Any]:
    read: dict[str, Any] = orjson.loads(DOCUMENT.read_bytes())
    return read


def test_the_committed_document_is_what_the_code_says() -> None:
    """Else run `python -m tests.support.messages`."""
    assert orjson.loads(asyncapi()) == _committed()


def _official() -> jsonschema_rs.Draft7Validator:
    assert OFFICIAL.exists(), "run `make setup`: npm brings AsyncAPI's schemas"
    return jsonschema_rs.Draft7Validator(orjson.loads(OFFICIAL.read_bytes()))


def test_the_document_is_valid_asyncapi_3() -> None:
    errors = [f"{error.instance_path}: {error.message}" for error in _official().iter_errors(_committed())]
    assert errors == []


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (("channels", "billing.invoices.v1", "bindings", "kafka", "partitions"), "twelve"),
        (("operations", "send.billing.invoices.v1", "action"), "shout"),
        (("components", "schemas", "MoneyText", "type"), "money"),
        (("info",), "?"),
    ],
)
def test_the_official_schema_finds_what_is_wrong(place: tuple[str, ...], wrong: str) -> None:
    """A validator that lets anything pass would hold nothing."""
    changed: Any = _committed()
    inner = changed
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = wrong
    assert not _official().is_valid(changed)


def test_every_message_is_on_its_channel_with_a_payload_that_takes_its_example() -> None:
    read = _committed()
    messages = read["components"]["messages"]
    assert set(messages) == {each.message_type for each in contracts() if each.topic}
    for channel in read["channels"].values():
        for name, found in channel["messages"].items():
            assert found == {"$ref": f"#/components/messages/{name}"}
            schema = {**messages[name]["payload"], "components": read["components"]}
            taken = jsonschema_rs.Draft7Validator(schema, validate_formats=True)
            example = messages[name]["examples"][0]["payload"]
            assert [str(error) for error in taken.iter_errors(example)] == []
            assert not taken.is_valid({**example, "type": "another"})
            assert not taken.is_valid({**example, "data": {}}) or not example["data"]


def test_topics_are_described_as_they_are_made() -> None:
    channels = _committed()["channels"]
    invoices = channels["billing.invoices.v1"]["bindings"]["kafka"]
    assert invoices["partitions"] == 12
    assert invoices["topicConfiguration"] == {"cleanup.policy": ["delete"], "retention.ms": -1}
    personal = channels["billing.customers_personal.v1"]["bindings"]["kafka"]["topicConfiguration"]
    assert personal["cleanup.policy"] == ["compact"]


def test_one_name_of_a_schema_means_one_thing() -> None:
    def told(name: str, kind: str) -> DocumentedMessage:
        part = {"$defs": {"Part": {"type": kind}}, "title": name, "type": "object"}
        return DocumentedMessage(name, part, {})

    channel = DocumentedChannel("t", "T", "send", {}, [told("A", "string"), told("B", "integer")])
    with pytest.raises(ValueError, match="two schemas are called Part"):
        document([channel])
