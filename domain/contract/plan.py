"""A contract's terms through time: what each period falls due on, covers and costs."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Self

from domain.contract import schedule
from domain.contract.events import ContractAdjusted, ContractRevised, Terms
from domain.contract.pricing import period_amount
from domain.contract.revision import TermsVersion, amended, in_force
from domain.kernel import Frozen

DAY = timedelta(days=1)


class Plan(Frozen):
    """Every version of the terms, each in force from one period on. Answers only, no decisions."""

    versions: tuple[TermsVersion, ...]

    @classmethod
    def of(cls, terms: Terms) -> Self:
        """The plan of terms just agreed."""
        return cls(versions=(TermsVersion(from_ordinal=1, terms=terms),))

    @property
    def terms(self) -> Terms:
        """The latest terms, those of the furthest period."""
        return self.versions[-1].terms

    @property
    def term(self) -> int | None:
        """How many periods in all, by date or by count, whichever ends first; None if open-ended (F117)."""
        limits = [] if self.terms.instalment_count is None else [self.terms.instalment_count]
        if self.terms.ends_on is not None:
            limits.append(self.ordinal_by(self.terms.ends_on))
        return min(limits, default=None)

    def covers(self, ordinal: int) -> bool:
        """Whether the period lies within the term."""
        return self.term is None or ordinal <= self.term

    def ordinal_by(self, day: date) -> int:
        """The last period whose agreed due date is not after `day`; 0 when there is none."""
        below: int | None = None
        for version in reversed(self.versions):
            ordinal = schedule.ordinal_by(version.terms, day)
            if below is not None:
                ordinal = min(ordinal, below)
            if ordinal >= version.from_ordinal:
                return ordinal
            below = version.from_ordinal - 1
        return 0

    def ordinal_from(self, day: date) -> int:
        """The first period whose agreed due date is on or after `day`."""
        return self.ordinal_by(day - DAY) + 1

    def terms_of(self, ordinal: int) -> Terms:
        """The terms of one period."""
        return in_force(self.versions, ordinal)

    def terms_on(self, day: date) -> Terms:
        """The terms of the first period that falls due on or after `day`."""
        return self.terms_of(self.ordinal_from(day))

    def agreed_due(self, ordinal: int) -> date:
        """The due date before bank days."""
        return schedule.agreed_due(self.terms_of(ordinal), ordinal)

    def due_on(self, ordinal: int) -> date:
        """The due date by today's terms; the period's invoice may have been moved since (F158)."""
        return schedule.due_on(self.terms_of(ordinal), ordinal)

    def period(self, ordinal: int) -> tuple[date, date]:
        """The first and the last day served: from the due date before to the day before this one (V9)."""
        until = self.agreed_due(ordinal) - DAY
        if ordinal > 1:
            return self.agreed_due(ordinal - 1), until
        terms = self.terms_of(1)
        return terms.pro_rata_from or schedule.first_period_from(terms), until

    def competencia(self, ordinal: int) -> str:
        """The month in which the period accrues (F139)."""
        return schedule.competencia(self.terms_of(ordinal), ordinal)

    def amount(self, ordinal: int) -> Decimal:
        """What the terms charge for the period."""
        return period_amount(self.terms_of(ordinal), ordinal)

    def first_collision(self) -> int | None:
        """The first period of a version that would not fall due after the one before it."""
        starts = (version.from_ordinal for version in self.versions if version.from_ordinal > 1)
        return next((each for each in starts if self.due_on(each) <= self.due_on(each - 1)), None)

    def revised(self, event: ContractRevised | ContractAdjusted) -> Self:
        """The plan once fields of the terms changed from a period on."""
        if not event.changed:
            return self
        return type(self)(versions=amended(self.versions, event.from_ordinal, event.changed, event.terms))

    def until(self, ends_on: date | None, instalment_count: int | None) -> Self:
        """The plan with another end, for every version: the term belongs to the contract as a whole."""
        end = {"ends_on": ends_on, "instalment_count": instalment_count}
        return type(self)(
            versions=tuple(
                TermsVersion(from_ordinal=each.from_ordinal, terms=each.terms.model_copy(update=end))
                for each in self.versions
            )
        )
