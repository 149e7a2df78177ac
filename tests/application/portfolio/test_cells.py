"""Cells as people type them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from application.portfolio import cells
from application.portfolio.cells import CellError


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("1.234,56", "1234.56"),
        ("1234,5", "1234.50"),
        ("1234.56", "1234.56"),
        ("1.234", "1234.00"),
        ("1.234.567", "1234567.00"),
        ("R$ 10,00", "10.00"),
        ("R$\N{NO-BREAK SPACE}10", "10.00"),
        ("0", "0.00"),
    ],
)
def test_amounts_are_read_the_brazilian_way(typed: str, read: str) -> None:
    assert str(cells.money(typed)) == read


@pytest.mark.parametrize(
    ("reader", "typed", "code"),
    [
        (cells.money, "-1,00", "negative"),
        (cells.money, "1,234", "too_many_decimals"),
        (cells.money, "dez", "not_a_number"),
        (cells.money, "1.23.4", "not_a_number"),
        (cells.money, "NaN", "not_a_number"),
        (cells.money, "1e5", "not_a_number"),
        (cells.money, "99999999999", "number_too_large"),
        (cells.percent, "100,01", "percent_over_100"),
        (cells.count, "0", "whole_number"),
        (cells.count, "1,5", "whole_number"),
        (cells.month_day, "32", "whole_number"),
        (cells.day, "31/02/2026", "not_a_date"),
        (cells.day, "2026-13-01", "not_a_date"),
        (cells.day, "01/01/26", "not_a_date"),
        (cells.day, "01/01/1889", "date_out_of_range"),
        (cells.yes_no, "talvez", "not_yes_no"),
        (cells.cnpj, "11.222.333/0001-80", "cnpj_invalid"),
        (cells.email, "a@b", "not_an_email"),
        (cells.email, "a@b.example, c@d.example", "not_an_email"),
        (cells.state, "XX", "not_a_state"),
        (cells.lc116, "41.01", "not_lc116"),
        (cells.lc116, "107", "not_lc116"),
        (cells.split_parts, "30% / 100,00", "mixed_split"),
        (cells.text, "a\x07b", "control_character"),
        (cells.text, "x" * 301, "too_long"),
        (cells.code, "x" * 61, "too_long"),
        (cells.number_text, "12a", "not_digits"),
        (cells.number_text, "\N{ARABIC-INDIC DIGIT ONE}", "not_digits"),
        (cells.digits(3), "1234", "digit_count"),
    ],
)
def test_what_is_not_of_the_form_is_refused_by_code(
    reader: Callable[[str], Any], typed: str, code: str
) -> None:
    with pytest.raises(CellError) as refused:
        reader(typed)
    assert refused.value.code == code


def test_dates_come_as_typed_or_as_a_spreadsheet_yields_them() -> None:
    assert cells.day("9/2/2026") == cells.day("2026-02-09") == date(2026, 2, 9)
    assert cells.day("2026-02-09 00:00:00") == date(2026, 2, 9)


def test_leading_zeros_that_a_spreadsheet_ate_come_back() -> None:
    assert cells.digits(3)("1") == "001"
    assert cells.digits(8)("1310-100") == "01310100"
    assert cells.cnpj("191") == "00000000000191"


def test_choices_ignore_case_accents_and_blanks() -> None:
    read = cells.one_of(cartao_credito="credit_card")
    assert read("Cartão Crédito") == "credit_card"


def test_choices_are_named_when_a_word_is_none_of_them() -> None:
    with pytest.raises(CellError) as refused:
        cells.one_of(sim="yes", nao="no")("claro")
    assert refused.value.details == {"choices": "sim, nao"}


def test_a_split_is_percentages_or_amounts() -> None:
    assert cells.split_parts("30% / 30% / 40%") == (
        ("percent", Decimal(30)),
        ("percent", Decimal(30)),
        ("percent", Decimal(40)),
    )
    assert cells.split_parts("1.000,00 | 500") == (("amount", Decimal(1000)), ("amount", Decimal(500)))


def test_items_of_lc116_have_two_digits_each() -> None:
    assert cells.lc116("1.7") == cells.lc116("01,07") == "01.07"
