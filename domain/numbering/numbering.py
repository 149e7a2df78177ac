"""Numbering: ranges of numbers, each handed out once, whatever becomes of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from pydantic import PositiveInt

from domain.kernel import Aggregate, DomainError, Header, first, projector
from domain.numbering.events import NumberingAdvanced, NumberingEvent, NumbersReserved

type NumberingKind = Literal["nosso_numero", "dps"]

DPS_MAX_NUMBER = 10**15 - 1
"""nDPS has 15 digits (NFS-e nacional)."""


class ReservationInvalidError(DomainError):
    """A reservation is of one number at least. This is a mistake in the program that asks."""


class NumbersExhaustedError(DomainError):
    """The series has not so many numbers left. Ask the bank for another agreement, or start another
    series. Details: `asked`, `left`, `maximum`."""


class NextNumberInvalidError(DomainError):
    """The next number must be above every number that was handed out, and within what the series can
    carry. Details: `next_number`, `lowest`, `highest`."""


class Numbering(Aggregate):
    """One series, of all who number in it. Its stream's version keeps two reservations from overlapping.

    It belongs to no company: accounts of several companies may share one agreement with the bank.
    """

    kind: NumberingKind
    series: str
    next_number: PositiveInt

    @staticmethod
    def first_use(
        id: UUID,
        kind: NumberingKind,
        series: str,
        owner_id: UUID,
        count: int,
        now: datetime,
        *,
        maximum: int,
    ) -> NumbersReserved:
        """The first range of a series that nobody has numbered in: from 1 on."""
        return _reserved(first(id, now), kind, series, owner_id, 1, count, maximum)

    def reserve(self, owner_id: UUID, count: int, now: datetime, *, maximum: int) -> NumbersReserved:
        """The next `count` numbers, none above `maximum`."""
        header = self.following(now)
        return _reserved(header, self.kind, self.series, owner_id, self.next_number, count, maximum)

    @staticmethod
    def begin(
        id: UUID,
        kind: NumberingKind,
        series: str,
        owner_id: UUID,
        next_number: int,
        now: datetime,
        *,
        maximum: int,
    ) -> NumberingAdvanced | None:
        """Let a series that nobody has numbered in here go on from another system's last number.

        None for 1, where it would begin anyway.
        """
        _check_next(next_number, 1, maximum)
        if next_number == 1:
            return None
        return NumberingAdvanced(
            **first(id, now), kind=kind, series=series, owner_id=owner_id, next_number=next_number
        )

    def advance(
        self, owner_id: UUID, next_number: int, now: datetime, *, maximum: int
    ) -> NumberingAdvanced | None:
        """Skip what is in use outside. None if the series goes on from there anyway.

        Raises NextNumberInvalidError: a number handed out is never handed out again.
        """
        _check_next(next_number, self.next_number, maximum)
        if next_number == self.next_number:
            return None
        return NumberingAdvanced(
            **self.following(now),
            kind=self.kind,
            series=self.series,
            owner_id=owner_id,
            next_number=next_number,
        )


def _check_next(next_number: int, lowest: int, highest: int) -> None:
    if not lowest <= next_number <= highest:
        raise NextNumberInvalidError(
            f"{next_number} is not from {lowest} to {highest}",
            next_number=next_number,
            lowest=lowest,
            highest=highest,
        )


def _reserved(
    header: Header,
    kind: NumberingKind,
    series: str,
    owner_id: UUID,
    number: int,
    count: int,
    maximum: int,
) -> NumbersReserved:
    if count < 1:
        raise ReservationInvalidError(count=count)
    left = max(0, maximum - number + 1)
    if count > left:
        raise NumbersExhaustedError(
            f"{count} numbers asked, {left} left up to {maximum}", asked=count, left=left, maximum=maximum
        )
    return NumbersReserved(
        **header, kind=kind, owner_id=owner_id, series=series, first=number, last=number + count - 1
    )


def evolve(_numbering: Numbering | None, event: NumberingEvent) -> Numbering:
    """The state one fact later: each fact says all, so the newest one is enough."""
    match event:
        case NumbersReserved():
            next_number = event.last + 1
        case NumberingAdvanced():
            next_number = event.next_number
        case _:
            assert_never(event)
    return Numbering(
        id=event.originator_id,
        version=event.originator_version,
        company_id=event.company_id,
        kind=event.kind,
        series=event.series,
        next_number=next_number,
    )


project = projector(evolve)
