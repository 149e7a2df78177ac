"""What every aggregate shares: facts, folds, refusals and the form of money."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Self, TypedDict
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    PositiveInt,
    WithJsonSchema,
)

CENT = Decimal("0.01")
_FOUR_PLACES = Decimal("0.0001")


def _exactly(quantum: Decimal, bound: Decimal) -> Callable[[object], Decimal]:
    """A validator of its own: pydantic's costs five times as much, on ten fields of each invoice."""
    least = -bound

    def exact(value: object) -> Decimal:
        if type(value) is Decimal and value.same_quantum(quantum) and least < value < bound:
            return value or value.copy_abs()  # as nearly all are
        if isinstance(value, str | int) and not isinstance(value, bool):
            try:
                value = Decimal(value)
            except InvalidOperation:
                raise ValueError("not a decimal number") from None
        if not isinstance(value, Decimal):
            # pydantic reports a ValueError and lets a TypeError through.
            raise ValueError("a float is not exact; give a Decimal or a string")
        if not value.is_finite() or not least < value < bound:
            raise ValueError(f"must be a finite number below {bound}")
        if not value:
            value = value.copy_abs()  # "-0.00" would be a second form of one amount
        if value.same_quantum(quantum):
            return value
        scaled = value.quantize(quantum)
        if scaled != value:
            raise ValueError(f"has more places than {quantum}")
        return scaled

    return exact


def _decimal_text(digits: int, places: int) -> WithJsonSchema:
    pattern = rf"^-?\d{{1,{digits}}}(\.\d{{1,{places}}})?$"
    return WithJsonSchema({"type": "string", "pattern": pattern})


_as_text = PlainSerializer(str, return_type=str, when_used="json")

exact_money = _exactly(CENT, Decimal(10) ** 13)
"""What `Money` makes of a value: the same amount with exactly two places, or ValueError."""

Money = Annotated[Decimal, PlainValidator(exact_money), _as_text, _decimal_text(13, 2)]
"""Reais with exactly two places: a string in JSON ("150.00"), numeric(15,2) in SQL, never a float."""

Rate = Annotated[
    Decimal, PlainValidator(_exactly(_FOUR_PLACES, Decimal(10) ** 8)), _as_text, _decimal_text(8, 4)
]
"""A percentage or a quantity with four places ("2.0000" is two per cent), a string in JSON."""


def cents(amount: Decimal) -> Decimal:
    """Round half-up to whole cents, the commercial rounding of Brazilian invoices."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Personal:
    """Marks an event field whose JSON value is stored encrypted (LGPD art. 18, VI).

    `key` names which of the subject's two keys seals it: `subject` is destroyed when the person
    asks to be forgotten, `fiscal` lives for the legal term of tax documents (CTN art. 173, 174).
    A field whose key is gone loads as None, so such fields always admit None.
    """

    key: Literal["subject", "fiscal"] = "subject"


PersonalText = Annotated[str | None, Personal()]


class DomainError(Exception):
    """A business rule said no. Raised by decisions, never by a fold.

    `code` is stable and machine-readable; the message says what was refused and why, in English;
    `web/` words it in Portuguese from `code` and `details`.
    """

    code: ClassVar[str] = "refused"

    def __init__(self, message: str = "", **details: object) -> None:
        super().__init__(message or _said(type(self).__doc__) or "refused")
        self.details = details

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "code" not in cls.__dict__:
            name = cls.__name__.removesuffix("Error")
            cls.code = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _said(doc: str | None) -> str:
    """A docstring as a person is told it: without what it says to programmers of the details."""
    return " ".join((doc or "").partition("Details:")[0].split())


class Frozen(BaseModel):
    """A value: immutable, and nothing in it that was not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def trusted[**P, M](made: Callable[P, M], /, *_: P.args, **fields: P.kwargs) -> M:
    """A value, a fact or a state of parts that are valid already, each of them given: pydantic's own check
    takes three times as long, and finds nothing that the type checker does not."""
    cls: Any = made
    named = _fields_of(cls)
    assert fields.keys() == named, f"{cls.__name__}: give every field"
    instance: M = cls.__new__(cls)
    put = object.__setattr__
    put(instance, "__dict__", fields)
    put(instance, "__pydantic_fields_set__", named)
    put(instance, "__pydantic_extra__", None)
    put(instance, "__pydantic_private__", None)
    return instance


@cache
def _fields_of(cls: type[Frozen]) -> set[str]:
    return set(cls.model_fields)


EVENT_TYPES: dict[str, type[DomainEvent]] = {}
"""Every fact that the running code can write, by topic."""


class Header(TypedDict):
    """What the constructor of every fact takes beside its own fields."""

    originator_id: UUID
    originator_version: int
    occurred_at: datetime
    company_id: UUID | None


HEADER_FIELDS = frozenset(Header.__annotations__)


class DomainEvent(Frozen):
    """A fact, kept for ever.

    A published TOPIC (`<aggregate>.<past_verb>.v<N>`) keeps its name and its fields for ever; a new
    shape is a new version with an upcaster. `SUBJECT` names the field that holds the id of the
    person whose keys seal this fact's `Personal` fields.
    """

    TOPIC: ClassVar[str]
    SUBJECT: ClassVar[str] = "originator_id"

    originator_id: UUID
    originator_version: PositiveInt
    occurred_at: AwareDatetime
    company_id: UUID | None

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if EVENT_TYPES.setdefault(cls.TOPIC, cls) is not cls:
            raise TypeError(f"{cls.TOPIC!r} is taken by {EVENT_TYPES[cls.TOPIC]}")


class Aggregate(Frozen):
    """State folded from facts. Decisions return facts; only a fold makes state."""

    id: UUID
    version: PositiveInt
    company_id: UUID | None = None

    def following(self, now: datetime, *, after: int = 0) -> Header:
        """The header of the next fact; `after` counts facts already decided in the same command."""
        return Header(
            originator_id=self.id,
            originator_version=self.version + after + 1,
            occurred_at=now,
            company_id=self.company_id,
        )

    def moved(self, event: DomainEvent, **changes: Any) -> Self:
        """This state one fact later. Takes validated values only: a copy is not validated again."""
        return self.model_copy(update={"version": event.originator_version, **changes})


def first(id: UUID, now: datetime, company_id: UUID | None = None) -> Header:
    """The header of an aggregate's first fact."""
    return Header(originator_id=id, originator_version=1, occurred_at=now, company_id=company_id)


def projector[A: Aggregate, E: DomainEvent](
    evolve: Callable[[A | None, E], A],
) -> Callable[[A | None, Iterable[E]], A | None]:
    """Fold a sequence of facts over a state that may be absent."""

    def project(state: A | None, events: Iterable[E]) -> A | None:
        for event in events:
            state = evolve(state, event)
        return state

    return project
