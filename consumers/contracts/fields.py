"""What incoming messages are built from: exact decimals as text, and short names without tricks."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, LiteralString

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

_MONEY = r"^[0-9]{1,13}\.[0-9]{2}$"
_QUANTITY = r"^[0-9]{1,8}(\.[0-9]{1,4})?$"


def _text_of(what: LiteralString, pattern: str) -> BeforeValidator:
    form = re.compile(pattern, re.ASCII)

    def check(value: object) -> object:
        # A number in JSON is binary on many a way here: 0.1 + 0.2 is not what was sold.
        if not isinstance(value, str) or form.fullmatch(value) is None:
            raise PydanticCustomError(what, "must be a text of the form {pattern}", {"pattern": pattern})
        return Decimal(value)

    return BeforeValidator(check)


def _shown(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern})


type NotNegativeMoney = Annotated[Decimal, _text_of("money_text", _MONEY), _shown(_MONEY)]
"""Reais with exactly two places, as text: "150.00"; never below zero."""

type PositiveMoney = Annotated[
    Decimal,
    Field(gt=0),
    _text_of("money_text", _MONEY),
    WithJsonSchema({"type": "string", "pattern": _MONEY, "not": {"pattern": r"^0+\.00$"}}),
]
"""The same, above zero."""

type PositiveQuantity = Annotated[
    Decimal,
    Field(gt=0),
    _text_of("quantity_text", _QUANTITY),
    WithJsonSchema({"type": "string", "pattern": _QUANTITY, "not": {"pattern": r"^0+(\.0+)?$"}}),
]
"""A quantity with up to four places, as text: "1.5"; above zero."""

type Name = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^\S(.*\S)?$")]
"""A code or a number of somebody's: no space at its ends."""

type Number = Annotated[
    str, StringConstraints(min_length=1, max_length=60, pattern=r"^[\x21-\x7e]+( [\x21-\x7e]+)*$")
]
"""What a sending system calls an order or a receipt, in printable ASCII: two that look alike to a person, or
differ in what nobody sees, would be money twice. A single space may stand within it."""

type SourceName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
"""The short name of a sending system; its numbers are unique within it."""


class IncomingPayload(BaseModel):
    """The `data` of a message from outside. A field that is not in the contract is refused, not ignored: a
    misspelt discount would be money."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class IncomingEnvelope(BaseModel):
    """The attributes of CloudEvents 1.0 that we read; others are left alone.

    `source` and `id` together name the message; what identifies its effect is in `data`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    specversion: Annotated[str, StringConstraints(pattern=r"^1\.0$")]
    id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    source: Annotated[str, StringConstraints(min_length=1, max_length=200)]
