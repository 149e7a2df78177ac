"""CPF and CNPJ: what is accepted, in which form it is kept, and what is refused."""

from string import ascii_uppercase, digits

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.values.cnpj import CnpjInvalidError, cnpj_check_digits, format_cnpj, parse_cnpj
from domain.values.cpf import CpfInvalidError, cpf_check_digits, format_cpf, parse_cpf

CPF_BASES = st.text(digits, min_size=9, max_size=9).filter(lambda base: len(set(base)) > 1)
CNPJ_BASES = st.text(digits + ascii_uppercase, min_size=12, max_size=12).filter(
    lambda base: len(set(base)) > 1
)


@pytest.mark.parametrize(
    ("text", "cpf"),
    [
        ("529.982.247-25", "52998224725"),
        ("52998224725", "52998224725"),
        (" 111.444.777-35 ", "11144477735"),
        ("000.000.001-91", "00000000191"),
        ("123456789-09", "12345678909"),
    ],
)
def test_a_cpf_is_kept_as_eleven_digits(text: str, cpf: str) -> None:
    assert parse_cpf(text) == cpf


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "form"),
        ("529.982.247-2", "form"),
        ("529.982.247-255", "form"),
        ("529 982 247 25", "form"),
        ("5299822472A", "form"),
        ("٥٢٩٩٨٢٢٤٧٢٥", "form"),
        ("529.982.247-26", "check_digits"),
        ("529.982.247-15", "check_digits"),
        ("000.000.000-00", "repeated"),
        ("99999999999", "repeated"),
    ],
)
def test_what_is_no_cpf_is_refused_without_repeating_it(text: str, reason: str) -> None:
    with pytest.raises(CpfInvalidError) as refusal:
        parse_cpf(text)
    assert refusal.value.details == {"reason": reason}
    assert not text or text not in str(refusal.value)


@given(CPF_BASES)
def test_a_cpf_survives_its_punctuation(base: str) -> None:
    cpf = base + cpf_check_digits(base)
    assert parse_cpf(format_cpf(cpf)) == parse_cpf(cpf) == cpf


def closes(base: str, weights: range, digit: str) -> bool:
    """The rule said the other way round: with its check digit the weighted sum is a multiple of 11,
    but for a rest of 1, which is written 0."""
    total = sum(int(char) * weight for char, weight in zip(base, weights, strict=True))
    return (total + int(digit)) % 11 == 0 or (digit == "0" and total % 11 == 1)


@given(CPF_BASES)
def test_check_digits_of_a_cpf_close_its_weighted_sums(base: str) -> None:
    pair = cpf_check_digits(base)
    assert closes(base, range(10, 1, -1), pair[0])
    assert closes(base + pair[0], range(11, 1, -1), pair[1])


@given(CPF_BASES, st.integers(0, 99))
def test_no_other_check_digits_are_taken_for_a_cpf(base: str, other: int) -> None:
    assume(f"{other:02}" != cpf_check_digits(base))
    with pytest.raises(CpfInvalidError):
        parse_cpf(base + f"{other:02}")


@pytest.mark.parametrize(
    ("text", "cnpj"),
    [
        ("00.000.000/0001-91", "00000000000191"),
        ("60701190000104", "60701190000104"),
        ("12.ABC.345/01DE-35", "12ABC34501DE35"),
        ("12abc34501de35", "12ABC34501DE35"),
        (" 12.abc.345/01de-35\n", "12ABC34501DE35"),
    ],
)
def test_a_cnpj_is_kept_as_fourteen_capitals_and_digits(text: str, cnpj: str) -> None:
    assert parse_cnpj(text) == cnpj


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "form"),
        ("0000000000019", "form"),
        ("12.ABC.345/01DE-3A", "form"),
        ("12.ABC.345/01D\u00df-35", "form"),
        ("12.ABC.345\\01DE-35", "form"),
        ("00.000.000/0001-92", "check_digits"),
        ("12ABC34501DE36", "check_digits"),
        ("12ABC34501DE25", "check_digits"),
        ("00000000000000", "repeated"),
    ],
)
def test_what_is_no_cnpj_is_refused(text: str, reason: str) -> None:
    with pytest.raises(CnpjInvalidError) as refusal:
        parse_cnpj(text)
    assert refusal.value.details == {"reason": reason}


@given(CNPJ_BASES)
def test_a_cnpj_survives_its_punctuation_and_lower_case(base: str) -> None:
    cnpj = base + cnpj_check_digits(base)
    assert parse_cnpj(format_cnpj(cnpj).lower()) == parse_cnpj(cnpj) == cnpj


@given(CNPJ_BASES, st.integers(0, 99))
def test_no_other_check_digits_are_taken_for_a_cnpj(base: str, other: int) -> None:
    right = cnpj_check_digits(base)
    assume(f"{other:02}" != right)
    with pytest.raises(CnpjInvalidError):
        parse_cnpj(base + f"{other:02}")
