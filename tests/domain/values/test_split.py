"""Splits add up to their total whatever the numbers."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.values.split import SplitInvalidError, split_by, split_evenly, split_like

AMOUNTS = st.decimals("0.00", "9999999999.99", places=2)


@dataclass(frozen=True)
class Part:
    percent: Decimal | None = None
    amount: Decimal | None = None


def percents(*values: str) -> list[Part]:
    return [Part(percent=Decimal(value)) for value in values]


def amounts(*values: str) -> list[Part]:
    return [Part(amount=Decimal(value)) for value in values]


@pytest.mark.parametrize(
    ("total", "count", "expected"),
    [
        ("60000.00", 6, ["10000.00"] * 6),
        ("100.00", 3, ["33.33", "33.33", "33.34"]),
        ("200.00", 3, ["66.66", "66.66", "66.68"]),
        ("0.05", 10, ["0.00"] * 9 + ["0.05"]),
        ("99.99", 1, ["99.99"]),
        ("0.00", 2, ["0.00", "0.00"]),
    ],
)
def test_an_even_split_leaves_the_cents_to_the_last(total: str, count: int, expected: list[str]) -> None:
    assert [str(part) for part in split_evenly(Decimal(total), count)] == expected


@given(AMOUNTS, st.integers(1, 480))
def test_an_even_split_adds_up_and_its_last_part_is_never_the_smaller(total: Decimal, count: int) -> None:
    parts = split_evenly(total, count)
    assert len(parts) == count
    assert sum(parts) == total
    assert parts[-1] >= max(parts)
    assert min(parts) >= 0
    assert parts[-1] - parts[0] < Decimal("0.01") * count
    assert all(part.as_tuple().exponent == -2 for part in parts)


@pytest.mark.parametrize(
    ("total", "shares", "expected"),
    [
        ("1000.00", ["30", "30", "40"], ["300.00", "300.00", "400.00"]),
        ("100.01", ["30", "30", "40"], ["30.00", "30.00", "40.01"]),
        ("0.10", ["33.3333", "33.3333", "33.3334"], ["0.03", "0.03", "0.04"]),
    ],
)
def test_percentages_are_cut_and_the_last_takes_the_rest(
    total: str, shares: list[str], expected: list[str]
) -> None:
    assert [str(part) for part in split_by(Decimal(total), percents(*shares))] == expected


@given(AMOUNTS, st.lists(st.integers(1, 400_000), min_size=1, max_size=24))
def test_percentages_add_up_to_the_total_and_the_last_gets_at_least_its_share(
    total: Decimal, weights: list[int]
) -> None:
    # Percentages with four places that make exactly 100.
    whole = sum(weights)
    shares = [Decimal(max(1, w * 900_000 // whole)).scaleb(-4) for w in weights]
    shares[-1] += 100 - sum(shares)
    parts = split_by(total, [Part(percent=share) for share in shares])
    assert sum(parts) == total
    assert min(parts) >= 0
    assert parts[-1] >= (total * shares[-1] / 100).quantize(Decimal("0.01"), "ROUND_DOWN")


def test_amounts_are_taken_as_they_are() -> None:
    parts = split_by(Decimal("100.00"), amounts("10.00", "20.00", "70.00"))
    assert parts == (Decimal("10.00"), Decimal("20.00"), Decimal("70.00"))


@pytest.mark.parametrize(
    ("total", "parts", "reason"),
    [
        ("100.00", [], "no_parts"),
        ("-1.00", percents("100"), "negative_total"),
        ("100.00", percents("30", "30", "30"), "percent_sum"),
        ("100.00", percents("30", "30", "40.0001"), "percent_sum"),
        ("100.00", amounts("50.00", "50.01"), "amount_sum"),
        ("100.00", [*percents("50"), *amounts("50.00")], "mixed"),
        ("100.00", percents("100", "0"), "part_not_positive"),
        ("100.00", amounts("110.00", "-10.00"), "part_not_positive"),
        ("100.00", [Part()], "part_unclear"),
        ("100.00", [Part(Decimal(50), Decimal(50))], "part_unclear"),
    ],
)
def test_parts_that_do_not_make_up_the_total_are_refused(total: str, parts: list[Part], reason: str) -> None:
    with pytest.raises(SplitInvalidError) as refusal:
        split_by(Decimal(total), parts)
    assert refusal.value.details["reason"] == reason


@pytest.mark.parametrize("count", [0, -1])
def test_a_split_into_nothing_is_refused(count: int) -> None:
    with pytest.raises(SplitInvalidError, match="at least one part"):
        split_evenly(Decimal("1.00"), count)


def test_a_negative_total_is_refused() -> None:
    with pytest.raises(SplitInvalidError, match="negative"):
        split_evenly(Decimal("-0.01"), 2)


@given(AMOUNTS, st.lists(st.decimals("0.01", "99999999.99", places=2), min_size=1, max_size=60))
def test_a_split_like_others_adds_up_and_keeps_their_proportion(total: Decimal, like: list[Decimal]) -> None:
    parts = split_like(total, like)
    assert len(parts) == len(like)
    assert sum(parts) == total
    for part, amount in zip(parts[:-1], like[:-1], strict=True):
        assert 0 <= total * amount / sum(like) - part < Decimal("0.0101")
    assert parts[-1] >= 0


def test_nothing_is_no_measure_of_a_split() -> None:
    with pytest.raises(SplitInvalidError) as refusal:
        split_like(Decimal("1.00"), [Decimal("0.00")])
    assert refusal.value.details["reason"] == "no_parts"
