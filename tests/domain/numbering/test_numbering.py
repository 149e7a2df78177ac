"""Numbering: ranges follow one another, never overlap and never pass the series' end."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.numbering.events import NumberingAdvanced, NumberingEvent, NumbersReserved
from domain.numbering.numbering import (
    DPS_MAX_NUMBER,
    NextNumberInvalidError,
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
OTHER = UUID("01930000-0000-7000-8000-000000000003")
SERIES = "341/0057/12345/109"
MAX = 99_999_999


def reserved(version: int, first: int, last: int) -> NumbersReserved:
    header: dict[str, Any] = {"originator_id": ID, "originator_version": version, "company_id": None}
    return NumbersReserved(
        **header,
        occurred_at=NOW,
        kind="nosso_numero",
        owner_id=ACCOUNT,
        series=SERIES,
        first=first,
        last=last,
    )


def advanced(version: int, next_number: int) -> NumberingAdvanced:
    header: dict[str, Any] = {"originator_id": ID, "originator_version": version, "company_id": None}
    return NumberingAdvanced(
        **header,
        occurred_at=NOW,
        kind="nosso_numero",
        owner_id=ACCOUNT,
        series=SERIES,
        next_number=next_number,
    )


def first_use(count: int) -> NumbersReserved:
    return Numbering.first_use(ID, "nosso_numero", SERIES, ACCOUNT, count, NOW, maximum=MAX)


def begun(next_number: int) -> NumberingAdvanced | None:
    return Numbering.begin(ID, "nosso_numero", SERIES, ACCOUNT, next_number, NOW, maximum=MAX)


def test_a_series_starts_at_one_and_belongs_to_no_company() -> None:
    assert first_use(10) == reserved(1, 1, 10)


def test_the_next_range_follows_whoever_asks() -> None:
    mine, theirs = reserved(2, 11, 15), reserved(2, 11, 15).model_copy(update={"owner_id": OTHER})
    state = given(project, reserved(1, 1, 10))
    state.when(lambda n: n.reserve(ACCOUNT, 5, NOW, maximum=MAX)).then(mine)
    state.when(lambda n: n.reserve(OTHER, 5, NOW, maximum=MAX)).then(theirs)


def test_a_series_goes_on_from_what_another_system_used() -> None:
    assert begun(5001) == advanced(1, 5001)
    assert begun(1) is None
    given(project, advanced(1, 5001)).when(lambda n: n.reserve(ACCOUNT, 10, NOW, maximum=MAX)).then(
        reserved(2, 5001, 5010)
    )


def test_a_series_skips_ahead_and_never_back() -> None:
    state = given(project, reserved(1, 1, 10))
    state.when(lambda n: n.advance(ACCOUNT, 100, NOW, maximum=MAX)).then(advanced(2, 100))
    state.when(lambda n: n.advance(ACCOUNT, 11, NOW, maximum=MAX)).then_nothing()
    state.when(lambda n: n.advance(ACCOUNT, 10, NOW, maximum=MAX)).then_refused(
        NextNumberInvalidError, next_number=10, lowest=11, highest=MAX
    )


@pytest.mark.parametrize("number", [0, -1, MAX + 1])
def test_a_series_starts_within_what_it_can_carry(number: int) -> None:
    with pytest.raises(NextNumberInvalidError):
        begun(number)


def test_the_last_number_is_used_and_none_beyond() -> None:
    state = given(project, reserved(1, 1, MAX - 2))
    state.when(lambda n: n.reserve(ACCOUNT, 2, NOW, maximum=MAX)).then(reserved(2, MAX - 1, MAX))
    state.when(lambda n: n.reserve(ACCOUNT, 3, NOW, maximum=MAX)).then_refused(
        NumbersExhaustedError, asked=3, left=2, maximum=MAX
    )
    state.when(lambda n: n.reserve(ACCOUNT, 1, NOW, maximum=1000)).then_refused(NumbersExhaustedError, left=0)


@pytest.mark.parametrize("count", [0, -1])
def test_a_range_of_nothing_is_refused(count: int) -> None:
    with pytest.raises(ReservationInvalidError):
        first_use(count)


def test_a_dps_has_fifteen_digits() -> None:
    assert len(str(DPS_MAX_NUMBER)) == 15


@for_all(st.lists(st.tuples(st.integers(1, 1000), st.integers(0, 5000)), min_size=1, max_size=30))
def test_ranges_never_overlap(asked: list[tuple[int, int]]) -> None:
    state: Numbering | None = None
    ranges: list[NumbersReserved] = []
    for count, skipped in asked:
        if state is not None and skipped:
            skip = state.advance(ACCOUNT, state.next_number + skipped, NOW, maximum=MAX)
            assert skip is not None
            state = evolve(state, skip)
        ranges.append(state.reserve(ACCOUNT, count, NOW, maximum=MAX) if state else first_use(count))
        state = evolve(state, ranges[-1])
    assert [each.last - each.first + 1 for each in ranges] == [count for count, _ in asked]
    assert all(a.last < b.first for a, b in pairwise(ranges))


def test_the_newest_fact_says_all() -> None:
    facts: list[NumberingEvent] = [reserved(1, 1, 10), advanced(2, 100), reserved(3, 100, 104)]
    for count in (1, 2, 3):
        assert project(None, facts[:count]) == project(None, facts[count - 1 : count])
