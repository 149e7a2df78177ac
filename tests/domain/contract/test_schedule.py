"""When periods fall due, what they cover, and the month in which they accrue."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from domain.contract.events import Periodicity, Terms
from domain.contract.plan import Plan
from domain.contract.schedule import (
    agreed_due,
    competencia,
    due_on,
    first_period_from,
    ordinal_by,
    suggest_first_due,
)
from domain.values.payment import DueShift
from tests.domain.contract import builders as b


@pytest.mark.parametrize(
    ("starts_on", "due_day", "suggested"),
    [
        (date(2026, 9, 15), 5, date(2026, 10, 5)),
        (date(2026, 9, 15), 15, date(2026, 9, 15)),
        (date(2026, 9, 15), 16, date(2026, 9, 16)),
        (date(2026, 2, 10), 31, date(2026, 2, 28)),
        (date(2028, 2, 10), 30, date(2028, 2, 29)),
        (date(2026, 2, 28), 31, date(2026, 2, 28)),
        (date(2026, 12, 20), 10, date(2027, 1, 10)),
        (date(2026, 9, 15), None, date(2026, 9, 15)),
    ],
)
def test_the_first_due_date_suggested_is_the_first_due_day_from_the_start(
    starts_on: date, due_day: int | None, suggested: date
) -> None:
    assert suggest_first_due(starts_on, due_day) == suggested


def test_a_due_day_is_clamped_to_the_end_of_the_month_and_back() -> None:
    agreed = b.due_on(date(2026, 1, 31))
    assert [agreed_due(agreed, n) for n in range(1, 5)] == [
        date(2026, 1, 31),
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
    ]


def test_a_leap_year_has_29_february() -> None:
    assert agreed_due(b.due_on(date(2028, 1, 31)), 2) == date(2028, 2, 29)


def test_the_first_due_date_is_used_as_typed_and_the_others_take_the_due_day() -> None:
    agreed = b.terms(first_due_on=date(2026, 9, 20), due_day=5)
    assert [agreed_due(agreed, n) for n in (1, 2, 3)] == [
        date(2026, 9, 20),
        date(2026, 10, 5),
        date(2026, 11, 5),
    ]


@pytest.mark.parametrize(
    ("periodicity", "third"),
    [
        (Periodicity.MONTHLY, date(2026, 3, 31)),
        (Periodicity.BIMONTHLY, date(2026, 5, 31)),
        (Periodicity.QUARTERLY, date(2026, 7, 31)),
        (Periodicity.HALF_YEARLY, date(2027, 1, 31)),
        (Periodicity.YEARLY, date(2028, 1, 31)),
    ],
)
def test_each_periodicity_counts_its_months(periodicity: Periodicity, third: date) -> None:
    assert agreed_due(b.due_on(date(2026, 1, 31), periodicity=periodicity), 3) == third


@pytest.mark.parametrize(("periodicity", "days"), [(Periodicity.WEEKLY, 7), (Periodicity.FORTNIGHTLY, 14)])
def test_weeks_are_counted_from_the_first_due_date(periodicity: Periodicity, days: int) -> None:
    agreed = b.weekly(periodicity=periodicity, first_due_on=date(2026, 1, 31))
    dates = [agreed_due(agreed, n) for n in range(1, 6)]
    assert {later - earlier for earlier, later in pairwise(dates)} == {timedelta(days=days)}
    assert dates[0] == date(2026, 1, 31)


def test_a_shift_moves_a_due_date_to_a_bank_day() -> None:
    saturday = date(2026, 11, 14)
    assert due_on(b.due_on(saturday), 1) == saturday
    assert due_on(b.due_on(saturday, due_shift=DueShift.NEXT), 1) == date(2026, 11, 16)
    assert due_on(b.due_on(saturday, due_shift=DueShift.PREVIOUS), 1) == date(2026, 11, 13)


def test_a_shift_does_not_carry_the_last_due_date_past_the_end() -> None:
    saturday = date(2026, 10, 31)
    agreed = b.due_on(date(2026, 8, 31), due_shift=DueShift.NEXT, ends_on=saturday)
    assert due_on(agreed, 3) == saturday
    assert due_on(agreed.model_copy(update={"ends_on": date(2026, 12, 31)}), 3) == date(2026, 11, 3)


def test_the_first_period_runs_from_the_due_day_before_it_is_clamped() -> None:
    agreed = b.terms(first_due_on=date(2026, 2, 28), due_day=31)
    assert first_period_from(agreed) == date(2026, 1, 31)
    assert Plan.of(agreed).period(1) == (date(2026, 1, 31), date(2026, 2, 27))


def test_a_first_due_date_off_the_due_day_counts_its_own_day() -> None:
    assert first_period_from(b.terms(first_due_on=date(2026, 9, 20), due_day=5)) == date(2026, 8, 20)


def test_the_first_week_is_the_one_before_the_first_due_date() -> None:
    assert first_period_from(b.weekly(first_due_on=date(2026, 1, 31))) == date(2026, 1, 24)


def test_periods_follow_each_other_without_a_gap() -> None:
    plan = Plan.of(b.terms(first_due_on=date(2026, 1, 20), due_day=31))
    spans = [plan.period(n) for n in range(1, 20)]
    assert all(earlier[1] + timedelta(days=1) == later[0] for earlier, later in pairwise(spans))


def test_the_competencia_is_the_month_of_the_due_date_moved_by_the_offset() -> None:
    agreed = b.due_on(date(2026, 1, 31))
    assert competencia(agreed, 2) == "2026-02"
    assert competencia(agreed.model_copy(update={"competencia_offset_months": -1}), 1) == "2025-12"
    assert competencia(agreed.model_copy(update={"competencia_offset_months": 2}), 11) == "2027-01"


def test_a_shift_into_the_next_month_does_not_move_the_competencia() -> None:
    agreed = b.due_on(date(2026, 10, 31), due_shift=DueShift.NEXT)
    assert (due_on(agreed, 1), competencia(agreed, 1)) == (date(2026, 11, 3), "2026-10")


@pytest.mark.parametrize("agreed", [b.due_on(date(2026, 1, 31)), b.weekly(), b.terms(due_day=20)])
def test_the_last_ordinal_by_a_day_agrees_with_counting(agreed: Terms) -> None:
    for day in (date(2025, 12, 20) + timedelta(days=n) for n in range(400)):
        counted = sum(agreed_due(agreed, n) <= day for n in range(1, 60))
        assert ordinal_by(agreed, day) == counted
