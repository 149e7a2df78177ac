"""What a person types or pastes for a boleto: every way to read it as a number. Refuses nothing."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from domain.boleto.barcode import linha_digitavel

_LONGEST = 200
"""A linha digitável with its punctuation has 54 characters; what is much longer is no number."""

_BARCODE, _LINHA = 44, 47
_MOST_DIGITS = 20
_FORM = re.compile(r"(?:([0-9]{1,5})/)?([0-9]+)(?:-?(X)|-([0-9]))?")
_BLANK = re.compile(r"[\s.]+")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))

_ITAU, _ITAU_PORTFOLIO = 8, 3
_CONVENIO_OF_FOUR_TO_SIX, _CONVENIO_FROM_SEVEN = 11, 17


class Number(NamedTuple):
    """A boleto with this nosso número, whose printed form begins and ends so."""

    nosso_numero: str
    begins: str = ""
    ends: str = ""


class Ending(NamedTuple):
    """A boleto whose nosso número has `length` digits, the last of them these."""

    length: int
    digits: str
    ends: str = ""


class TypedBoleto(NamedTuple):
    """The readings of a text; a boleto that fits any of them is meant.

    `linha_digitavel` is the whole one, to be compared with that of the boletos with a nosso número of
    `numbers`: then there is no other reading. `beginning` is the start of a nosso número, meant if
    nothing else fits or if `begins_with_zeros`.
    """

    numbers: tuple[Number, ...] = ()
    endings: tuple[Ending, ...] = ()
    beginning: Number | None = None
    linha_digitavel: str | None = None

    @property
    def begins_with_zeros(self) -> bool:
        """Typed with the zeros in front of a whole nosso número, and yet too short for one."""
        begins = self.beginning.nosso_numero if self.beginning else ""
        return begins.startswith("0") and len(begins) < _ITAU


def typed_boleto(text: str) -> TypedBoleto | None:
    """How a text may be read as the number of a boleto, None for words.

    Nosso número as printed (109/00002091-8), bare, without its zeros (2091), or its first digits; linha
    digitável or barcode. Dots and blanks do not matter.
    """
    if len(text) > _LONGEST:
        return None
    plain = _BLANK.sub("", unicodedata.normalize("NFKC", text).translate(_DASHES)).upper()
    digits = plain.replace("-", "")
    if digits.isascii() and digits.isdigit() and len(digits) in (_BARCODE, _LINHA):
        return _by_linha(digits)
    form = _FORM.fullmatch(plain)
    if form is None or len(form[2]) > _MOST_DIGITS:
        return None
    portfolio, number, digit = form[1], form[2], form[3] or form[4]
    return _with_portfolio(portfolio, number, digit) if portfolio else _bare(number, digit)


def _by_linha(digits: str) -> TypedBoleto:
    """The nosso número stands in the campo livre, where the bank and the convênio put it."""
    if len(digits) == _BARCODE:
        linha, campo_livre = linha_digitavel(digits), digits[19:]
    else:
        linha, campo_livre = digits, digits[4:9] + digits[10:20] + digits[21:31]
    places = (campo_livre[3:11], campo_livre[:11], campo_livre[6:23])
    return TypedBoleto(tuple(map(Number, places)), linha_digitavel=linha)


def _with_portfolio(portfolio: str, number: str, digit: str | None) -> TypedBoleto:
    """Only Itaú prints the carteira; for another bank it says nothing."""
    begins, ends = f"{portfolio.lstrip('0').zfill(_ITAU_PORTFOLIO)}/", _printed_digit(digit)
    if len(number) > _ITAU + 1:
        run_together = _without_punctuation(number) if digit is None else []
        return TypedBoleto((*_whole(number, digit), *run_together))
    found = []
    if number.strip("0") and len(number) <= _ITAU:
        found.append(Number(number.zfill(_ITAU), begins, ends))
    if digit is None and len(number) == _ITAU + 1:
        found.append(Number(number[:_ITAU], begins, _printed_digit(number[_ITAU])))
    short = digit is None and len(number) < _ITAU
    return TypedBoleto(tuple(found), beginning=Number(number, begins) if short else None)


def _bare(number: str, digit: str | None) -> TypedBoleto:
    found = [*_whole(number, digit), *_zeros_left_out(number, digit)]
    if digit is None:
        found += _without_punctuation(number)
    beginning = Number(number) if digit is None else None
    return TypedBoleto(tuple(found), tuple(_behind_convenio(number, digit)), beginning)


def _whole(number: str, digit: str | None) -> list[Number]:
    """Of seventeen digits none is printed behind, so that one that was typed is not compared."""
    compared = None if len(number) >= _CONVENIO_FROM_SEVEN else digit
    return [Number(number, ends=_printed_digit(compared))]


def _zeros_left_out(number: str, digit: str | None) -> list[Number]:
    significant = number.lstrip("0")
    if not significant:
        return []
    widths = (_ITAU, _CONVENIO_FROM_SEVEN) if digit is None else (_ITAU,)
    return [
        Number(significant.zfill(width), ends=_printed_digit(digit))
        for width in widths
        if len(significant) <= width and len(number) != width
    ]


def _without_punctuation(number: str) -> list[Number]:
    """Digit, carteira or both run together with the nosso número."""
    found = []
    if len(number) in (_ITAU + 1, _CONVENIO_OF_FOUR_TO_SIX + 1):
        found.append(Number(number[:-1], ends=_printed_digit(number[-1])))
    if len(number) == _CONVENIO_FROM_SEVEN + 1:
        found.append(Number(number[:-1]))
    portfolio, rest = f"{number[:_ITAU_PORTFOLIO]}/", number[_ITAU_PORTFOLIO:]
    if len(rest) == _ITAU:
        found.append(Number(rest, portfolio))
    if len(rest) == _ITAU + 1:
        found.append(Number(rest[:_ITAU], portfolio, _printed_digit(rest[_ITAU])))
    return found


def _behind_convenio(number: str, digit: str | None) -> list[Ending]:
    """Banco do Brasil: a convênio of 4, 6, 7 or 8 digits leaves 7, 5, 10 or 9 for the number."""
    significant = number.lstrip("0")
    if not significant:
        return []
    found = [
        Ending(
            length, significant.zfill(width), "" if length >= _CONVENIO_FROM_SEVEN else _printed_digit(digit)
        )
        for length, widths in ((_CONVENIO_OF_FOUR_TO_SIX, (5, 7)), (_CONVENIO_FROM_SEVEN, (9, 10)))
        for width in widths
        if len(significant) <= width
    ]
    return [
        each
        for place, each in enumerate(found)
        if each.length not in {other.length for other in found[:place]}
    ]


def _printed_digit(digit: str | None) -> str:
    return f"-{digit}" if digit else ""
