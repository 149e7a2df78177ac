"""Bytes from outside become a message of our contract, or poison, whose reason repeats none of them."""

from __future__ import annotations

import re

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from application.incoming.telling import told
from consumers.contracts.fields import Number, SourceName
from consumers.handler import Incoming, PoisonMessageError, Problem

LARGEST = 1_000_000
"""Bytes: five hundred items of an order take a fifth of it."""

_TOLD = 5
_NAME = 40
_TYPE = re.compile(r"[a-z_.]+\.v[0-9]+")
_LIMITS = ("max_length", "min_length", "gt", "ge", "expected", "pattern")
_LINE_AND_COLUMN = re.compile(r"line ([0-9]+) column ([0-9]+)")


def decoded[E](adapter: TypeAdapter[E], message: Incoming) -> E:
    """The message that these bytes are. Raises PoisonMessageError."""
    if message.value is None:
        raise PoisonMessageError("it has no value", [Problem("", "no_value", "")])
    if len(message.value) > LARGEST:
        text = f"it has {len(message.value)} bytes, and may have {LARGEST}"
        raise PoisonMessageError(text, [Problem("", "too_large", str(LARGEST))])
    try:
        return adapter.validate_json(message.value)
    except ValidationError as error:
        raise _poison(error) from None


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


def _poison(error: ValidationError) -> PoisonMessageError:
    found = _causes(error.errors(include_url=False, include_input=False))
    reasons = [_reason(each) for each in found[:_TOLD]]
    problems = [Problem(_place(each), each["type"], _limit(each)) for each in found[:_TOLD]]
    if len(found) > _TOLD:
        more = len(found) - _TOLD
        reasons.append(f"and {more} more")
        problems.append(Problem("", "more", str(more)))
    return PoisonMessageError("; ".join(reasons), problems)


def _causes(found: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without what only follows: a list whose items are wrong is told to have too few of them, too."""
    within = {each["loc"][:length] for each in found for length in range(len(each["loc"]))}
    return [each for each in found if each["type"] != "too_short" or each["loc"] not in within]


def _reason(problem: ErrorDetails) -> str:
    where = _place(problem)
    # The text for an unknown tag repeats the tag.
    what = "unknown type of message" if problem["type"] == "union_tag_invalid" else problem["msg"]
    return f"{where}: {what}" if where else what


def _place(problem: ErrorDetails) -> str:
    """Names of fields that nobody knows may be anything: without what identifies a person, and cut short.

    The type that leads them is no field.
    """
    parts = [told(str(part))[:_NAME] for part in problem["loc"]]
    return ".".join(parts[1:] if parts and _TYPE.fullmatch(parts[0]) else parts)


def _limit(problem: ErrorDetails) -> str:
    """What the contract asks for, or the place in what is no JSON; nothing that the message says."""
    context = problem.get("ctx", {})
    if problem["type"] == "json_invalid":
        at = _LINE_AND_COLUMN.search(str(context.get("error")))
        return f"{at[1]}:{at[2]}" if at else ""
    return next((str(context[name]) for name in _LIMITS if name in context), "")
