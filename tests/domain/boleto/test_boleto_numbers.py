"""Numbers of boletos: the layouts of both banks, and refusals that name the field to correct."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account.events import BoletoAgreement
from domain.boleto.agreement import BoletoAgreementInvalidError, BoletoNumberInvalidError
from domain.boleto.barcode import format_linha_digitavel, parse_barcode, parse_linha_digitavel
from domain.boleto.due_factor import DueFactorInvalidError
from domain.boleto.numbering import (
    BoletoNumbering,
    boleto_numbers,
    format_branch_and_account,
    format_nosso_numero,
    max_number,
)

DUE_ON = date(2026, 8, 15)
AMOUNT = Decimal("127.50")


def itau(**changes: Any) -> BoletoAgreement:
    fields = {"branch": "0057", "account_number": "12345", "portfolio": "109", "agreement": None}
    return agreement("341", fields | changes)


def banco_do_brasil(**changes: Any) -> BoletoAgreement:
    fields = {"branch": "4042", "account_number": "61900", "portfolio": "17", "agreement": "1238798"}
    return agreement("001", fields | changes)


def agreement(bank_code: str, fields: dict[str, Any]) -> BoletoAgreement:
    return BoletoAgreement(**({"bank_code": bank_code, "account_digit": None, "variation": None} | fields))


# Computed apart from the code, from the banks' layouts.
@pytest.mark.parametrize(
    ("given_agreement", "number", "campo_livre", "nosso_numero", "digit"),
    [
        (itau(), 12345678, "1091234567800057123457000", "12345678", "0"),
        (banco_do_brasil(), 7777700168, "0000001238798777770016817", "12387987777700168", "2"),
        (
            itau(branch="810", account_number="53678", portfolio="175"),
            258281,
            "1750025828170810536789000",
            "00258281",
            "7",
        ),
        (
            itau(branch="0810", account_number="53678", portfolio="168"),
            258281,
            "1680025828100810536789000",
            "00258281",
            "0",
        ),
        (
            banco_do_brasil(agreement="12387989", portfolio="18"),
            7700168,
            "0000001238798900770016818",
            "12387989007700168",
            "7",
        ),
        (
            banco_do_brasil(agreement="123879", portfolio="18"),
            1234,
            "1238790123440420006190018",
            "12387901234",
            "5",
        ),
        (
            banco_do_brasil(agreement="123879", portfolio="16", variation="21"),
            1234567899,
            "1238790000000123456789921",
            "00000001234567899",
            "1",
        ),
        (
            banco_do_brasil(agreement="1238", portfolio="18"),
            123456,
            "1238012345640420006190018",
            "12380123456",
            "0",
        ),
    ],
)
def test_each_layout_places_its_fields(
    given_agreement: BoletoAgreement, number: int, campo_livre: str, nosso_numero: str, digit: str
) -> None:
    numbers = boleto_numbers(given_agreement, number, DUE_ON, AMOUNT)
    assert numbers.campo_livre == campo_livre
    assert (numbers.nosso_numero, numbers.nosso_numero_digit) == (nosso_numero, digit)
    assert numbers.barcode[:3] == given_agreement.bank_code
    assert numbers.barcode.endswith("15390000012750" + campo_livre)


@pytest.mark.parametrize("portfolio", ["106", "107", "122", "142", "143", "195", "196", "198"])
def test_special_carteiras_of_itau_carry_document_number_and_client_code(portfolio: str) -> None:
    special = itau(portfolio=portfolio, agreement="12345")
    named = boleto_numbers(special, 258281, DUE_ON, AMOUNT, document_number="123456")
    assert named.campo_livre[:23] == f"{portfolio}00258281012345612345"
    assert named.campo_livre[24] == "0"
    unnamed = boleto_numbers(special, 23456789, DUE_ON, AMOUNT)
    assert unnamed.campo_livre[:23] == f"{portfolio}23456789345678912345"


@pytest.mark.parametrize("portfolio", ["112", "126", "131", "146", "150", "168"])
def test_the_digit_of_some_carteiras_of_itau_leaves_the_account_out(portfolio: str) -> None:
    here = boleto_numbers(itau(portfolio=portfolio), 258281, DUE_ON, AMOUNT)
    elsewhere = boleto_numbers(
        itau(portfolio=portfolio, branch="0810", account_number="53678"), 258281, DUE_ON, AMOUNT
    )
    assert here.nosso_numero_digit == elsewhere.nosso_numero_digit


def test_no_due_date_and_no_amount_are_zeros_in_the_barcode() -> None:
    numbers = boleto_numbers(itau(), 1, None, Decimal("0.00"))
    assert numbers.barcode[5:19] == "0" * 14
    read = parse_barcode(numbers.barcode)
    assert read.due_on(DUE_ON) is None
    assert read.amount == 0


@pytest.mark.parametrize(
    ("given_agreement", "highest"),
    [
        (itau(), 99_999_999),
        (itau(portfolio="196", agreement="12345"), 99_999_999),
        (banco_do_brasil(agreement="1238"), 9_999_999),
        (banco_do_brasil(agreement="123879"), 99_999),
        (banco_do_brasil(agreement="123879", portfolio="18", variation="21"), 10**17 - 1),
        (banco_do_brasil(), 9_999_999_999),
        (banco_do_brasil(agreement="12387989"), 999_999_999),
    ],
)
def test_an_agreement_carries_numbers_from_one_to_its_highest(
    given_agreement: BoletoAgreement, highest: int
) -> None:
    assert max_number(given_agreement) == highest
    for number in (1, highest):
        assert len(boleto_numbers(given_agreement, number, DUE_ON, AMOUNT).campo_livre) == 25
    for number in (0, -1, highest + 1):
        with pytest.raises(BoletoNumberInvalidError) as refusal:
            boleto_numbers(given_agreement, number, DUE_ON, AMOUNT)
        assert refusal.value.details == {"field": "number", "found": number, "expected": highest}


@pytest.mark.parametrize(
    ("given_agreement", "field", "reason"),
    [
        (itau().model_copy(update={"bank_code": "237"}), "bank_code", "unsupported"),
        (itau(branch=""), "branch", "missing"),
        (itau(branch="57-1"), "branch", "form"),
        (itau(branch="²"), "branch", "form"),
        (itau(branch="10057"), "branch", "length"),
        (itau(account_number="123456"), "account_number", "length"),
        (itau(account_number=""), "account_number", "missing"),
        (itau(account_digit="8"), "account_digit", "check_digit"),
        (itau(portfolio="1090"), "portfolio", "length"),
        (itau(portfolio="I"), "portfolio", "form"),
        (itau(portfolio="196"), "agreement", "missing"),
        (itau(portfolio="196", agreement="123456"), "agreement", "length"),
        (banco_do_brasil(agreement=None), "agreement", "missing"),
        (banco_do_brasil(agreement="12345"), "agreement", "length"),
        (banco_do_brasil(agreement="0123456"), "agreement", "length"),
        (banco_do_brasil(agreement="123456789"), "agreement", "length"),
        (banco_do_brasil(agreement="12387A8"), "agreement", "form"),
        (banco_do_brasil(portfolio="175"), "portfolio", "length"),
        (banco_do_brasil(account_number="123456789"), "account_number", "length"),
        (banco_do_brasil(account_digit="1"), "account_digit", "check_digit"),
        (banco_do_brasil(agreement="123879", variation="21"), "portfolio", "unsupported"),
    ],
)
def test_an_agreement_that_cannot_number_is_refused_by_its_field(
    given_agreement: BoletoAgreement, field: str, reason: str
) -> None:
    with pytest.raises(BoletoAgreementInvalidError) as refusal:
        BoletoNumbering.for_agreement(given_agreement)
    assert refusal.value.details["field"] == field
    assert refusal.value.details["reason"] == reason


def test_the_account_digit_that_was_typed_is_checked_against_the_account() -> None:
    assert BoletoNumbering.for_agreement(itau(account_digit="7")).max_number == 99_999_999
    with_x = banco_do_brasil(account_number="00000006", account_digit="x")
    assert BoletoNumbering.for_agreement(with_x).max_number == 9_999_999_999


@pytest.mark.parametrize("amount", ["-0.01", "0.001", "100000000.00", "NaN", "Infinity", "-Infinity"])
def test_what_is_no_amount_of_a_boleto_is_refused(amount: str) -> None:
    with pytest.raises(BoletoNumberInvalidError) as refusal:
        boleto_numbers(itau(), 1, DUE_ON, Decimal(amount))
    assert refusal.value.details == {"field": "amount", "found": amount}


@pytest.mark.parametrize("document_number", ["12345678", "12-3", "A1"])
def test_a_document_number_that_does_not_fit_is_refused(document_number: str) -> None:
    special = itau(portfolio="198", agreement="12345")
    with pytest.raises(BoletoNumberInvalidError) as refusal:
        boleto_numbers(special, 1, DUE_ON, AMOUNT, document_number)
    assert refusal.value.details == {"field": "document_number", "found": document_number}


def test_a_due_date_before_the_first_factor_is_refused() -> None:
    with pytest.raises(DueFactorInvalidError):
        boleto_numbers(itau(), 1, date(2000, 7, 2), AMOUNT)


@given(
    st.sampled_from(
        [
            itau(),
            itau(portfolio="168"),
            itau(portfolio="196", agreement="12345"),
            banco_do_brasil(),
            banco_do_brasil(agreement="1238"),
            banco_do_brasil(agreement="123879"),
            banco_do_brasil(agreement="123879", portfolio="16", variation="21"),
            banco_do_brasil(agreement="12387989"),
        ]
    ),
    st.integers(1, 99_999),
    st.dates(date(2020, 1, 1), date(2040, 12, 31)),
    st.decimals("0.00", "99999999.99", places=2),
)
def test_what_a_boleto_says_is_read_back_from_its_linha_digitavel(
    given_agreement: BoletoAgreement, number: int, due_on: date, amount: Decimal
) -> None:
    numbers = boleto_numbers(given_agreement, number, due_on, amount)
    read = parse_linha_digitavel(format_linha_digitavel(numbers.linha_digitavel))
    assert read.digits == numbers.barcode
    assert read.campo_livre == numbers.campo_livre
    assert (read.bank_code, read.amount) == (given_agreement.bank_code, amount)
    assert read.due_on(due_on) == due_on


@pytest.mark.parametrize(
    ("bank_code", "portfolio", "nosso_numero", "digit", "printed"),
    [
        ("341", "109", "12345678", "0", "109/12345678-0"),
        ("001", "18", "12387901234", "X", "12387901234-X"),
        ("001", "17", "12387989000061900", "7", "12387989000061900"),
    ],
)
def test_a_nosso_numero_is_printed_as_its_bank_wants_it(
    bank_code: str, portfolio: str, nosso_numero: str, digit: str, printed: str
) -> None:
    assert format_nosso_numero(bank_code, portfolio, nosso_numero, digit) == printed


def test_branch_and_account_are_printed_with_their_digits() -> None:
    assert format_branch_and_account(itau(branch="811", account_number="53678")) == "0811 / 53678-8"
    assert format_branch_and_account(banco_do_brasil()) == "4042-8 / 00061900-0"


@pytest.mark.parametrize(
    ("given_agreement", "series"),
    [
        (itau(branch="57"), "341/0057/12345/109"),
        (itau(portfolio="112"), "341/0057/12345/112"),
        (banco_do_brasil(), "001/1238798"),
        (banco_do_brasil(portfolio="18"), "001/1238798"),
        (banco_do_brasil(agreement="123879"), "001/123879"),
        (banco_do_brasil(agreement="123879", portfolio="18", variation="21"), "001/123879/21"),
    ],
)
def test_numbers_are_unique_at_the_bank_within_a_series(
    given_agreement: BoletoAgreement, series: str
) -> None:
    assert BoletoNumbering.for_agreement(given_agreement).series == series
