"""CNPJ: an organisation's number, numeric or alphanumeric (IN RFB 2.229/2024), kept as 14 characters."""

from __future__ import annotations

import re

from domain.kernel import DomainError

_FORM = re.compile(r"([0-9A-Z]{2})\.?([0-9A-Z]{3})\.?([0-9A-Z]{3})/?([0-9A-Z]{4})-?([0-9]{2})")
_WEIGHTS = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)


class CnpjInvalidError(DomainError):
    """This is no CNPJ. Ask for it again; leading zeros and letters must be there.

    Detail `reason`: `form` (not 12 digits or letters and 2 digits), `repeated` or `check_digits`.
    """


def parse_cnpj(text: str) -> str:
    """The 14 characters of a CNPJ, capitals, written with or without its punctuation."""
    text = text.strip()
    # Beyond ASCII, upper() may make two letters of one.
    match = _FORM.fullmatch(text.upper()) if text.isascii() else None
    if match is None:
        raise CnpjInvalidError(
            "a CNPJ has 12 digits or letters and 2 digits, as in 12.ABC.345/01DE-35", reason="form"
        )
    cnpj = "".join(match.groups())
    if len(set(cnpj)) == 1:
        raise CnpjInvalidError("no CNPJ repeats one digit", reason="repeated")
    if cnpj[12:] != cnpj_check_digits(cnpj[:12]):
        raise CnpjInvalidError("the check digits of the CNPJ do not match", reason="check_digits")
    return cnpj


def cnpj_check_digits(base: str) -> str:
    """The two check digits of twelve characters: mod 11 over ASCII code less 48, weights 2..9."""
    first = _check_digit(base)
    return first + _check_digit(base + first)


def _check_digit(base: str) -> str:
    weights = _WEIGHTS[-len(base) :]
    rest = sum((ord(char) - 48) * weight for char, weight in zip(base, weights, strict=True)) % 11
    return str(0 if rest < 2 else 11 - rest)


def format_cnpj(cnpj: str) -> str:
    """12.ABC.345/01DE-35, of 14 characters."""
    return f"{cnpj[:2]}.{cnpj[2:5]}.{cnpj[5:8]}/{cnpj[8:12]}-{cnpj[12:]}"
