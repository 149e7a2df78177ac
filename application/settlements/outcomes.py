"""What became of a receipt that was told."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from domain.kernel import DomainError


class Result(StrEnum):
    """How one message ended."""

    APPLIED = "applied"
    UNIDENTIFIED = "unidentified"
    VOID = "void"
    REVERSED = "reversed"
    KNOWN = "known"
    REFUSED = "refused"


class Outcome(NamedTuple):
    """`settlement_id` is the receipt's stream, None where the message does not say which it is."""

    result: Result
    settlement_id: UUID | None
    error: DomainError | None = None
