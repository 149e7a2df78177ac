"""Numbering: ranges of numbers, each handed out once, whatever becomes of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import PositiveInt

from domain.kernel import Aggregate, DomainError, Header, first, projector
from domain.numbering.events import NumberingEvent, NumbersReserved

type NumberingKind = Literal["nosso_numero", "dps"]

DPS_MAX_NUMBER = 10**15 - 1
"""nDPS has 15 digits (NFS-e nacional)."""


class ReservationInvalidError(DomainError):
    """A reservation is of one number at least. This is a mistake in the program that asks."""


class NumbersExhaustedError(DomainError):
    """The series has not so many numbers left. Ask the bank for another agreement, or start another
    series. Details: `asked`, `left`, `maximum`."""


class Numbering(Aggregate):
    """One series of one owner. Its stream's version keeps two reservations from overlapping."""

    kind: NumberingKind
    owner_id: UUID
    series: str
    next_number: PositiveInt

    @staticmethod
    def first_use(
        id: UUID,
        company_id: UUID,
        kind: NumberingKind,
        owner_id: UUID,
        series: str,
        count: int,
        now: datetime,
        *,
        maximum: int,
        start: int = 1,
    ) -> NumbersReserved:
        """The first range of a series, from `start`: above what another system numbered before."""
        return _reserved(first(id, now, company_id), kind, owner_id, series, start, count, maximum)

    def reserve(self, count: int, now: datetime, *, maximum: int, start: int = 1) -> NumbersReserved:
        """The next `count` numbers, none above `maximum`; a `start` ahead of the series skips to it."""
        number = max(self.next_number, start)
        return _reserved(self.following(now), self.kind, self.owner_id, self.series, number, count, maximum)


def _reserved(
    header: Header,
    kind: NumberingKind,
    owner_id: UUID,
    series: str,
    number: int,
    count: int,
    maximum: int,
) -> NumbersReserved:
    if count < 1 or number < 1:
        raise ReservationInvalidError(count=count, first=number)
    left = max(0, maximum - number + 1)
    if count > left:
        raise NumbersExhaustedError(
            f"{count} numbers asked, {left} left up to {maximum}", asked=count, left=left, maximum=maximum
        )
    return NumbersReserved(
        **header, kind=kind, owner_id=owner_id, series=series, first=number, last=number + count - 1
    )


def evolve(_numbering: Numbering | None, event: NumberingEvent) -> Numbering:
    """The state one fact later: each fact says all."""
    return Numbering(
        id=event.originator_id,
        version=event.originator_version,
        company_id=event.company_id,
        kind=event.kind,
        owner_id=event.owner_id,
        series=event.series,
        next_number=event.last + 1,
    )


project = projector(evolve)
