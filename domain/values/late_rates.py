"""Default fine and interest of a company or an account: lawful for whoever they will reach (F152)."""

from __future__ import annotations

from decimal import Decimal

from domain.kernel import DomainError

MAX_FINE_PERCENT = Decimal(2)
"""CDC art. 52 §1."""

MAX_INTEREST_PERCENT_MONTH = Decimal(1)
"""CTN art. 161 §1 with Código Civil art. 406 as courts read them for consumers."""

_PLACES = Decimal("0.0001")


class LateRatesUnlawfulError(DomainError):
    """A default fine is at most 2 %, a default interest at most 1 % a month. Lower the rate.

    A default goes into every new contract, and its customer may be a consumer. What companies agree
    on among themselves beyond that is written in their contract. Details: `field`
    (`fine_percent`, `interest_percent_month`), `reason` (`negative`, `too_high`, `places`), `limit`.
    """


def check_default_rates(fine_percent: Decimal, interest_percent_month: Decimal) -> None:
    """Refuse rates that no contract with a consumer may have."""
    _check("fine_percent", fine_percent, MAX_FINE_PERCENT)
    _check("interest_percent_month", interest_percent_month, MAX_INTEREST_PERCENT_MONTH)


def _check(field: str, rate: Decimal, limit: Decimal) -> None:
    reason = None
    if rate < 0:
        reason = "negative"
    elif rate > limit:
        reason = "too_high"
    elif rate != rate.quantize(_PLACES):
        reason = "places"
    if reason is not None:
        raise LateRatesUnlawfulError(
            f"{field} is {rate} %: from 0 to {limit}, with four places at most",
            field=field,
            reason=reason,
            limit=str(limit),
        )
