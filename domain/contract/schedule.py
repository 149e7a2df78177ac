"""When the periods of a contract fall due: pure arithmetic on terms, in the contract's own count.

A period is known by its ordinal, from 1. Its agreed due date comes from the terms alone; the due
date that is charged is the agreed one, moved to a bank day where the terms ask for it (V8).
"""

from __future__ import annotations

from datetime import date, timedelta

from domain.calendar import add_months, clamp_day, next_bank_day, previous_bank_day
from domain.contract.events import Periodicity, Terms
from domain.values.competencia import competencia_of
from domain.values.payment import DueShift

DAYS = {Periodicity.WEEKLY: 7, Periodicity.FORTNIGHTLY: 14}
MONTHS = {
    Periodicity.MONTHLY: 1,
    Periodicity.BIMONTHLY: 2,
    Periodicity.QUARTERLY: 3,
    Periodicity.HALF_YEARLY: 6,
    Periodicity.YEARLY: 12,
}
HORIZON_MONTHS = 12


def suggest_first_due(starts_on: date, due_day: int | None) -> date:
    """V2c: the first date with the due day on or after the start; the start itself without one."""
    if due_day is None:
        return starts_on
    this_month = clamp_day(starts_on.year, starts_on.month, due_day)
    return this_month if this_month >= starts_on else add_months(starts_on, 1, due_day)


def agreed_due(terms: Terms, ordinal: int) -> date:
    """The due date before bank days: the first as typed, then the due day of each month (V17).

    A month without that day gives its last one, and the next month the due day again (F122).
    """
    if ordinal == 1:
        return terms.first_due_on
    if (days := DAYS.get(terms.periodicity)) is not None:
        return terms.first_due_on + timedelta(days=days * (ordinal - 1))
    return add_months(terms.first_due_on, MONTHS[terms.periodicity] * (ordinal - 1), terms.due_day)


def due_on(terms: Terms, ordinal: int) -> date:
    """The due date that is charged. A shift (V8) never carries it past the contract's end (F115)."""
    agreed = agreed_due(terms, ordinal)
    if terms.due_shift is DueShift.NONE:
        return agreed
    if terms.due_shift is DueShift.PREVIOUS:
        return previous_bank_day(agreed)
    shifted = next_bank_day(agreed)
    return agreed if terms.ends_on is not None and shifted > terms.ends_on else shifted


def first_period_from(terms: Terms) -> date:
    """The first day of period 1: the due date before the first one, had there been one (V9).

    It is counted from the due day before it is clamped: due day 31 and first due 28 February give
    31 January. A first due date off the due day counts its own day.
    """
    first = terms.first_due_on
    if (days := DAYS.get(terms.periodicity)) is not None:
        return first - timedelta(days=days)
    day = terms.due_day
    if day is None or first != clamp_day(first.year, first.month, day):
        day = first.day
    return add_months(first, -MONTHS[terms.periodicity], day)


def ordinal_by(terms: Terms, day: date) -> int:
    """The last period whose agreed due date is not after `day`; 0 when there is none."""
    first = terms.first_due_on
    if day < first:
        return 0
    if (days := DAYS.get(terms.periodicity)) is not None:
        return (day - first).days // days + 1
    months = (day.year - first.year) * 12 + day.month - first.month
    ordinal = months // MONTHS[terms.periodicity] + 1
    return ordinal if agreed_due(terms, ordinal) <= day else ordinal - 1


def competencia(terms: Terms, ordinal: int) -> str:
    """The month in which the period accrues: that of its agreed due date, moved by the offset (F139)."""
    month = agreed_due(terms, ordinal).replace(day=1)
    return competencia_of(add_months(month, terms.competencia_offset_months))


def horizon_until(terms: Terms, today: date) -> date:
    """The last day of the rolling horizon of an open-ended contract (F119).

    Twelve months from today, or from the first due date while that lies ahead.
    """
    return add_months(max(today, terms.first_due_on), HORIZON_MONTHS) - timedelta(days=1)


def opening_ordinal(terms: Terms, today: date) -> int:
    """The first period to generate, by the choice of a contract that starts before today (V14)."""
    if terms.retroactive == "every_period" or terms.starts_on >= today:
        return 1
    cutoff = today if terms.retroactive == "from_today" else add_months(today.replace(day=1), 1)
    ordinal = ordinal_by(terms, cutoff) or 1
    while due_on(terms, ordinal) < cutoff:
        ordinal += 1
    return ordinal
