"""Says what a change of a message's schema would break, for those who read it or those who send it.

Outgoing: whoever reads by the released schema must be able to read every later message of the version.
Incoming: whoever sends by it must go on being understood. New optional fields are what both bear.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

type Schema = dict[str, Any]
type Direction = Literal["outgoing", "incoming"]

_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_FORMS = ("pattern", "format", "const", "not", "dependentRequired", "uniqueItems")
_ROUTING = ("$id", "x-topic", "x-personal")
_UNDERSTOOD = {
    *_LEAST,
    *_MOST,
    *_FORMS,
    *_ROUTING,
    "$defs",
    "$schema",
    "additionalProperties",
    "anyOf",
    "default",
    "description",
    "enum",
    "items",
    "properties",
    "required",
    "title",
    "type",
    "x-extensible-enum",
}


class SchemaNotUnderstoodError(Exception):
    """A schema uses a keyword whose changes nothing here can judge: teach this module about it first."""


def breaks(old: Schema, new: Schema, direction: Direction) -> list[str]:
    """Every way in which `new` breaks those who rely on `old`, each with its place; empty: it does not."""
    found = [f"{name} was {old.get(name)}" for name in _ROUTING if old.get(name) != new.get(name)]
    return found + list(_Comparison(old, new, direction).of(old, new, "data"))


def without_words(schema: Any) -> Any:
    """The schema without what only people read, to tell whether two mean the same."""
    if isinstance(schema, list):
        return [without_words(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _without(name, value) for name, value in schema.items() if name not in _WORDS}


_WORDS = ("description", "title")


def _without(name: str, value: Any) -> Any:
    if name in {"properties", "$defs"}:  # their names are fields, whatever they are called
        return {field: without_words(each) for field, each in value.items()}
    return without_words(value)


class _Comparison:
    """One schema against its successor, along their trees."""

    def __init__(self, old: Schema, new: Schema, direction: Direction) -> None:
        self._old_parts = old.get("$defs", {})
        self._new_parts = new.get("$defs", {})
        self._outgoing = direction == "outgoing"

    def of(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        """What breaks at one place and below."""
        old, old_null = _resolved(old, self._old_parts)
        new, new_null = _resolved(new, self._new_parts)
        if old_null != new_null and (new_null if self._outgoing else old_null):
            yield f"{place}: null was {'not ' if new_null else ''}allowed"
        if old.get("type") != new.get("type"):
            yield f"{place}: was of type {old.get('type')}, is {new.get('type')}"
            return
        yield from self._words(old, new, place)
        yield from self._forms(old, new, place)
        yield from self._bounds(old, new, place)
        if old.get("type") == "object":
            yield from self._fields(old, new, place)
        if "items" in old and "items" in new:
            yield from self.of(old["items"], new["items"], f"{place}[]")
        elif ("items" in old) != ("items" in new):
            yield f"{place}: what its items are was {'' if 'items' in old else 'not '}said"

    def _words(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        closed = (set(old.get("enum", ())), set(new.get("enum", ())))
        growing = (set(old.get("x-extensible-enum", ())), set(new.get("x-extensible-enum", ())))
        if bool(closed[0]) != bool(closed[1]) and (self._outgoing or closed[1]):
            yield f"{place}: its list of words was {'closed' if closed[0] else 'open'}"
            return
        for word in sorted((closed[0] - closed[1]) | (growing[0] - growing[1])):
            yield f"{place}: {word!r} is no longer a word"
        if self._outgoing:
            for word in sorted(closed[1] - closed[0]):
                yield f"{place}: {word!r} is a word that readers do not know"

    def _forms(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        """A form may be asked for newly of what we send, and no longer of what we take."""
        for name in _FORMS:
            before, after = old.get(name), new.get(name)
            if before != after and (before if self._outgoing else after) is not None:
                yield f"{place}: {name} was {before}, is {after}"
        if not self._outgoing and "default" in old and old["default"] != new.get("default"):
            yield f"{place}: absent, it was {old['default']}"

    def _bounds(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        for name in (*_LEAST, *_MOST):
            before, after = old.get(name), new.get(name)
            if before == after:
                continue
            narrower = before is None or (
                after is not None and (after > before if name in _LEAST else after < before)
            )
            if narrower != self._outgoing:
                yield f"{place}: {name} was {before}, is {after}"

    def _fields(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed, needs = set(old.get("required", ())), set(new.get("required", ()))
        for name, field in before.items():
            if name not in after:
                yield f"{place}.{name}: is gone"
                continue
            yield from self.of(field, after[name], f"{place}.{name}")
            if self._outgoing and name in needed - needs:
                yield f"{place}.{name}: was always there, may be absent"
            if not self._outgoing and name in needs - needed:
                yield f"{place}.{name}: could be absent, is required"
        for name in sorted(set(after) - set(before)):
            if name in needs:
                yield f"{place}.{name}: is new and not optional"
        yield from self._openness(old, new, place)

    def _openness(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        closed = new.get("additionalProperties") is False
        if self._outgoing and closed:
            yield f"{place}: must let later fields pass"
        if not self._outgoing and closed and old.get("additionalProperties") is not False:
            yield f"{place}: let other fields pass"


def _resolved(schema: Schema, parts: dict[str, Schema]) -> tuple[Schema, bool]:
    """Without references, and whether it may be null."""
    if "$ref" in schema:
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        target, null = _resolved(parts[schema["$ref"].removeprefix("#/$defs/")], parts)
        return {**target, **beside}, null
    unknown = set(schema) - _UNDERSTOOD
    if unknown:
        raise SchemaNotUnderstoodError(", ".join(sorted(unknown)))
    if "anyOf" not in schema:
        return schema, schema.get("type") == "null"
    choices = [each for each in schema["anyOf"] if each != {"type": "null"}]
    if len(choices) != 1:
        raise SchemaNotUnderstoodError("anyOf of more than one type and null")
    inner, null = _resolved(choices[0], parts)
    beside = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**inner, **beside}, null or len(choices) < len(schema["anyOf"])
