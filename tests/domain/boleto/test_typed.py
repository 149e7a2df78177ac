"""Whatever a person types or pastes for a boleto is read as its number, or as nothing; never an error."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account.events import BoletoAgreement
from domain.boleto.barcode import format_linha_digitavel
from domain.boleto.numbering import BoletoNumbering, BoletoNumbers, format_nosso_numero
from domain.boleto.typed import TypedBoleto, typed_boleto

DUE_ON, AMOUNT = date(2026, 11, 10), Decimal("200.00")


def itau(portfolio: str) -> BoletoAgreement:
    return BoletoAgreement(
        bank_code="341",
        branch="0057",
        account_number="12345",
        account_digit="7",
        portfolio=portfolio,
        agreement="12345" if portfolio == "198" else None,
        variation=None,
    )


def banco_do_brasil(convenio: str, variation: str | None = None) -> BoletoAgreement:
    return BoletoAgreement(
        bank_code="001",
        branch="0548",
        account_number="00001448",
        account_digit="6",
        portfolio="16" if variation else "17",
        agreement=convenio,
        variation=variation,
    )


AGREEMENTS = (
    itau("109"),
    itau("198"),
    banco_do_brasil("1234"),
    banco_do_brasil("123456"),
    banco_do_brasil("123456", "21"),
    banco_do_brasil("1238798"),
    banco_do_brasil("12345678"),
)


def numbered(agreement: BoletoAgreement, number: int) -> tuple[BoletoNumbers, str]:
    numbers = BoletoNumbering.for_agreement(agreement).numbers(number, DUE_ON, AMOUNT)
    return numbers, format_nosso_numero(
        agreement.bank_code, agreement.portfolio, numbers.nosso_numero, numbers.nosso_numero_digit
    )


def meant(typed: TypedBoleto | None, numbers: BoletoNumbers, printed: str) -> bool:
    """What the search in SQL asks, in Python."""
    if typed is None:
        return False
    found = any(
        numbers.nosso_numero == each.nosso_numero
        and printed.startswith(each.begins)
        and printed.endswith(each.ends)
        for each in typed.numbers
    )
    if typed.linha_digitavel is not None:
        return found and typed.linha_digitavel == numbers.linha_digitavel
    return found or any(
        len(numbers.nosso_numero) == each.length
        and numbers.nosso_numero.endswith(each.digits)
        and printed.endswith(each.ends)
        for each in typed.endings
    )


@given(st.sampled_from(AGREEMENTS), st.integers(1, 99_999_999_999_999_999))
def test_every_form_of_a_boletos_number_means_it(agreement: BoletoAgreement, drawn: int) -> None:
    number = 1 + drawn % BoletoNumbering.for_agreement(agreement).max_number
    numbers, printed = numbered(agreement, number)
    linha = numbers.linha_digitavel
    forms = [
        printed,
        f" {printed.replace('-', '–').lower()}\n",
        "".join(letter for letter in printed if letter.isalnum()),
        numbers.nosso_numero,
        f"{numbers.nosso_numero}-{numbers.nosso_numero_digit}",
        numbers.nosso_numero + numbers.nosso_numero_digit,
        f"{agreement.portfolio}/{numbers.nosso_numero}-{numbers.nosso_numero_digit}",
        f"{agreement.portfolio} / {numbers.nosso_numero}",
        f"{agreement.portfolio}/{numbers.nosso_numero}{numbers.nosso_numero_digit}",
        str(number),
        f"{number:05d}",
        linha,
        format_linha_digitavel(linha),
        format_linha_digitavel(linha).replace(" ", "\u00a0"),
        f"{linha[:24]}\n{linha[24:]}",
        numbers.barcode,
    ]
    for form in forms:
        assert meant(typed_boleto(form), numbers, printed), form


def test_the_number_of_the_task() -> None:
    numbers, printed = numbered(itau("109"), 2091)
    assert printed == f"109/00002091-{numbers.nosso_numero_digit}"
    for form in (printed, "2091", "109/2091", "00002091", f"2091-{numbers.nosso_numero_digit}", "2.091"):
        assert meant(typed_boleto(form), numbers, printed), form


@pytest.mark.parametrize("agreement", AGREEMENTS, ids=lambda each: f"{each.bank_code} {each.agreement}")
def test_another_number_is_not_meant(agreement: BoletoAgreement) -> None:
    numbers, printed = numbered(agreement, 2091)
    other, other_printed = numbered(agreement, 12_091)
    for form in (
        other_printed,
        other.nosso_numero,
        other.linha_digitavel,
        other.barcode,
        "12091",
        "2092",
        "209",
        "091",
    ):
        assert not meant(typed_boleto(form), numbers, printed), form


def test_a_carteira_or_a_digit_that_is_typed_must_be_the_boletos() -> None:
    numbers, printed = numbered(itau("109"), 2091)
    digit = (int(numbers.nosso_numero_digit) + 1) % 10
    for form in ("110/00002091", f"109/00002091-{digit}", f"00002091{digit}", f"2091-{digit}", "2091-X"):
        assert not meant(typed_boleto(form), numbers, printed), form


def test_one_wrong_digit_of_a_linha_digitavel_means_no_boleto() -> None:
    numbers, printed = numbered(itau("109"), 2091)
    linha = numbers.linha_digitavel
    for place in range(len(linha)):
        wrong = f"{linha[:place]}{(int(linha[place]) + 1) % 10}{linha[place + 1 :]}"
        assert not meant(typed_boleto(wrong), numbers, printed), place


def test_the_first_digits_are_the_beginning_of_a_nosso_numero() -> None:
    typed = typed_boleto("00002")
    assert typed is not None
    assert typed.beginning is not None
    assert (typed.beginning.nosso_numero, typed.beginning.begins) == ("00002", "")
    typed = typed_boleto("109/0000")
    assert typed is not None
    assert typed.beginning is not None
    assert (typed.beginning.nosso_numero, typed.beginning.begins) == ("0000", "109/")
    assert typed.numbers == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\x00",
        "\ud800",
        "Água Viva",
        "3 Corações",
        "-",
        "/",
        "109/",
        "/2091",
        "1/2/3",
        "X",
        "12X34",
        "2091--8",
        "2091-88",
        "-2091",
        "2091%",
        "2091_",
        "2091'; DROP TABLE event; --",
        "1e5",
        "٢٠٩١",
        "1" * 21,
        "1" * 43,
        "1" * 45,
        "8" * 48,
        "1" * 201,
        "0" * 100_000,
    ],
)
def test_what_is_no_number_means_nothing(text: str) -> None:
    assert typed_boleto(text) is None


def test_a_number_in_full_width_digits_is_a_number() -> None:
    assert typed_boleto("２０９１") == typed_boleto("2091")


@given(st.text(alphabet="0123456789xX/-. \u00a0\t\n\u2013\ufdfa²½٣", max_size=60) | st.text(max_size=300))
def test_no_text_is_an_error_and_all_that_is_asked_for_is_bounded(text: str) -> None:
    typed = typed_boleto(text)
    if typed is None:
        return
    assert len(typed.numbers) + len(typed.endings) <= 8
    asked = [each.nosso_numero for each in typed.numbers] + [each.digits for each in typed.endings]
    asked += [typed.beginning.nosso_numero] if typed.beginning else []
    assert all(each.isascii() and each.isdigit() and len(each) <= 20 for each in asked)
    assert all(len(each.digits) >= 5 for each in typed.endings)


def test_zeros_alone_are_no_number_of_a_boleto() -> None:
    typed = typed_boleto("000")
    assert typed is not None
    assert not typed.endings
    assert [each.nosso_numero for each in typed.numbers] == ["000"]


@pytest.mark.parametrize("text", ["109/2091-8", "109/00002091", "2091-8", "00002091-8"])
def test_a_number_that_is_whole_is_the_beginning_of_no_other(text: str) -> None:
    typed = typed_boleto(text)
    assert typed is not None
    assert typed.beginning is None
