"""The due-date factor across its return to 1000, and what banks read from it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.boleto.due_factor import DueFactorInvalidError, due_date, due_factor

DAYS = st.dates(date(2000, 7, 3), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("due_on", "factor"),
    [
        ("2000-07-03", "1000"),
        ("2025-02-21", "9999"),
        ("2025-02-22", "1000"),
        ("2026-11-16", "1632"),
        ("2049-10-13", "9999"),
        ("2049-10-14", "1000"),
    ],
)
def test_the_factor_goes_round_after_9999(due_on: str, factor: str) -> None:
    assert due_factor(date.fromisoformat(due_on)) == factor


@given(DAYS)
def test_the_next_day_has_the_next_factor(day: date) -> None:
    today, tomorrow = due_factor(day), due_factor(day + timedelta(days=1))
    assert (int(tomorrow) == int(today) + 1) or (today, tomorrow) == ("9999", "1000")


@given(DAYS, st.integers(-3000, 5500))
def test_a_factor_is_read_back_within_the_banks_window(reference: date, days: int) -> None:
    due_on = max(reference + timedelta(days=days), date(2000, 7, 3))
    assert due_date(due_factor(due_on), reference) == due_on


@given(DAYS.filter(lambda day: day > date(2010, 1, 1)), st.integers(5501, 5999))
def test_a_factor_outside_the_banks_window_is_refused(reference: date, days: int) -> None:
    with pytest.raises(DueFactorInvalidError) as refusal:
        due_date(due_factor(reference + timedelta(days=days)), reference)
    assert refusal.value.details["reason"] == "outside_window"


def test_one_factor_is_another_day_twenty_five_years_later() -> None:
    assert due_date("1632", date(2003, 1, 1)) == date(2002, 3, 27)
    assert due_date("1632", date(2026, 11, 1)) == date(2026, 11, 16)


@pytest.mark.parametrize("factor", ["0000", "0999"])
def test_a_leading_zero_means_no_due_date(factor: str) -> None:
    assert due_date(factor, date(2026, 1, 1)) is None


@pytest.mark.parametrize("factor", ["", "100", "10000", "1O00", "١٠٠٠"])
def test_what_is_no_factor_is_refused(factor: str) -> None:
    with pytest.raises(DueFactorInvalidError) as refusal:
        due_date(factor, date(2026, 1, 1))
    assert refusal.value.details["reason"] == "form"


@pytest.mark.parametrize("due_on", ["1997-10-06", "1997-10-07", "2000-07-02"])
def test_a_due_date_before_the_factors_began_is_refused(due_on: str) -> None:
    with pytest.raises(DueFactorInvalidError) as refusal:
        due_factor(date.fromisoformat(due_on))
    assert refusal.value.details == {"reason": "before_first", "due_on": due_on}
