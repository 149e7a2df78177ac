"""Words, places and rates that people type: what is kept and what is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.values.late_rates import LateRatesUnlawfulError, check_default_rates
from domain.values.place import PlaceInvalidError, parse_city_ibge, parse_state, parse_zip_code
from domain.values.text import TextInvalidError, code_key, optional_text, parse_email, required_text


def test_white_space_is_folded() -> None:
    assert required_text("  Padaria\t do \n João  ", "name") == "Padaria do João"
    assert optional_text(" x ", "name") == "x"


@given(st.text())
def test_the_key_of_a_key_is_itself(code: str) -> None:
    assert code_key(code_key(code)) == code_key(code)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CT-1", "ct-1"),
        ("CT 2", " CT \t 2 "),
        ("CT\u00a03", "CT 3"),
        ("\uff21\uff14", "A4"),
        ("CT-5", "CT\u20115"),
        ("CT-5", "CT\u20135"),
        ("CT6\u200b", "CT6"),
        ("CT\u00ad6", "CT6"),
        ("C\u0327T7", "\u00c7T7"),
        ("Stra\u00dfe", "STRASSE"),
    ],
)
def test_what_people_take_for_one_code_is_one(one: str, other: str) -> None:
    assert code_key(one) == code_key(other)


@pytest.mark.parametrize(("one", "other"), [("0009", "9"), ("CT 1", "CT1"), ("CÃO", "CAO"), ("A-1", "A/1")])
def test_what_reads_differently_is_another_code(one: str, other: str) -> None:
    assert code_key(one) != code_key(other)


@pytest.mark.parametrize("text", [None, "", "  \n\t", "\u200b \ufeff"])
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


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_a_control_character_is_refused(text: str) -> None:
    with pytest.raises(TextInvalidError) as refusal:
        optional_text(text, "name")
    assert refusal.value.details["reason"] == "control_character"


@pytest.mark.parametrize("text", ["Contas@Empresa.com.br", " contas@empresa.com.br "])
def test_an_email_is_kept_in_lower_case(text: str) -> None:
    assert parse_email(text) == "contas@empresa.com.br"


@pytest.mark.parametrize(
    "text", ["", "a", "a@b", "a b@c.com", "a@b@c.com", "a@c.com, b@c.com", "a@c.c", "a\0@c.com"]
)
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
