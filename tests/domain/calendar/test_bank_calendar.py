"""The bank-day calendar against a table that is computed here by another method."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import (
    CALENDAR_VERSION,
    add_bank_days,
    add_months,
    bank_days_between,
    bank_holidays,
    clamp_day,
    is_bank_day,
    last_weekday_of_year,
    next_bank_day,
    payable_until,
    previous_bank_day,
)

YEARS = range(2020, 2036)
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))

# Paschal full moon by golden number, valid 1900-2199 (the tables of the Book of Common Prayer).
FULL_MOON = {
    1: (4, 14), 2: (4, 3), 3: (3, 23), 4: (4, 11), 5: (3, 31), 6: (4, 18), 7: (4, 8),
    8: (3, 28), 9: (4, 16), 10: (4, 5), 11: (3, 25), 12: (4, 13), 13: (4, 2), 14: (3, 22),
    15: (4, 10), 16: (3, 30), 17: (4, 17), 18: (4, 7), 19: (3, 27),
}  # fmt: skip

EASTERS = [
    "2020-04-12", "2021-04-04", "2022-04-17", "2023-04-09", "2024-03-31", "2025-04-20",
    "2026-04-05", "2027-03-28", "2028-04-16", "2029-04-01", "2030-04-21", "2031-04-13",
    "2032-03-28", "2033-04-17", "2034-04-09", "2035-03-25",
]  # fmt: skip


def easter_by_full_moon(year: int) -> date:
    day = date(year, *FULL_MOON[year % 19 + 1]) + timedelta(days=1)
    while day.isoweekday() != 7:
        day += timedelta(days=1)
    return day


def table(year: int) -> set[date]:
    easter = easter_by_full_moon(year)
    names = ["01-01", "04-21", "05-01", "09-07", "10-12", "11-02", "11-15", "12-25"]
    names += ["11-20"] if year > 2023 else []
    days = {date.fromisoformat(f"{year}-{name}") for name in names}
    ash_wednesday = easter - timedelta(weeks=6, days=4)
    days |= {ash_wednesday - timedelta(days=2), ash_wednesday - timedelta(days=1)}
    return days | {easter - timedelta(days=2), easter + timedelta(weeks=8, days=4)}


def test_the_table_of_easters_agrees_with_the_full_moons() -> None:
    assert [easter_by_full_moon(year).isoformat() for year in YEARS] == EASTERS


@pytest.mark.parametrize("year", YEARS)
def test_holidays_of_a_year_are_those_of_the_table(year: int) -> None:
    assert bank_holidays(year) == table(year)
    assert len(bank_holidays(year)) == (13 if year > 2023 else 12)


@pytest.mark.parametrize("year", YEARS)
def test_bank_days_are_the_weekdays_outside_the_table(year: int) -> None:
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]
    expected = [day for day in days if day.isoweekday() <= 5 and day not in table(year)]
    assert [day for day in days if is_bank_day(day)] == expected


@pytest.mark.parametrize(("year", "count"), [(2020, 251), (2022, 251), (2023, 249), (2024, 253)])
def test_a_year_has_as_many_bank_days_as_anbima_counts(year: int, count: int) -> None:
    assert bank_days_between(date(year - 1, 12, 31), date(year, 12, 31)) == count


@pytest.mark.parametrize(
    "day",
    ["2026-02-16", "2026-02-17", "2026-04-03", "2026-06-04", "2026-11-20", "2025-11-20", "2024-03-29"],
)
def test_well_known_days_without_banks(day: str) -> None:
    assert not is_bank_day(date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2023-11-20", "2026-02-18", "2026-12-24", "2026-12-31", "2026-06-05"])
def test_well_known_days_with_banks(day: str) -> None:
    assert is_bank_day(date.fromisoformat(day))


def test_the_version_is_fixed_with_the_rules() -> None:
    assert CALENDAR_VERSION == 1


@pytest.mark.parametrize(
    ("year", "day"),
    [(2022, 30), (2023, 29), (2024, 31), (2026, 31), (2027, 31), (2028, 29), (2033, 30)],
)
def test_last_weekday_of_the_year(year: int, day: int) -> None:
    assert last_weekday_of_year(year) == date(year, 12, day)


@pytest.mark.parametrize(
    ("due_on", "until"),
    [
        ("2026-11-13", "2026-11-13"),
        ("2026-11-14", "2026-11-16"),
        ("2026-02-14", "2026-02-18"),
        ("2026-04-03", "2026-04-06"),
        ("2026-12-25", "2026-12-28"),
        ("2026-12-30", "2026-12-30"),
        ("2026-12-31", "2027-01-04"),
        ("2027-01-01", "2027-01-04"),
        ("2022-12-30", "2023-01-02"),
        ("2022-12-31", "2023-01-02"),
        ("2028-12-29", "2029-01-02"),
        ("2029-12-29", "2030-01-02"),
        ("2029-12-31", "2030-01-02"),
    ],
)
def test_what_falls_due_without_banks_is_payable_on_the_next_bank_day(due_on: str, until: str) -> None:
    assert payable_until(date.fromisoformat(due_on)) == date.fromisoformat(until)


@pytest.mark.parametrize(
    ("due_on", "until"),
    [("2026-12-31", "2026-12-31"), ("2022-12-30", "2022-12-30"), ("2029-12-29", "2029-12-31")],
)
def test_without_the_year_end_rule_the_last_weekday_is_like_any_other(due_on: str, until: str) -> None:
    assert payable_until(date.fromisoformat(due_on), year_end_rule=False) == date.fromisoformat(until)


@given(DAYS, st.booleans())
def test_payable_until_is_a_bank_day_and_never_before_the_due_date(day: date, rule: bool) -> None:
    until = payable_until(day, rule)
    assert until >= day
    assert is_bank_day(until)
    # Never skips a bank day, but for the last weekday of a year.
    skipped = {day + timedelta(days=n) for n in range((until - day).days)}
    allowed = {last_weekday_of_year(day.year)} if rule else set()
    assert {d for d in skipped if is_bank_day(d)} <= allowed


@given(DAYS)
def test_next_and_previous_bank_day_enclose_the_day_with_nothing_between(day: date) -> None:
    before, after = previous_bank_day(day), next_bank_day(day)
    assert is_bank_day(before)
    assert is_bank_day(after)
    assert before <= day <= after
    assert (before == after == day) == is_bank_day(day)
    assert bank_days_between(before, after) == (0 if before == after else 1)


@given(DAYS, st.integers(1, 60))
def test_bank_days_forward_and_back_are_inverse(day: date, count: int) -> None:
    start = next_bank_day(day)
    there = add_bank_days(start, count)
    assert add_bank_days(there, -count) == start
    assert bank_days_between(start, there) == count


def test_no_bank_days_on_from_a_holiday_is_the_next_bank_day() -> None:
    assert add_bank_days(date(2026, 11, 20), 0) == date(2026, 11, 23)
    assert add_bank_days(date(2026, 11, 19), 0) == date(2026, 11, 19)
    assert bank_days_between(date(2026, 11, 20), date(2026, 11, 1)) == 0


@pytest.mark.parametrize(
    ("day", "count", "due_day", "expected"),
    [
        ("2026-01-31", 1, None, "2026-02-28"),
        ("2026-02-28", 1, 31, "2026-03-31"),
        ("2028-01-31", 1, None, "2028-02-29"),
        ("2026-03-31", 1, 31, "2026-04-30"),
        ("2026-11-15", 2, None, "2027-01-15"),
        ("2026-01-15", -1, None, "2025-12-15"),
        ("2026-03-31", -13, 31, "2025-02-28"),
        ("2026-05-10", 0, 31, "2026-05-31"),
        ("2026-05-10", 24, 5, "2028-05-05"),
    ],
)
def test_months_are_added_with_the_day_clamped(
    day: str, count: int, due_day: int | None, expected: str
) -> None:
    assert add_months(date.fromisoformat(day), count, due_day) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("year", "month", "expected"), [(2026, 2, 28), (2028, 2, 29), (2026, 4, 30), (2026, 5, 31)]
)
def test_day_31_is_clamped_to_the_end_of_the_month(year: int, month: int, expected: int) -> None:
    assert clamp_day(year, month, 31) == date(year, month, expected)
