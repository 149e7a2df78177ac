"""What a benchmark answers: ratios measured within one run, each against its goal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Row:
    """One measured ratio. `goal` None: printed, nothing is asked of it. `note` has the plain numbers."""

    name: str
    ratio: float
    goal: float | None
    better: Literal["higher", "lower"]
    note: str

    @property
    def met(self) -> bool:
        """Whether the ratio reaches its goal."""
        if self.goal is None:
            return True
        return self.ratio >= self.goal if self.better == "higher" else self.ratio <= self.goal

    def as_json(self) -> dict[str, Any]:
        """The row as `bench/latest.json` holds it."""
        return {**asdict(self), "met": self.met}
