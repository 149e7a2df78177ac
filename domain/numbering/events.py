"""The facts of a numbering: ranges handed out, never twice, and where to go on from."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import PositiveInt

from domain.kernel import DomainEvent


class NumbersReserved(DomainEvent):
    """`first` to `last`, both inclusive, belong to one command; what it does not use is a gap.

    `series` names that within which a number is never given twice: for the nosso número it is what the
    bank's own layout tells numbers apart by, whichever accounts or companies share it, so the stream
    hangs on the series alone and belongs to no company. `owner_id` is who asked: the account of a
    boleto, the company of a DPS.
    """

    TOPIC: ClassVar[str] = "numbering.reserved.v1"
    kind: Literal["nosso_numero", "dps"]
    owner_id: UUID
    series: str
    first: PositiveInt
    last: PositiveInt


class NumberingAdvanced(DomainEvent):
    """The numbers below `next_number` are in use outside: a former system, or the bank, gave them out.

    `owner_id` is who said so: the account of a boleto, the company of a DPS.
    """

    TOPIC: ClassVar[str] = "numbering.advanced.v1"
    kind: Literal["nosso_numero", "dps"]
    owner_id: UUID
    series: str
    next_number: PositiveInt


NumberingEvent = NumbersReserved | NumberingAdvanced
