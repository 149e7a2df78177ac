"""A change that would break a subscriber or a sender is refused: each kind is planted and found."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.support.compatibility import Direction, SchemaNotUnderstoodError, breaks, without_words

type Schema = dict[str, Any]
type Change = Callable[[Schema], object]

BASE: Schema = {
    "$id": "urn:lastro:schema:billing.thing.done.v1",
    "x-topic": "billing.things.v1",
    "type": "object",
    "title": "ThingDoneMessage",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "amount": {"$ref": "#/$defs/Money"},
        "method": {"type": "string", "x-extensible-enum": ["boleto", "pix"]},
        "side": {"type": "string", "enum": ["ours", "theirs"]},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Line"}},
        "later": {"type": "string", "default": "x"},
    },
    "required": ["id", "amount", "method", "side", "count", "note", "lines"],
    "$defs": {
        "Money": {"type": "string", "pattern": "^[0-9]+\\.[0-9]{2}$"},
        "Line": {
            "type": "object",
            "properties": {"number": {"type": "integer"}, "text": {"type": "string"}},
            "required": ["number", "text"],
        },
    },
}


def _changed(change: Change, *, closed: bool = False) -> tuple[Schema, Schema]:
    old = deepcopy(BASE)
    if closed:
        old["additionalProperties"] = False
    new = deepcopy(old)
    change(new)
    return old, new


def _set(*path: str, to: object) -> Change:
    def change(schema: Schema) -> None:
        for name in path[:-1]:
            schema = schema[name]
        schema[path[-1]] = to

    return change


def _drop(*path: str) -> Change:
    def change(schema: Schema) -> None:
        for name in path[:-1]:
            schema = schema[name]
        del schema[path[-1]]

    return change


def _require(*names: str) -> Change:
    return _set("required", to=[*BASE["required"], *names])


def _release(name: str) -> Change:
    return _set("required", to=[each for each in BASE["required"] if each != name])


def _both(*changes: Change) -> Change:
    return lambda schema: [change(schema) for change in changes]


PROPERTY = "properties"
NEW_FIELD = _set(PROPERTY, "more", to={"type": "string"})

BREAKS_READERS: dict[str, tuple[Change, str]] = {
    "a field is removed": (_both(_drop(PROPERTY, "count"), _release("count")), "data.count: is gone"),
    "a field of a part is removed": (_drop("$defs", "Line", PROPERTY, "text"), "data.lines[].text: is gone"),
    "an optional field is removed": (_drop(PROPERTY, "later"), "data.later: is gone"),
    "a type is changed": (_set(PROPERTY, "count", "type", to="string"), "data.count: was of type integer"),
    "a type is widened": (_set(PROPERTY, "count", "type", to="number"), "data.count: was of type integer"),
    "a field may be absent now": (_release("count"), "data.count: was always there"),
    "a field may be null now": (
        _set(PROPERTY, "id", to={"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]}),
        "data.id: null was not allowed",
    ),
    "a new field is not optional": (_both(NEW_FIELD, _require("more")), "data.more: is new"),
    "a closed list has a new word": (
        _set(PROPERTY, "side", "enum", to=["ours", "theirs", "nobody's"]),
        "that readers do not know",
    ),
    "a closed list lost a word": (_set(PROPERTY, "side", "enum", to=["ours"]), "'theirs' is no longer"),
    "an open list lost a word": (
        _set(PROPERTY, "method", "x-extensible-enum", to=["pix"]),
        "'boleto' is no longer",
    ),
    "a closed list was opened": (
        _set(PROPERTY, "side", to={"type": "string", "x-extensible-enum": ["ours", "theirs"]}),
        "was closed",
    ),
    "a form is changed": (_set("$defs", "Money", "pattern", to="^[0-9]+$"), "data.amount: pattern was"),
    "a form is dropped": (_drop(PROPERTY, "id", "format"), "data.id: format was"),
    "a bound is loosened": (_set(PROPERTY, "count", "minimum", to=0), "data.count: minimum was"),
    "a bound is dropped": (_drop(PROPERTY, "count", "maximum"), "data.count: maximum was"),
    "a list may be empty": (_drop(PROPERTY, "lines", "minItems"), "data.lines: minItems was"),
    "its items are said no more": (_drop(PROPERTY, "lines", "items"), "data.lines: what its items are"),
    "it lets no later field pass": (_set("additionalProperties", to=False), "must let later fields pass"),
    "it moved to another topic": (_set("x-topic", to="billing.others.v1"), "x-topic was"),
    "a field became personal": (_set("x-personal", to=["note"]), "x-personal was"),
}

BEARS_READERS: dict[str, Change] = {
    "a new optional field": NEW_FIELD,
    "an optional field that is always there": _require("later"),
    "an open list has a new word": _set(PROPERTY, "method", "x-extensible-enum", to=["boleto", "pix", "ted"]),
    "null is said no more": _set(PROPERTY, "note", to={"type": "string"}),
    "a bound is tightened": _set(PROPERTY, "count", "maximum", to=5),
    "other words for people": _set("title", to="Another"),
}

BREAKS_SENDERS: dict[str, tuple[Change, str]] = {
    "a field is removed": (_both(_drop(PROPERTY, "count"), _release("count")), "data.count: is gone"),
    "a type is changed": (_set(PROPERTY, "count", "type", to="string"), "data.count: was of type integer"),
    "an optional field is required": (_require("later"), "data.later: could be absent"),
    "a new field is required": (_both(NEW_FIELD, _require("more")), "data.more: is new"),
    "null is refused": (_set(PROPERTY, "note", to={"type": "string"}), "data.note: null was allowed"),
    "a word is removed": (_set(PROPERTY, "side", "enum", to=["ours"]), "'theirs' is no longer"),
    "an open list is closed": (
        _set(PROPERTY, "method", to={"type": "string", "enum": ["boleto", "pix"]}),
        "was open",
    ),
    "a form is asked for": (_set(PROPERTY, "later", "pattern", to="^x$"), "data.later: pattern was"),
    "a bound is tightened": (_set(PROPERTY, "count", "maximum", to=5), "data.count: maximum was"),
    "a bound is new": (_set(PROPERTY, "later", "maxLength", to=5), "data.later: maxLength was"),
    "other fields pass no more": (_set("additionalProperties", to=False), "let other fields pass"),
    "an absent field means something else": (
        _set(PROPERTY, "later", "default", to="y"),
        "data.later: absent, it was x",
    ),
    "fields depend on each other": (
        _set("dependentRequired", to={"later": ["note"]}),
        "data: dependentRequired was",
    ),
}

BEARS_SENDERS: dict[str, Change] = {
    "a new optional field": NEW_FIELD,
    "a field need not be there any more": _release("count"),
    "a new word": _set(PROPERTY, "side", "enum", to=["ours", "theirs", "nobody's"]),
    "null is taken": _set(
        PROPERTY, "later", to={"anyOf": [{"type": "string"}, {"type": "null"}], "default": "x"}
    ),
    "a bound is loosened": _set(PROPERTY, "count", "maximum", to=99),
    "a form is no longer asked for": _drop("$defs", "Money", "pattern"),
}


@pytest.mark.parametrize("kind", BREAKS_READERS)
def test_a_change_that_breaks_readers_is_found(kind: str) -> None:
    change, said = BREAKS_READERS[kind]
    assert any(said in each for each in breaks(*_changed(change), "outgoing"))


@pytest.mark.parametrize("kind", BEARS_READERS)
def test_a_change_that_readers_bear_is_let_pass(kind: str) -> None:
    assert breaks(*_changed(BEARS_READERS[kind]), "outgoing") == []


@pytest.mark.parametrize("kind", BREAKS_SENDERS)
def test_a_change_that_breaks_senders_is_found(kind: str) -> None:
    change, said = BREAKS_SENDERS[kind]
    assert any(said in each for each in breaks(*_changed(change), "incoming"))


@pytest.mark.parametrize("kind", BEARS_SENDERS)
def test_a_change_that_senders_bear_is_let_pass(kind: str) -> None:
    assert breaks(*_changed(BEARS_SENDERS[kind], closed=True), "incoming") == []


@pytest.mark.parametrize("direction", ["outgoing", "incoming"])
def test_a_schema_breaks_nobody_when_it_stays(direction: Direction) -> None:
    assert breaks(BASE, deepcopy(BASE), direction) == []


@pytest.mark.parametrize(
    "schema",
    [{"type": "string", "contentEncoding": "base64"}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}],
)
def test_what_cannot_be_judged_is_not_let_pass(schema: Schema) -> None:
    with pytest.raises(SchemaNotUnderstoodError):
        breaks(*_changed(_set(PROPERTY, "later", to=schema)), "outgoing")


def test_words_for_people_are_not_the_contract() -> None:
    described = deepcopy(BASE)
    described["properties"]["title"] = {"type": "string"}
    renamed = deepcopy(described)
    renamed["title"], renamed["description"] = "Other", "Other words."
    assert without_words(renamed) == without_words(described)
    assert "title" in without_words(described)["properties"]
