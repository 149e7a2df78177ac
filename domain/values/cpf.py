"""CPF: a person's number at Receita Federal, kept as 11 digits without punctuation."""

from __future__ import annotations

import re

from domain.kernel import DomainError

_FORM = re.compile(r"([0-9]{3})\.?([0-9]{3})\.?([0-9]{3})-?([0-9]{2})")


class CpfInvalidError(DomainError):
    """This is no CPF. Ask the customer for it again; leading zeros must be there.

    Detail `reason`: `form` (not 11 digits), `repeated` or `check_digits`. The number itself is
    personal data and is not repeated here.
    """


def parse_cpf(text: str) -> str:
    """The 11 digits of a CPF written with or without its punctuation."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise CpfInvalidError("a CPF has 11 digits, as in 123.456.789-09", reason="form")
    digits = "".join(match.groups())
    if len(set(digits)) == 1:
        # They pass the check digits, but Receita Federal has issued none of them.
        raise CpfInvalidError("no CPF repeats one digit", reason="repeated")
    if digits[9:] != cpf_check_digits(digits[:9]):
        raise CpfInvalidError("the check digits of the CPF do not match", reason="check_digits")
    return digits


def cpf_check_digits(base: str) -> str:
    """The two check digits of nine digits: mod 11, weights 10..2, then 11..2 with the first."""
    first = _check_digit(base, 10)
    return first + _check_digit(base + first, 11)


def _check_digit(digits: str, weight: int) -> str:
    total = sum(int(digit) * (weight - place) for place, digit in enumerate(digits))
    return str(total * 10 % 11 % 10)


def format_cpf(cpf: str) -> str:
    """123.456.789-09, of 11 digits."""
    return f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}"
