"""The facts of a numbering: ranges handed out, never twice."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import PositiveInt

from domain.kernel import DomainEvent


class NumbersReserved(DomainEvent):
    """`first` to `last`, both inclusive, belong to one command; what it does not use is a gap.

    `owner_id` is the account of a nosso número series, the company of a DPS series.
    """

    TOPIC: ClassVar[str] = "numbering.reserved.v1"
    kind: Literal["nosso_numero", "dps"]
    owner_id: UUID
    series: str
    first: PositiveInt
    last: PositiveInt


NumberingEvent = NumbersReserved
