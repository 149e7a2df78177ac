"""Words, places and rates that people type: what is kept and what is refused."""

from decimal import Decimal

import pytest

from domain.values.late_rates import LateRatesUnlawfulError, check_default_rates
from domain.values.place import PlaceInvalidError, parse_city_ibge, parse_state, parse_zip_code
from domain.values.text import TextInvalidError, optional_text, parse_email, required_text


def test_white_space_is_folded() -> None:
    assert required_text("  Padaria\t do \n João  ", "name") == "Padaria do João"
    assert optional_text(" x ", "name") == "x"


@pytest.mark.parametrize("text", [None, "", "  \n\t"])
def test_nothing_is_missing_or_none(text: str | None) -> None:
    assert optional_text(text, "name") is None
    with pytest.raises(TextInvalidError) as refusal:
        required_text(text, "name")
    assert refusal.value.details == {"field": "name", "reason": "missing"}


def test_a_text_that_is_too_long_is_refused() -> None:
    assert required_text("x" * 300, "name") == "x" * 300
    with pytest.raises(TextInvalidError) as refusal:
        required_text("x" * 301, "name")
    assert refusal.value.details == {"field": "name", "reason": "too_long", "limit": 300}


def test_a_control_character_is_refused() -> None:
    with pytest.raises(TextInvalidError) as refusal:
        optional_text("a\x00b", "name")
    assert refusal.value.details["reason"] == "control_character"


@pytest.mark.parametrize("text", ["Contas@Empresa.com.br", " contas@empresa.com.br "])
def test_an_email_is_kept_in_lower_case(text: str) -> None:
    assert parse_email(text) == "contas@empresa.com.br"


@pytest.mark.parametrize("text", ["", "a", "a@b", "a b@c.com", "a@b@c.com", "a@c.com, b@c.com", "a@c.c"])
def test_what_is_no_email_is_refused(text: str) -> None:
    with pytest.raises(TextInvalidError) as refusal:
        parse_email(text, "login")
    assert refusal.value.details == {"field": "login", "reason": "email"}


def test_places_are_kept_in_one_form() -> None:
    assert parse_state(" sp ") == "SP"
    assert parse_zip_code("01310-100") == parse_zip_code("01310100") == "01310100"
    assert parse_city_ibge(" 3550308 ", "SP") == "3550308"


@pytest.mark.parametrize("text", ["", "XX", "São Paulo"])
def test_an_unknown_state_is_refused(text: str) -> None:
    with pytest.raises(PlaceInvalidError) as refusal:
        parse_state(text)
    assert refusal.value.details == {"field": "state", "reason": "unknown"}


@pytest.mark.parametrize("text", ["", "1310-100", "0131010O", "013101000"])
def test_what_is_no_cep_is_refused(text: str) -> None:
    with pytest.raises(PlaceInvalidError) as refusal:
        parse_zip_code(text)
    assert refusal.value.details == {"field": "zip_code", "reason": "form"}


@pytest.mark.parametrize(
    ("text", "state", "reason"),
    [
        ("355030", None, "form"),
        ("35503080", None, "form"),
        ("3550308", "RJ", "state"),
        ("3650308", None, "unknown"),
    ],
)
def test_a_municipality_lies_in_its_state(text: str, state: str | None, reason: str) -> None:
    with pytest.raises(PlaceInvalidError) as refusal:
        parse_city_ibge(text, state)
    assert refusal.value.details == {"field": "city_ibge", "reason": reason}


@pytest.mark.parametrize(("fine", "interest"), [("2", "1"), ("0", "0"), ("1.5", "0.0333")])
def test_lawful_default_rates_pass(fine: str, interest: str) -> None:
    check_default_rates(Decimal(fine), Decimal(interest))


@pytest.mark.parametrize(
    ("fine", "interest", "field", "reason"),
    [
        ("2.0001", "1", "fine_percent", "too_high"),
        ("-1", "1", "fine_percent", "negative"),
        ("1.00001", "1", "fine_percent", "places"),
        ("2", "1.01", "interest_percent_month", "too_high"),
        ("2", "-0.01", "interest_percent_month", "negative"),
    ],
)
def test_default_rates_beyond_the_law_are_refused(fine: str, interest: str, field: str, reason: str) -> None:
    with pytest.raises(LateRatesUnlawfulError) as refusal:
        check_default_rates(Decimal(fine), Decimal(interest))
    assert refusal.value.details["field"] == field
    assert refusal.value.details["reason"] == reason
