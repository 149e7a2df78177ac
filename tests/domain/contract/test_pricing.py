"""What periods cost: items, discounts, splits, pro rata, and the lines of their invoices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from domain.contract.events import Item
from domain.contract.pricing import (
    ChargeLine,
    gross_amount,
    item_discount,
    item_price,
    period_amount,
    period_lines,
    priced,
    pro_rata,
    split_amounts,
)
from tests.domain.contract import builders as b

ITEMS = (
    b.item("10.00", "10", percent="10", description="Licenças"),
    b.item("33.33", amount="0.33", description="Suporte"),
    b.item("0.05", "0.5", description="SMS"),
)


def sums(lines: tuple[ChargeLine, ...]) -> Decimal:
    return sum((line.amount for line in lines), Decimal(0))


@pytest.mark.parametrize(
    ("item", "price", "discount"),
    [
        (b.item("10.00", "10"), "100.00", "0.00"),
        (b.item("10.00", "10", percent="12.5"), "100.00", "12.50"),
        (b.item("10.00", "10", percent="100"), "100.00", "100.00"),
        (b.item("10.00", "10", amount="99.99"), "100.00", "99.99"),
        (b.item("0.05", "0.5"), "0.03", "0.00"),
        (b.item("99.99", percent="33.3333"), "99.99", "33.33"),
    ],
)
def test_an_item_is_quantity_times_unit_price_less_its_discount(
    item: Item, price: str, discount: str
) -> None:
    assert (str(item_price(item)), str(item_discount(item))) == (price, discount)


def test_the_gross_value_is_the_sum_of_the_items() -> None:
    assert gross_amount(b.terms(items=ITEMS)) == Decimal("123.03")


def test_without_items_the_gross_value_is_as_typed() -> None:
    assert gross_amount(b.terms(items=(), gross_amount=Decimal("55.50"))) == Decimal("55.50")


def test_a_split_divides_the_total_of_the_contract() -> None:
    assert split_amounts(b.split(6, "60000.00")) == (Decimal("10000.00"),) * 6


def test_the_cents_left_over_by_a_split_go_to_the_last_instalment() -> None:
    assert [str(period_amount(b.split(3, "100.00"), n)) for n in (1, 2, 3)] == ["33.33", "33.33", "33.34"]


def test_an_uneven_split_takes_percentages_or_amounts() -> None:
    by_percent = b.split(3, "1000.01", split=b.percents("30", "30", "40"))
    by_amount = b.split(2, "100.00", split=b.amounts("99.99", "0.01"))
    assert [str(part) for part in split_amounts(by_percent)] == ["300.00", "300.00", "400.01"]
    assert [str(part) for part in split_amounts(by_amount)] == ["99.99", "0.01"]


@pytest.mark.parametrize(
    ("amount", "service_from", "expected"),
    [("28.00", 31, "28.00"), ("280.00", 14, "140.00"), ("100.00", 27, "3.57"), ("0.28", 14, "0.14")],
)
def test_pro_rata_is_days_of_service_over_days_of_the_period(
    amount: str, service_from: int, expected: str
) -> None:
    begins = date(2026, 1, 31) if service_from == 31 else date(2026, 2, service_from)
    charged = pro_rata(Decimal(amount), date(2026, 1, 31), begins, date(2026, 2, 28))
    assert str(charged) == expected


def test_half_a_cent_of_pro_rata_is_rounded_up() -> None:
    assert pro_rata(Decimal("0.01"), date(2026, 1, 31), date(2026, 2, 14), date(2026, 2, 28)) == Decimal(
        "0.01"
    )


def test_only_the_first_period_is_pro_rata() -> None:
    agreed = b.terms(
        first_due_on=date(2026, 2, 1), pro_rata_from=date(2026, 1, 17), items=(b.item("310.00"),)
    )
    assert [str(period_amount(agreed, n)) for n in (1, 2)] == ["150.00", "310.00"]


def test_the_lines_of_a_full_period_are_the_items_as_agreed() -> None:
    lines = period_lines(b.terms(items=ITEMS), Decimal("123.03"), "CT-1")
    assert [
        (str(line.quantity), str(line.unit_price), str(line.discount), str(line.amount)) for line in lines
    ] == [
        ("10.0000", "10.00", "10.00", "90.00"),
        ("1.0000", "33.33", "0.33", "33.00"),
        ("0.5000", "0.05", "0.00", "0.03"),
    ]
    assert {line.service_id for line in lines} == {b.SERVICE}


@pytest.mark.parametrize("amount", ["0.01", "61.52", "123.02", "123.04", "9999.99"])
def test_the_lines_of_another_amount_share_it_out_and_still_add_up(amount: str) -> None:
    lines = period_lines(b.terms(items=ITEMS), Decimal(amount), "CT-1")
    assert sums(lines) == Decimal(amount)
    assert all(line.amount >= 0 and line.discount >= 0 for line in lines)
    assert all(line.quantity * line.unit_price - line.discount == line.amount for line in lines)
    assert [line.description for line in lines] == ["Licenças", "Suporte", "SMS"]


def test_a_contract_without_items_has_one_line_by_its_number() -> None:
    (line,) = period_lines(b.terms(items=(), gross_amount=Decimal("50.00")), Decimal("25.00"), "CT-1")
    assert (line.description, line.service_id, line.unit_price, line.amount) == (
        "CT-1",
        None,
        Decimal("25.00"),
        Decimal("25.00"),
    )


def test_an_index_moves_prices_and_discounts_in_reais_and_leaves_percentages() -> None:
    before = b.terms(items=ITEMS)
    after = priced(before, Decimal("1.10"))
    assert [str(item.unit_price) for item in after.items] == ["11.00", "36.66", "0.06"]
    assert [item.discount_percent for item in after.items] == [Decimal("10.0000"), None, None]
    assert after.items[1].discount_amount == Decimal("0.36")


def test_an_index_moves_a_typed_gross_value_half_up() -> None:
    after = priced(b.terms(items=(), gross_amount=Decimal("0.50")), Decimal("1.01"))
    assert str(after.gross_amount) == "0.51"


def test_a_factor_of_any_length_is_multiplied_exactly() -> None:
    just_below_half_a_cent = Decimal("1.00499999999999999999999999999999999999999999")
    after = priced(b.terms(items=(), gross_amount=Decimal("1.00")), just_below_half_a_cent)
    assert str(after.gross_amount) == "1.00"
