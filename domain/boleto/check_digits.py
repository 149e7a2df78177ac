"""Check digits of boletos: mod 10 and mod 11 over digits, as the banks' manuals define them."""

from __future__ import annotations

from functools import lru_cache
from operator import mul

_ZERO = 48
_PLAIN = bytes(max(0, char - _ZERO) % 10 for char in range(256))
_DOUBLED = bytes(sum(divmod(2 * digit, 10)) for digit in _PLAIN)
_CYCLE = (2, 3, 4, 5, 6, 7, 8, 9)
# Long enough for the 43 digits of a barcode, the longest number here.
_WEIGHTS = _CYCLE * 6


_KEPT = 16_384
"""Boletos of one agreement have most of their digits in common, and their numbers follow each other."""


def mod10(digits: str) -> int:
    """Mod 10: weights 2, 1, 2 … from the right, digits of each product added up (DAC of Itaú,
    fields of the linha digitável)."""
    return -(_sum10(digits[-4:]) + _sum10(digits[-8:-4]) + _sum10(digits[:-8])) % 10


def mod11_rest(digits: str) -> int:
    """The rest by 11 of the digits weighted 2 to 9 from the right, over and over."""
    total = _sum11(digits[-16:]) + _sum11(digits[-24:-16]) + _sum11(digits[-32:-24])
    return (total + _sum11(digits[:-32])) % 11


@lru_cache(_KEPT)
def _sum10(digits: str) -> int:
    """The sum of a part that has an even number of digits on its right."""
    code = digits.encode()
    return sum(code[-1::-2].translate(_DOUBLED)) + sum(code[-2::-2].translate(_PLAIN))


@lru_cache(_KEPT)
def _sum11(digits: str) -> int:
    """The sum of a part that has a multiple of eight digits on its right."""
    return sum(map(mul, reversed(digits.encode().translate(_PLAIN)), _WEIGHTS))


def barcode_digit(digits: str) -> str:
    """DV geral of the 43 other digits of a barcode: 11 less the rest; 0, 10 and 11 become 1."""
    digit = 11 - mod11_rest(digits)
    return str(digit) if digit < 10 else "1"


def banco_do_brasil_digit(digits: str) -> str:
    """The digit of a branch, account or nosso número of Banco do Brasil: mod 11, 10 becomes X.

    Its manual weighs 9 down to 2 from the right and takes the rest; that is 11 less the rest of
    weights 2 to 9.
    """
    digit = -mod11_rest(digits) % 11
    return "X" if digit == 10 else str(digit)
