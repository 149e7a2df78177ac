"""What the check of completeness finds: periods that nothing accounts for, and those that wait, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

ZERO = Decimal("0.00")


class Kind(StrEnum):
    """`gap`: nothing accounts for it. `explained`: it waits, and for what is known. `read_model`: the
    facts are whole, a read model does not say what they say."""

    GAP = "gap"
    EXPLAINED = "explained"
    READ_MODEL = "read_model"


class Reason(StrEnum):
    """Stable codes; `web/` words them."""

    STREAM_CUT = "stream_cut"
    CONTRACT_MISSING = "contract_missing"
    NOT_GENERATED = "not_generated"
    INVOICE_MISSING = "invoice_missing"
    INVOICE_UNCLAIMED = "invoice_unclaimed"
    DUPLICATED = "duplicated"
    NOT_REGENERATED = "not_regenerated"
    BILLING_CUT = "billing_cut"
    NOT_BILLED = "not_billed"

    AWAITING_RUN = "awaiting_run"
    AWAITING_PERSON = "awaiting_person"
    VALUE_PENDING = "value_pending"
    PRICE_FORECAST = "price_forecast"
    ERROR = "error"
    CANCELLED = "cancelled"
    RESCHEDULED = "rescheduled"
    LEFT_OUT = "left_out"
    CONTRACT_ENDED = "contract_ended"
    BEYOND_HORIZON = "beyond_horizon"

    ROW_MISSING = "row_missing"
    ROW_DIFFERS = "row_differs"
    LISTING_BEHIND = "listing_behind"


OUTSIDE = frozenset({Reason.LEFT_OUT, Reason.CONTRACT_ENDED})
"""Periods that were agreed and are not owed: they explain a number, and are not among those expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One period, or one stream, and what is the matter with it. Names nobody."""

    kind: Kind
    reason: Reason
    company_id: UUID | None
    contract_id: UUID | None = None
    contract_code: str | None = None
    ordinal: int | None = None
    attempt: int | None = None
    invoice_id: UUID | None = None
    due_on: date | None = None
    amount: Decimal = ZERO
    detail: str = ""


FINDING_FIELDS = tuple(field.name for field in fields(Finding))
"""A finding's columns, wherever it is kept or written out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is checked: the periods due up to a day, of some companies (None: all).

    `grace` is how many days after its due date a period may be unbilled before that is a gap.
    """

    until: date
    today: date
    companies: tuple[UUID, ...] | None = None
    grace: int = 3


@dataclass(slots=True)
class Tally:
    """The sums of one check."""

    asked: Asked
    position: int
    started_at: datetime
    finished_at: datetime | None = None
    contracts: int = 0
    events: int = 0
    expected: int = 0
    billed: int = 0
    counts: Counter[tuple[Kind, Reason]] = field(default_factory=Counter)
    amounts: dict[tuple[Kind, Reason], Decimal] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        """Count one finding."""
        key = finding.kind, finding.reason
        self.counts[key] += 1
        self.amounts[key] = self.amounts.get(key, ZERO) + finding.amount

    def of(self, kind: Kind) -> int:
        """How many findings of a kind."""
        return sum(count for (each, _), count in self.counts.items() if each is kind)

    @property
    def waiting(self) -> int:
        """Of the periods expected, those that are not billed for a reason that is known."""
        return self.of(Kind.EXPLAINED) - self.outside

    @property
    def outside(self) -> int:
        """Periods that are not owed."""
        return sum(self.counts[Kind.EXPLAINED, reason] for reason in OUTSIDE)

    @property
    def is_complete(self) -> bool:
        """Nothing is unaccounted for, and the read models say so, too."""
        return not (self.of(Kind.GAP) or self.of(Kind.READ_MODEL))
