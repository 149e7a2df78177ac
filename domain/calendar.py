"""Bank days of Brazil, computed by rule; the same day gives the same answer for ever under one version."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from functools import cache, lru_cache

CALENDAR_VERSION = 1
"""Facts that rest on a bank day carry this number; a change of the rules below raises it."""

_SATURDAY = 5
_DAY = timedelta(days=1)
_CONSCIENCIA_NEGRA_SINCE = 2024


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """The national days without banks (Resolução CMN 4.880/2020 art. 5; 20 November by Lei 14.759/2023).

    City and state holidays are left out: a boleto can be paid in any city.
    """
    easter = _easter(year)
    fixed = [(1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25)]
    if year >= _CONSCIENCIA_NEGRA_SINCE:
        fixed.append((11, 20))
    # Carnival Monday and Tuesday, Good Friday, Corpus Christi.
    movable = (easter + timedelta(days=offset) for offset in (-48, -47, -2, 60))
    return frozenset([*movable, *(date(year, month, day) for month, day in fixed)])


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, ch. 8)."""
    golden = year % 19
    century, year_of_century = divmod(year, 100)
    leap_centuries, century_rest = divmod(century, 4)
    moon_shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon_shift + 15) % 30
    leaps, leap_rest = divmod(year_of_century, 4)
    weekday = (32 + 2 * century_rest + 2 * leaps - epact - leap_rest) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=16_384)
def is_bank_day(day: date) -> bool:
    """Whether banks settle on this day. The year's last weekday is one, though they see no public."""
    return day.weekday() < _SATURDAY and day not in bank_holidays(day.year)


@lru_cache(maxsize=16_384)
def next_bank_day(day: date) -> date:
    """The first bank day on or after `day`: a bank day gives itself."""
    while not is_bank_day(day):
        day += _DAY
    return day


@lru_cache(maxsize=16_384)
def previous_bank_day(day: date) -> date:
    """The last bank day on or before `day`: a bank day gives itself."""
    while not is_bank_day(day):
        day -= _DAY
    return day


def add_bank_days(day: date, count: int) -> date:
    """The bank day `count` bank days after `day`; before it when negative.

    Zero gives the first bank day on or after `day`.
    """
    if count == 0:
        return next_bank_day(day)
    step = _DAY if count > 0 else -_DAY
    for _ in range(abs(count)):
        day += step
        while not is_bank_day(day):
            day += step
    return day


def bank_days_between(start: date, end: date) -> int:
    """How many bank days there are after `start` up to `end`, `end` included; 0 if it is not later."""
    return sum(is_bank_day(start + n * _DAY) for n in range(1, (end - start).days + 1))


@cache
def last_weekday_of_year(year: int) -> date:
    """31 December, or the Friday before it: a bank day on which branches see no public."""
    day = date(year, 12, 31)
    return day - max(0, day.weekday() - _SATURDAY + 1) * _DAY


@lru_cache(maxsize=16_384)
def payable_until(due_on: date, year_end_rule: bool = True) -> date:
    """The last day on which what falls due on `due_on` is paid without charges (V8).

    A due date without banks goes to the next bank day (Lei 7.089/1983; Código Civil art. 132 §1).
    Under `year_end_rule` a payment day that lands on the year's last weekday goes on to the next
    bank day, since branches see no public on it (FEBRABAN's yearly notice); so does what fell due
    on the weekend right before it.
    """
    day = next_bank_day(due_on)
    if year_end_rule and day == last_weekday_of_year(day.year):
        return add_bank_days(day, 1)
    return day


_SHORTEST_MONTH = 28


def clamp_day(year: int, month: int, day: int) -> date:
    """That day of the month, or the month's last if it has no such day (F122)."""
    if day > _SHORTEST_MONTH:
        day = min(day, monthrange(year, month)[1])
    return date(year, month, day)


def add_months(day: date, count: int, due_day: int | None = None) -> date:
    """The day `count` months away (or before, when negative), clamped to its month's end.

    `due_day` is the day that is wanted, before any clamping; without it, the day of `day`. Give it
    in a series, or 31 January, 28 February goes on as 28 March.
    """
    years, month = divmod(day.month - 1 + count, 12)
    return clamp_day(day.year + years, month + 1, due_day or day.day)
