"""When a contract's price is adjusted by index next, and since when the present one holds."""

from __future__ import annotations

from datetime import date
from typing import Self

from domain.calendar import add_months
from domain.contract.errors import PriceAlreadyAdjustedError, PriceBeyondAdjustmentError
from domain.contract.events import AdjustmentClause, ContractAdjusted, ContractRevised, Terms
from domain.contract.pricing import gross_amount
from domain.kernel import Frozen


class PriceClock(Frozen):
    """Counts whole adjustment periods from a day, so that a start on the 31st does not drift.

    `counted_from`: the start, or the revision that restarted the count. `count`: adjustments decided
    since. `adjusted_on`: the latest of all. `held_from`: from this period on the amount waits for an
    unpublished index (V5).
    """

    counted_from: date
    count: int = 0
    adjusted_on: date | None = None
    held_from: int | None = None

    def next_on(self, clause: AdjustmentClause) -> date:
        """F127: the next adjustment date."""
        return add_months(self.counted_from, clause.every_months * (self.count + 1))

    def restarted_by(self, before: Terms, after: Terms, effective_on: date, adjusts_on: date | None) -> date:
        """The day to count from once these terms are revised.

        A new price or a first clause restarts the count (Lei 10.192/2001 art. 2 par. 2). A price can
        be revised from the last adjustment up to the next one (`adjusts_on`): before, it was settled
        by that adjustment; after, it is not known yet.
        """
        if gross_amount(before) != gross_amount(after):
            if self.adjusted_on is not None and effective_on < self.adjusted_on:
                raise PriceAlreadyAdjustedError(
                    f"{effective_on} < {self.adjusted_on}", adjusted_on=self.adjusted_on
                )
            if adjusts_on is not None and effective_on > adjusts_on:
                raise PriceBeyondAdjustmentError(f"{effective_on} > {adjusts_on}", adjusts_on=adjusts_on)
            return max(self.counted_from, effective_on)
        if before.adjustment is None and after.adjustment is not None:
            return max(self.counted_from, effective_on)
        if before.adjustment != after.adjustment and self.adjusted_on is not None:
            return self.adjusted_on
        return self.counted_from

    def with_revision(self, event: ContractRevised) -> Self:
        """After a revision. Another clause, or a restarted count, ends a wait for the index."""
        if event.adjusts_from != self.counted_from:
            return self.model_copy(update={"counted_from": event.adjusts_from, "count": 0, "held_from": None})
        if "adjustment" in event.changed:
            return self.model_copy(update={"held_from": None})
        return self

    def with_adjustment(self, event: ContractAdjusted) -> Self:
        """After an adjustment was decided, or put off."""
        if event.outcome == "held":
            return self.model_copy(update={"held_from": event.from_ordinal})
        return self.model_copy(
            update={"count": self.count + 1, "adjusted_on": event.effective_on, "held_from": None}
        )
