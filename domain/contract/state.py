"""What a contract remembers of its facts, and what follows from it for each period."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from domain.contract.clock import PriceClock
from domain.contract.events import Terms
from domain.contract.periods import Periods
from domain.contract.plan import Plan
from domain.kernel import Aggregate
from domain.values import ids
from domain.values.payment import ValueType


class ContractState(Aggregate):
    """What decisions need and no more: `plan` says what periods are, `periods` which were generated,
    `clock` when the index clause acts."""

    code: str
    customer_id: UUID
    notes: str | None
    plan: Plan
    clock: PriceClock
    periods: Periods = Periods()

    def terms_of(self, ordinal: int) -> Terms:
        """The terms of one period."""
        return self.plan.terms_of(ordinal)

    @property
    def next_adjustment_on(self) -> date | None:
        """When the index clause acts next; None without a clause, or if no period is left for it."""
        clause = self.plan.terms.adjustment
        if clause is None:
            return None
        adjusts_on = self.clock.next_on(clause)
        return adjusts_on if self.plan.covers(self.plan.ordinal_from(adjusts_on)) else None

    @property
    def past_end(self) -> tuple[int, ...]:
        """The periods with a live invoice that fall due after the contract's end."""
        return tuple(ordinal for ordinal in self.periods.live() if not self.plan.covers(ordinal))

    def invoice_of(self, ordinal: int, attempt: int) -> UUID:
        """The period's invoice; the instalments of a single nota share that of ordinal 1."""
        return ids.invoice_id(self.id, 1 if self._single else ordinal, attempt)

    def instalment_of(self, ordinal: int) -> int:
        """The period's number among the instalments of its invoice."""
        return 1 + self.periods.live().index(ordinal) if self._single else 1

    def is_value_pending(self, ordinal: int) -> bool:
        """Whether the amount waits: for its definitive value (F113), or for an index (V5)."""
        held_from = self.clock.held_from
        return (held_from is not None and ordinal >= held_from) or self.plan.terms_of(ordinal).variable

    def is_forecast(self, ordinal: int) -> bool:
        """Whether the period lies beyond the next index adjustment (V6)."""
        adjusts_on = self.next_adjustment_on
        return adjusts_on is not None and self.plan.agreed_due(ordinal) >= adjusts_on

    @property
    def _split(self) -> bool:
        return self.plan.terms.value_type is ValueType.SPLIT

    @property
    def _single(self) -> bool:
        return self.plan.terms.nfse == "single"

    def _freed(self) -> list[int]:
        if self._single and self.periods.live():
            return []
        return sorted(ordinal for ordinal in self.periods.released if self.plan.covers(ordinal))
