"""People type dates in a hurry; what is no date is refused, never guessed."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.dates import EARLIEST, LATEST, DateUnreadableError, month_of, parse_day

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("05/09/2026", date(2026, 9, 5)),
        ("5/9", date(2026, 9, 5)),
        ("5.9.26", date(2026, 9, 5)),
        (" 5-9-2026 ", date(2026, 9, 5)),
        ("0509", date(2026, 9, 5)),
        ("050926", date(2026, 9, 5)),
        ("05092027", date(2027, 9, 5)),
        ("2026-09-05", date(2026, 9, 5)),
        ("29/02/2028", date(2028, 2, 29)),
        ("hoje", TODAY),
        ("Amanhã", date(2026, 11, 23)),
        ("ontem", date(2026, 11, 21)),
        ("+7", date(2026, 11, 29)),
        ("- 30", date(2026, 10, 23)),
        ("início", date(2026, 11, 1)),
        ("fim", date(2026, 11, 30)),
    ],
)
def test_what_people_type_is_understood(typed: str, meant: date) -> None:
    assert parse_day(typed, TODAY) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "31/02",
        "29/02/2027",
        "32/1",
        "1/13",
        "amanhecer",
        "5",
        "5/9/1",
        "1/1/1889",
        "+99999",
        "٥/٩",
        "5/9\0",
        "x" * 9999,
    ],
)
def test_what_is_no_date_is_refused(typed: str) -> None:
    with pytest.raises(DateUnreadableError):
        parse_day(typed, TODAY)


@given(st.dates(EARLIEST, LATEST))
def test_every_day_is_read_back_as_it_is_written(day: date) -> None:
    assert parse_day(f"{day:%d/%m/%Y}", TODAY) == day


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    with suppress(DateUnreadableError):
        assert EARLIEST <= parse_day(text, TODAY) <= LATEST


def test_a_month_ends_where_it_ends() -> None:
    assert month_of(date(2028, 2, 10)) == (date(2028, 2, 1), date(2028, 2, 29))
