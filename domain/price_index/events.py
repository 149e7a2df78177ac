"""The facts of a price index (IGP-M, IPCA, INPC …)."""

from __future__ import annotations

from typing import ClassVar

from domain.kernel import DomainEvent, Rate
from domain.values.competencia import Competencia


class PriceIndexRegistered(DomainEvent):
    """An index that contracts may name (F125). `sgs_code` is its series at the central bank."""

    TOPIC: ClassVar[str] = "price_index.registered.v1"
    code: str
    name: str
    sgs_code: int | None


class IndexPointPublished(DomainEvent):
    """The index's change in one month, in per cent, as published (two decimals)."""

    TOPIC: ClassVar[str] = "price_index.point_published.v1"
    month: Competencia
    percent: Rate
    source: str


class IndexPointCorrected(DomainEvent):
    """A point was typed wrong or its publisher corrected it; contracts adjusted by it stay."""

    TOPIC: ClassVar[str] = "price_index.point_corrected.v1"
    month: Competencia
    percent: Rate
    source: str


PriceIndexEvent = PriceIndexRegistered | IndexPointPublished | IndexPointCorrected
