"""Fator de vencimento: the four digits by which a barcode tells its due date."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from domain.kernel import DomainError

NO_DUE_DATE = "0000"

_BASE = date(1997, 10, 7)
_FIRST, _CYCLE = 1000, 9000
# What banks accept around their own day (FEBRABAN, return of the factor to 1000 on 2025-02-22).
_FACTORS_BACK, _FACTORS_FORWARD = 3000, 5500


class DueFactorInvalidError(DomainError):
    """The due date has no factor, or the factor no due date. Details: `reason` (`before_first`,
    `form`, `outside_window`), and `due_on` or `factor`. Correct the due date, or issue a new boleto."""


@lru_cache(maxsize=16_384)
def due_factor(due_on: date | None) -> str:
    """Days since 7 October 1997; after 9999, on 21 February 2025, it goes on with 1000.

    The first date with a factor is 3 July 2000 (1000): a leading zero says that there is none
    (Carta-Circular BCB 2.926/2000). No due date gives "0000".
    """
    if due_on is None:
        return NO_DUE_DATE
    days = (due_on - _BASE).days
    if days < _FIRST:
        raise DueFactorInvalidError(
            f"{due_on} is before 2000-07-03, the first due date of a barcode",
            reason="before_first",
            due_on=due_on.isoformat(),
        )
    return str(_FIRST + (days - _FIRST) % _CYCLE)


def due_date(factor: str, reference: date) -> date | None:
    """The due date that a bank reads from a factor on the day `reference`; None where there is none.

    One factor stands for a day in each cycle of 9,000 days: it means the one from 3,000 days before
    to 5,500 days after `reference`. The 499 factors outside that window are refused.
    """
    if len(factor) != 4 or not (factor.isascii() and factor.isdigit()):
        raise DueFactorInvalidError("a due-date factor has four digits", reason="form", factor=factor)
    if factor[0] == "0":
        return None
    today = (reference - _BASE).days
    earliest = max(_FIRST, today - _FACTORS_BACK)
    days = earliest + (int(factor) - earliest) % _CYCLE
    if days > today + _FACTORS_FORWARD:
        raise DueFactorInvalidError(
            f"no due date near {reference} has the factor {factor}", reason="outside_window", factor=factor
        )
    return _BASE + timedelta(days=days)
