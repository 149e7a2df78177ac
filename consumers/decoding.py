"""Bytes from outside become a message of our contract, or poison, whose reason repeats none of them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from consumers.contracts.fields import Number, SourceName
from consumers.handler import Incoming, PoisonMessageError

LARGEST = 1_000_000
"""Bytes: five hundred items of an order take a fifth of it."""

_TOLD = 5
_NAME = 40


def decoded[E](adapter: TypeAdapter[E], message: Incoming) -> E:
    """The message that these bytes are. Raises PoisonMessageError."""
    if message.value is None:
        raise PoisonMessageError("it has no value")
    if len(message.value) > LARGEST:
        raise PoisonMessageError(f"it has {len(message.value)} bytes, and may have {LARGEST}")
    try:
        return adapter.validate_json(message.value)
    except ValidationError as error:
        raise PoisonMessageError(_why(error)) from None


class _SaidData(BaseModel):
    source: SourceName
    order: Number | None = None
    settlement_id: Number | None = None


class _Said(BaseModel):
    data: _SaidData


def source_id_said(message: Incoming) -> str | None:
    """What its sender calls it, where a message that is none of ours says as much; None otherwise."""
    if message.value is None or len(message.value) > LARGEST:
        return None
    try:
        said = _Said.model_validate_json(message.value).data
    except ValidationError:
        return None
    number = said.order or said.settlement_id
    return f"{said.source}/{number}" if number else None


def _why(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    told = [_problem(each) for each in problems[:_TOLD]]
    if len(problems) > _TOLD:
        told.append(f"and {len(problems) - _TOLD} more")
    return "; ".join(told)


def _problem(problem: Any) -> str:
    """Where it is and what is wrong there. Names of fields that nobody knows may be anything: cut short."""
    where = ".".join(str(part)[:_NAME] for part in problem["loc"])
    # The text for an unknown tag repeats the tag.
    what = "unknown type of message" if problem["type"] == "union_tag_invalid" else problem["msg"]
    return f"{where}: {what}" if where else what
