"""The index clause: which months count, what they accumulate, and what is done when one is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Literal

from domain.calendar import add_months
from domain.contract.events import AdjustmentClause, IndexPoint, Terms
from domain.kernel import CENT
from domain.values.competencia import competencia_of

type Published = Mapping[str, Decimal]
"""Each published month (`YYYY-MM`) of one index, in per cent."""

type Outcome = Literal["applied", "floored", "held", "skipped", "last_known"]

NO_CHANGE = Decimal(1)
_DIGITS = 14
"""The most digits that one monthly point can add to an exact product."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the clause comes to on one date: `accumulated` is exact, `applied` is what prices take."""

    outcome: Outcome
    points: tuple[IndexPoint, ...]
    accumulated: Decimal
    applied: Decimal

    @property
    def factor(self) -> str:
        """The exact product, in plain digits."""
        return f"{self.accumulated:f}"


def window(adjusts_on: date, months: int) -> tuple[str, ...]:
    """The months whose points count: those of the period that ends the month before the adjustment."""
    first = adjusts_on.replace(day=1)
    return tuple(competencia_of(add_months(first, -back)) for back in range(months, 0, -1))


def missing(adjusts_on: date, clause: AdjustmentClause, published: Published) -> tuple[str, ...]:
    """The months of the window that are not published."""
    return tuple(month for month in window(adjusts_on, clause.every_months) if month not in published)


def measure(adjusts_on: date, clause: AdjustmentClause, published: Published) -> Measured:
    """Apply the clause on its date, with what is published (V5)."""
    months = window(adjusts_on, clause.every_months)
    outcome: Outcome = "applied"
    if missing(adjusts_on, clause, published):
        if clause.when_unpublished == "skip":
            return Measured("skipped", (), NO_CHANGE, NO_CHANGE)
        known = _last_known(months, published) if clause.when_unpublished == "last_known" else ()
        if not known:
            return Measured("held", (), NO_CHANGE, NO_CHANGE)
        months, outcome = known, "last_known"
    points = tuple(IndexPoint(month=month, percent=published[month]) for month in months)
    exact = accumulated(points)
    if exact < NO_CHANGE and clause.when_negative == "floor":
        return Measured("floored", points, exact, NO_CHANGE)
    applied = NO_CHANGE + percent_of(exact) / 100 if clause.rounded_percent else exact
    return Measured(outcome, points, exact, applied)


def counted_from(terms: Terms, today: date) -> date:
    """From when adjustments are counted in a contract whose past is not billed here.

    Its price is the one in force, so the adjustments up to today are taken as done (V14, F127).
    """
    day = terms.starts_on
    if terms.adjustment is not None:
        months = (today.year - day.year) * 12 + today.month - day.month
        done = months // terms.adjustment.every_months
        while done > 0 and add_months(day, done * terms.adjustment.every_months) > today:
            done -= 1
        day = add_months(day, done * terms.adjustment.every_months)
    return day


def _last_known(months: tuple[str, ...], published: Published) -> tuple[str, ...]:
    """The latest window of the same length that is published whole; empty when there is none."""
    for end in sorted((month for month in published if month < months[-1]), reverse=True):
        after_end = add_months(date.fromisoformat(f"{end}-01"), 1)
        slid = window(after_end, len(months))
        if all(month in published for month in slid):
            return slid
    return ()


def accumulated(points: tuple[IndexPoint, ...]) -> Decimal:
    """The exact product of the monthly points as a factor, never rounded on the way (V5b)."""
    with localcontext(prec=_DIGITS * (len(points) + 1)):
        factor = NO_CHANGE
        for point in points:
            factor *= NO_CHANGE + point.percent / 100
        return factor.normalize()


def percent_of(factor: Decimal) -> Decimal:
    """A factor as a percentage with two decimals, half-up, the way indices are quoted."""
    with localcontext(prec=len(factor.as_tuple().digits) + _DIGITS):
        return ((factor - NO_CHANGE) * 100).quantize(CENT, rounding=ROUND_HALF_UP)
