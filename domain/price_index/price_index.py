"""Price index: the monthly points that contracts are adjusted by, each published once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import assert_never
from uuid import UUID

from domain.kernel import CENT, Aggregate, DomainError, Rate, first, projector
from domain.price_index.events import (
    IndexPointCorrected,
    IndexPointPublished,
    PriceIndexEvent,
    PriceIndexRegistered,
)
from domain.values.competencia import Competencia, competencia_of
from domain.values.text import CODE_LENGTH, required_text

# No index has lost half or doubled in a month since the real: a point beyond that was typed wrong.
_LOWEST, _HIGHEST = Decimal(-50), Decimal(100)


class IndexMonthFutureError(DomainError):
    """A month is published at its end at the earliest. Correct the month. Details: `month`."""


class IndexMonthInvalidError(DomainError):
    """A month is written 03/2026, or 2026-03. Correct it. Details: `month`."""


class IndexPointPublishedError(DomainError):
    """The month has another point already. If that one is wrong, correct it. Details: `month`,
    `percent` (the one that stands)."""


class IndexPointMissingError(DomainError):
    """The month has no point to correct. Publish it. Details: `month`."""


class IndexPercentInvalidError(DomainError):
    """Indices are published in per cent with two decimals, and this is far from any that ever was,
    or has more. Correct it. Details: `percent`."""


class PriceIndex(Aggregate):
    """An index with its points, by month."""

    code: str
    name: str
    sgs_code: int | None
    points: Mapping[Competencia, Rate] = {}

    @staticmethod
    def register(id: UUID, code: str, name: str, sgs_code: int | None, now: datetime) -> PriceIndexRegistered:
        """An index that the contracts of every company may name (F125)."""
        return PriceIndexRegistered(
            **first(id, now),
            code=required_text(code, "code", CODE_LENGTH),
            name=required_text(name, "name"),
            sgs_code=sgs_code,
        )

    def publish(
        self, month: Competencia, percent: Decimal, source: str, today: date, now: datetime
    ) -> IndexPointPublished | None:
        """The change of one month in per cent, as published. The same again changes nothing."""
        if _month(month) > competencia_of(today):
            raise IndexMonthFutureError(month=month)
        known = self.points.get(month)
        if known == percent:
            return None
        if known is not None:
            raise IndexPointPublishedError(f"{month} stands at {known} %", month=month, percent=str(known))
        return IndexPointPublished(
            **self.following(now),
            month=month,
            percent=_percent(percent),
            source=required_text(source, "source"),
        )

    def correct(
        self, month: Competencia, percent: Decimal, source: str, now: datetime
    ) -> IndexPointCorrected | None:
        """Replace a point. Contracts adjusted by the old one stay as they are."""
        known = self.points.get(_month(month))
        if known is None:
            raise IndexPointMissingError(month=month)
        if known == percent:
            return None
        return IndexPointCorrected(
            **self.following(now),
            month=month,
            percent=_percent(percent),
            source=required_text(source, "source"),
        )


def _month(text: str) -> str:
    try:
        date.fromisoformat(f"{text}-01")
    except ValueError:
        raise IndexMonthInvalidError(month=text) from None
    return text


def _percent(percent: Decimal) -> Decimal:
    if not percent.is_finite() or not _LOWEST < percent < _HIGHEST or percent != percent.quantize(CENT):
        raise IndexPercentInvalidError(percent=str(percent))
    return percent


def evolve(index: PriceIndex | None, event: PriceIndexEvent) -> PriceIndex:
    """The state one fact later."""
    if isinstance(event, PriceIndexRegistered):
        return PriceIndex(
            id=event.originator_id,
            version=event.originator_version,
            company_id=event.company_id,
            code=event.code,
            name=event.name,
            sgs_code=event.sgs_code,
        )
    assert index is not None
    match event:
        case IndexPointPublished() | IndexPointCorrected():
            return index.moved(event, points={**index.points, event.month: event.percent})
        case _:
            assert_never(event)


project = projector(evolve)
