"""Fine and interest of a late payment: pure arithmetic on days, rates and what was paid when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from domain.invoice.events import LateCharges
from domain.kernel import cents

ZERO = Decimal("0.00")
_MONTH_DAYS = 30


@dataclass(frozen=True, slots=True)
class Abatement:
    """Principal that stopped being owed on a day: paid or forgiven."""

    on: date
    principal: Decimal


class Owed(NamedTuple):
    """What one instalment owes on a day, in cents."""

    principal: Decimal
    fine: Decimal
    interest: Decimal

    @property
    def total(self) -> Decimal:
        return self.principal + self.fine + self.interest


def accrued(
    amount: Decimal,
    due_on: date,
    payable_until: date,
    paid_on: date,
    charges: LateCharges,
    abated: Iterable[Abatement] = (),
) -> Owed:
    """Principal open on a day, and fine and interest accrued up to it, those already paid included.

    Up to `payable_until`, the first bank day on or after the due date, nothing accrues (Lei
    7.089/1983; CC art. 132 §1); past it, interest counts from the due date itself (STJ, 3ª Turma).
    The fine is charged once, on what was open when the term ended: a part paid in time reduces it
    (CC art. 413). Interest is simple, per 30-day month, on the principal open each day, never on
    interest (Decreto 22.626/1933 art. 4). Each is rounded half-up, once, over its whole time.
    """
    known = [each for each in abated if each.on <= paid_on]
    principal = amount - sum((each.principal for each in known), ZERO)
    if paid_on <= payable_until:
        return Owed(principal, ZERO, ZERO)
    late = [each for each in known if each.on > payable_until]
    unpaid_in_term = principal + sum((each.principal for each in late), ZERO)
    principal_days = principal * (paid_on - due_on).days + sum(
        (each.principal * (each.on - due_on).days for each in late), ZERO
    )
    return Owed(
        principal=principal,
        fine=cents(unpaid_in_term * charges.fine_percent / 100),
        interest=cents(principal_days * charges.interest_percent_month / (100 * _MONTH_DAYS)),
    )


class Share(NamedTuple):
    """How a receipt is imputed; its four parts add up to it."""

    principal: Decimal
    fine: Decimal
    interest: Decimal
    excess: Decimal


def impute(received: Decimal, owed: Owed, *, on_principal: bool = False) -> Share:
    """Divide a receipt: interest, then fine, then principal, and the rest is excess (CC art. 354).

    `on_principal` is the same article's exception, a creditor who gives the receipt on account of
    the principal: it is served first, and charges only from what is left.
    """
    first = min(received, owed.principal) if on_principal else ZERO
    interest = min(received - first, owed.interest)
    fine = min(received - first - interest, owed.fine)
    principal = first if on_principal else min(received - interest - fine, owed.principal)
    return Share(principal, fine, interest, received - principal - fine - interest)
