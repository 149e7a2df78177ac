"""What the store must know of each event class: its personal fields, and that it can be sealed at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from application.event_store.errors import FactShapeError
from domain.kernel import HEADER_FIELDS, DomainEvent, Personal


@dataclass(frozen=True, slots=True)
class PersonalField:
    """A field whose value is stored encrypted, and which of the subject's keys seals it."""

    name: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How one event class is written and read. `subject` names the field with the person's id."""

    topic: str
    subject: str
    personal: tuple[PersonalField, ...]


@cache
def plan_of(cls: type[DomainEvent]) -> Plan:
    """The plan of a class, made once. Raises FactShapeError for a class that has no canonical form."""
    if not cls.TOPIC.isascii():
        raise FactShapeError(f"{cls.__name__}: a topic is ASCII")
    _refuse_shape(cls, cls.__name__)
    personal = tuple(
        PersonalField(name, mark.key)
        for name, field in cls.model_fields.items()
        for mark in field.metadata
        if isinstance(mark, Personal)
    )
    if personal and cls.SUBJECT not in cls.model_fields:
        raise FactShapeError(f"{cls.__name__}: SUBJECT {cls.SUBJECT!r} is no field of it")
    return Plan(cls.TOPIC, cls.SUBJECT, personal)


def _refuse_shape(model: type[BaseModel], path: str) -> None:
    for name, field in model.model_fields.items():
        if not name.isascii():
            raise FactShapeError(f"{path}.{name}: field names are ASCII")
        for part in _parts(field.annotation):
            if part in (float, complex, object, Any) or _is_mapping(part):
                raise FactShapeError(f"{path}.{name}: {part} has no canonical JSON form")
            if isinstance(part, type) and issubclass(part, BaseModel):
                _refuse_nested(part, f"{path}.{name}")


def _refuse_nested(model: type[BaseModel], path: str) -> None:
    for name, field in model.model_fields.items():
        if any(isinstance(mark, Personal) for mark in field.metadata):
            raise FactShapeError(f"{path}.{name}: only a fact's own fields can be Personal")
    _refuse_shape(model, path)


def _parts(annotation: Any) -> Iterator[Any]:
    inner = [part for part in get_args(annotation) if part is not Ellipsis]
    if not inner:
        yield annotation
    origin = getattr(annotation, "__origin__", None)
    if isinstance(origin, type):
        yield origin
    for part in inner:
        yield from _parts(part)


def _is_mapping(part: Any) -> bool:
    return isinstance(part, type) and issubclass(part, Mapping)


def state_of(event: DomainEvent) -> dict[str, Any]:
    """The event's own fields, without the header that is stored in columns."""
    state = event.__dict__.copy()
    for name in HEADER_FIELDS:
        del state[name]
    return state
