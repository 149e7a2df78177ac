"""Barcode and linha digitável: read in any form, and nothing wrong is taken."""

from decimal import Decimal
from string import digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.boleto.barcode import (
    Barcode,
    BarcodeInvalidError,
    compose_barcode,
    format_linha_digitavel,
    linha_digitavel,
    parse_barcode,
    parse_linha_digitavel,
)
from domain.boleto.check_digits import banco_do_brasil_digit, mod10

BARCODE = "00195377100000723560000001238798777770016818"
LINHA = "00190.00009 01238.798779 77700.168188 5 37710000072356"

BARCODES = st.builds(
    compose_barcode,
    st.from_regex(r"[0-7][0-9]{2}", fullmatch=True),
    st.from_regex(r"[1-9][0-9]{13}", fullmatch=True),
    st.text(digits, min_size=25, max_size=25),
)


def test_a_linha_digitavel_is_read_with_and_without_punctuation() -> None:
    expected = Barcode(BARCODE, "001", "3771", Decimal("723.56"), "0000001238798777770016818")
    assert parse_linha_digitavel(LINHA) == expected
    assert parse_linha_digitavel(f"  {expected.linha_digitavel}\n") == expected
    assert parse_barcode(BARCODE) == expected
    assert format_linha_digitavel(expected.linha_digitavel) == LINHA


@given(BARCODES)
def test_linha_and_barcode_are_each_other_written_differently(barcode: str) -> None:
    linha = linha_digitavel(barcode)
    assert len(linha) == 47
    assert parse_linha_digitavel(linha) == parse_linha_digitavel(format_linha_digitavel(linha))
    assert parse_linha_digitavel(linha) == parse_barcode(barcode)
    assert parse_barcode(barcode).linha_digitavel == linha


@given(BARCODES, st.integers(0, 46), st.integers(1, 9))
def test_one_wrong_digit_of_a_linha_is_noticed(barcode: str, place: int, shift: int) -> None:
    linha = linha_digitavel(barcode)
    wrong = linha[:place] + str((int(linha[place]) + shift) % 10) + linha[place + 1 :]
    # Fields 1 to 3 fail by their own digit; the rest is held by the DV geral, which writes the
    # rests 0, 1 and 10 alike, so that a change between those goes unnoticed.
    try:
        read = parse_linha_digitavel(wrong)
    except BarcodeInvalidError:
        return
    assert place > 32
    assert read.digits[4] == "1"


def test_without_a_factor_the_amount_has_fourteen_digits() -> None:
    barcode = compose_barcode("341", "00120034567890", "1" * 25)
    read = parse_barcode(barcode)
    assert read.due_factor == "0000"
    assert read.amount == Decimal("1200345678.90")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "form"),
        (BARCODE[:-1], "form"),
        (BARCODE + "0", "form"),
        ("A" + BARCODE[1:], "form"),
        ("²" + BARCODE[1:], "form"),
        (BARCODE[:4] + "6" + BARCODE[5:], "check_digit"),
        (BARCODE[:-1] + "9", "check_digit"),
        ("8" + BARCODE[1:], "utility_bill"),
    ],
)
def test_what_is_no_barcode_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BarcodeInvalidError) as refusal:
        parse_barcode(text)
    assert refusal.value.details["field"] == "barcode"
    assert refusal.value.details["reason"] == reason


@pytest.mark.parametrize(
    ("text", "reason", "place"),
    [
        ("", "form", None),
        (LINHA[:-1], "form", None),
        (BARCODE, "form", None),
        ("836200000005 667800481000 180975657313 001589636081", "utility_bill", None),
        (LINHA.replace("00009", "00008"), "check_digit", 1),
        (LINHA.replace("798779", "798778"), "check_digit", 2),
        (LINHA.replace("168188", "168189"), "check_digit", 3),
        (LINHA.replace(" 5 ", " 6 "), "check_digit", "general"),
    ],
)
def test_what_is_no_linha_digitavel_is_refused(text: str, reason: str, place: object) -> None:
    with pytest.raises(BarcodeInvalidError) as refusal:
        parse_linha_digitavel(text)
    assert refusal.value.details.get("place") == place
    assert refusal.value.details["field"] == "linha_digitavel"
    assert refusal.value.details["reason"] == reason


def test_another_currency_is_refused() -> None:
    right = compose_barcode("001", "10000000000100", "0" * 25)
    for digit in digits:
        other = right[:3] + "8" + digit + right[5:]
        with pytest.raises(BarcodeInvalidError) as refusal:
            parse_barcode(other)
        if refusal.value.details["reason"] == "currency":
            return
    pytest.fail("no check digit made the other currency pass")


@pytest.mark.parametrize(("number", "digit"), [("001905009", "5"), ("4014481606", "9"), ("0680935031", "4")])
def test_mod10_is_that_of_the_published_example(number: str, digit: str) -> None:
    assert str(mod10(number)) == digit


@pytest.mark.parametrize(("number", "digit"), [("4042", "8"), ("61900", "0"), ("0719", "6"), ("6", "X")])
def test_banco_do_brasil_writes_ten_as_x(number: str, digit: str) -> None:
    assert banco_do_brasil_digit(number) == digit
