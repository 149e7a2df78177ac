"""Numbering: ranges follow one another, never overlap and never pass the series' end."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.numbering.events import NumbersReserved
from domain.numbering.numbering import (
    DPS_MAX_NUMBER,
    Numbering,
    NumbersExhaustedError,
    ReservationInvalidError,
    evolve,
    project,
)
from tests.support.scenario import given

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
ID = UUID("01930000-0000-7000-8000-000000000004")
ACCOUNT = UUID("01930000-0000-7000-8000-000000000002")
COMPANY = UUID("01930000-0000-7000-8000-000000000001")
MAX = 99_999_999


def reserved(version: int, first: int, last: int) -> NumbersReserved:
    header: dict[str, Any] = {"originator_id": ID, "originator_version": version, "company_id": COMPANY}
    return NumbersReserved(
        **header,
        occurred_at=NOW,
        kind="nosso_numero",
        owner_id=ACCOUNT,
        series="341/0057/12345/109",
        first=first,
        last=last,
    )


def first_use(count: int, **options: int) -> NumbersReserved:
    limits = {"maximum": MAX} | options
    return Numbering.first_use(
        ID, COMPANY, "nosso_numero", ACCOUNT, "341/0057/12345/109", count, NOW, **limits
    )


def test_a_series_starts_at_one_or_where_it_is_told() -> None:
    assert first_use(10) == reserved(1, 1, 10)
    assert first_use(10, start=5001) == reserved(1, 5001, 5010)


def test_the_next_range_follows() -> None:
    given(project, reserved(1, 1, 10)).when(lambda n: n.reserve(5, NOW, maximum=MAX)).then(
        reserved(2, 11, 15)
    )


def test_a_start_skips_ahead_and_never_back() -> None:
    state = given(project, reserved(1, 1, 10))
    state.when(lambda n: n.reserve(5, NOW, maximum=MAX, start=100)).then(reserved(2, 100, 104))
    state.when(lambda n: n.reserve(5, NOW, maximum=MAX, start=3)).then(reserved(2, 11, 15))


def test_the_last_number_is_used_and_none_beyond() -> None:
    state = given(project, reserved(1, 1, MAX - 2))
    state.when(lambda n: n.reserve(2, NOW, maximum=MAX)).then(reserved(2, MAX - 1, MAX))
    state.when(lambda n: n.reserve(3, NOW, maximum=MAX)).then_refused(
        NumbersExhaustedError, asked=3, left=2, maximum=MAX
    )
    state.when(lambda n: n.reserve(1, NOW, maximum=1000)).then_refused(NumbersExhaustedError, left=0)


@pytest.mark.parametrize(("count", "start"), [(0, 1), (-1, 1), (1, 0)])
def test_a_range_of_nothing_is_refused(count: int, start: int) -> None:
    with pytest.raises(ReservationInvalidError):
        first_use(count, start=start)


def test_a_dps_has_fifteen_digits() -> None:
    assert len(str(DPS_MAX_NUMBER)) == 15


@for_all(st.lists(st.tuples(st.integers(1, 1000), st.integers(1, 5000)), min_size=1, max_size=30))
def test_ranges_never_overlap(asked: list[tuple[int, int]]) -> None:
    state: Numbering | None = None
    ranges: list[NumbersReserved] = []
    for count, start in asked:
        if state is None:
            ranges.append(first_use(count, start=start))
        else:
            ranges.append(state.reserve(count, NOW, maximum=MAX, start=start))
        state = evolve(state, ranges[-1])
    assert [each.last - each.first + 1 for each in ranges] == [count for count, _ in asked]
    assert all(a.last < b.first for a, b in pairwise(ranges))
