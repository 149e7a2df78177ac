"""Which periods a contract has generated, and which of them have a live invoice (V19)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from domain.contract.errors import PeriodUnknownError
from domain.kernel import Frozen


class Periods(Frozen):
    """Small whatever the age: bounds, and only the periods that are not on their first attempt.

    `first` and `last` bound the ordinals generated so far, without gaps; both 0 before the first.
    `attempts` holds the latest attempt where it is above 1, `released` the periods without a live
    invoice.
    """

    first: int = 0
    last: int = 0
    attempts: Mapping[int, int] = {}
    released: frozenset[int] = frozenset()

    def is_generated(self, ordinal: int) -> bool:
        """Whether the period ever had an invoice."""
        return 1 <= self.first <= ordinal <= self.last

    def is_live(self, ordinal: int) -> bool:
        """Whether the period has a live invoice: generated, and not freed since."""
        return self.is_generated(ordinal) and ordinal not in self.released

    def live(self) -> list[int]:
        """The periods with a live invoice, in order."""
        return [ordinal for ordinal in range(max(self.first, 1), self.last + 1) if self.is_live(ordinal)]

    def attempt(self, ordinal: int) -> int:
        """The latest attempt at a generated period."""
        return self.attempts.get(ordinal, 1)

    def check_generated(self, ordinal: int) -> None:
        """Refuse a period that never was."""
        if not self.is_generated(ordinal):
            raise PeriodUnknownError(f"period {ordinal}", ordinal=ordinal)

    def with_generated(self, ordinal: int, attempt: int) -> Self:
        """After one more attempt at a period."""
        if attempt == 1:
            return self.model_copy(update={"first": self.first or ordinal, "last": ordinal})
        return self.model_copy(
            update={
                "attempts": {**self.attempts, ordinal: attempt},
                "released": self.released - {ordinal},
            }
        )

    def with_released(self, ordinal: int) -> Self:
        """After a period's invoice was cancelled and the period freed."""
        return self.model_copy(update={"released": self.released | {ordinal}})
