"""The barcode of a boleto and its linha digitável: composed, read and checked, one from the other."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from domain.boleto.check_digits import barcode_digit, mod10
from domain.boleto.due_factor import NO_DUE_DATE, due_date
from domain.kernel import DomainError

_PUNCTUATION = re.compile(r"[ .\t-]")
_REAL = "9"
_UTILITY_BILL = "8"


class BarcodeInvalidError(DomainError):
    """This is no barcode or linha digitável of a boleto. Type or scan it again.

    Details: `field` (`barcode`, `linha_digitavel`) and `reason`: `form`, `utility_bill` (conta de
    consumo or tax, which is no boleto), `currency`, or `check_digit` with its `place` (1 to 3 for
    the fields of the linha, `general`).
    """


class Barcode(NamedTuple):
    """A valid barcode. `digits` are its 44; `due_factor` is "0000" where it has no due date."""

    digits: str
    bank_code: str
    due_factor: str
    amount: Decimal
    campo_livre: str

    @property
    def linha_digitavel(self) -> str:
        """47 digits without punctuation."""
        return linha_digitavel(self.digits)

    def due_on(self, reference: date) -> date | None:
        """The due date as a bank reads it on the day `reference`."""
        return due_date(self.due_factor, reference)


def compose_barcode(bank_code: str, value: str, campo_livre: str) -> str:
    """The 44 digits: bank 3, currency 1, DV 1, then `value` (due factor 4, cents 10), campo livre 25."""
    rest = f"{bank_code}{_REAL}{value}{campo_livre}"
    return f"{rest[:4]}{barcode_digit(rest)}{rest[4:]}"


def linha_digitavel(barcode: str) -> str:
    """The 47 digits that a person types, of the 44 of a barcode."""
    second = barcode[24:34]
    ends = _field(barcode[:4] + barcode[19:24]), _field(barcode[34:44])
    return f"{ends[0]}{second}{mod10(second)}{ends[1]}{barcode[4:19]}"


@lru_cache(maxsize=1_024)
def _field(digits: str) -> str:
    """The first or the last field with its digit: most boletos of an agreement have them in common."""
    return f"{digits}{mod10(digits)}"


def format_linha_digitavel(digits: str) -> str:
    """00190.00009 01238.798779 77700.168188 5 37710000072356, of 47 digits."""
    first, second, third = digits[:10], digits[10:21], digits[21:32]
    fields = (f"{field[:5]}.{field[5:]}" for field in (first, second, third))
    return f"{' '.join(fields)} {digits[32:33]} {digits[33:]}"


def parse_barcode(text: str) -> Barcode:
    """Read the 44 digits of a barcode and check them."""
    digits = _digits(text, "barcode", 44)
    if digits[4] != barcode_digit(digits[:4] + digits[5:]):
        raise _wrong_digit("barcode", "general")
    return _read(digits, "barcode")


def parse_linha_digitavel(text: str) -> Barcode:
    """Read the 47 digits of a linha digitável, with or without punctuation, and check them."""
    digits = _digits(text, "linha_digitavel", 47)
    fields = digits[:10], digits[10:21], digits[21:32]
    for place, field in enumerate(fields, start=1):
        if field[-1] != str(mod10(field[:-1])):
            raise _wrong_digit("linha_digitavel", place)
    first, second, third = (field[:-1] for field in fields)
    barcode = first[:4] + digits[32:] + first[4:] + second + third
    if barcode[4] != barcode_digit(barcode[:4] + barcode[5:]):
        raise _wrong_digit("linha_digitavel", "general")
    return _read(barcode, "linha_digitavel")


def _digits(text: str, field: str, length: int) -> str:
    digits = _PUNCTUATION.sub("", text.strip())
    if not (digits.isascii() and digits.isdigit()):
        raise BarcodeInvalidError("only digits are expected", field=field, reason="form")
    if digits.startswith(_UTILITY_BILL) and len(digits) in (44, 48):
        raise BarcodeInvalidError(
            "this is a utility bill or a tax, not a boleto", field=field, reason="utility_bill"
        )
    if len(digits) != length:
        raise BarcodeInvalidError(
            f"{length} digits are expected, not {len(digits)}", field=field, reason="form"
        )
    return digits


def _read(digits: str, field: str) -> Barcode:
    if digits[3] != _REAL:
        raise BarcodeInvalidError("the currency is not 9, the real", field=field, reason="currency")
    # Where the first digit is zero there is no factor, and all fourteen belong to the amount.
    factor = NO_DUE_DATE if digits[5] == "0" else digits[5:9]
    amount = Decimal(digits[5:19] if factor == NO_DUE_DATE else digits[9:19]).scaleb(-2)
    return Barcode(digits, digits[:3], factor, amount, digits[19:])


def _wrong_digit(field: str, place: int | str) -> BarcodeInvalidError:
    return BarcodeInvalidError(
        f"check digit {place} does not match", field=field, reason="check_digit", place=place
    )
