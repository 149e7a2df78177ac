"""What the pages write is what a Brazilian accountant writes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from web import formats


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "R$\u00a00,00"),
        ("0.05", "R$\u00a00,05"),
        ("999.99", "R$\u00a0999,99"),
        ("1234.56", "R$\u00a01.234,56"),
        ("1234567890.10", "R$\u00a01.234.567.890,10"),
        ("-12.5", "\u2212R$\u00a012,50"),
    ],
)
def test_money_has_points_for_thousands_and_a_comma_for_cents(value: str, text: str) -> None:
    assert formats.money(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "text"), [("2.0000", "2"), ("0.0330", "0,033"), ("1.5000", "1,5"), ("1000", "1.000")]
)
def test_a_quantity_shows_no_needless_zeros(value: str, text: str) -> None:
    assert formats.quantity(Decimal(value)) == text


def test_a_day_is_day_month_year_and_an_instant_is_sao_paulo_time() -> None:
    assert formats.day(date(2026, 9, 5)) == "05/09/2026"
    assert formats.day(None) == ""
    assert formats.moment(datetime(2026, 1, 1, 2, 30, tzinfo=UTC)) == "31/12/2025 23:30"
    assert formats.competencia("2026-09") == "09/2026"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("52998224725", "529.982.247-25"),
        ("11222333000181", "11.222.333/0001-81"),
        ("12ABC34501DE35", "12.ABC.345/01DE-35"),
        (None, ""),
        ("123", "123"),
    ],
)
def test_cpf_and_both_kinds_of_cnpj_have_their_punctuation(value: str | None, text: str) -> None:
    assert formats.tax_document(value) == text


def test_a_linha_digitavel_is_grouped_as_on_paper() -> None:
    grouped = formats.linha_digitavel("34191790010104351004791020150008291070026000000")
    assert grouped == "34191.79001 01043.510047 91020.150008 2 91070026000000"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Horizonte Tecnologia Ltda", "HT"),
        ("Água da Serra S.A.", "ÁS"),
        ("Zeta Ltda", "ZE"),
        ("ACME", "AC"),
        ("", "?"),
        ("A B", "AB"),
    ],
)
def test_a_company_is_known_by_its_initials(name: str, letters: str) -> None:
    assert formats.initials(name) == letters
