"""Cells of a portfolio file: text as people type it in Brazil, read into values or refused by code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation

from domain.kernel import DomainError
from domain.values.cnpj import parse_cnpj
from domain.values.pix_key import parse_pix_key

ONE = Decimal(1)
_TEXT_LIMIT = 300
_BIG = Decimal(10) ** 10
_BIG_QUANTITY = Decimal(10) ** 8
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"
_UNSTORABLE = frozenset({"Cc", "Cs"})
_SPREADSHEET_ERRORS = frozenset({"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"})
_EMAIL = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]{2,}")
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[ T]00:00:00)?", re.ASCII)
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_BRAZILIAN = re.compile(r"-?\d{1,3}(?:\.\d{3})+(?:,\d+)?|-?\d+,\d+", re.ASCII)
_STATES = frozenset(
    "AC AL AP AM BA CE DF ES GO MA MT MS MG PA PB PR PE PI RJ RN RS RO RR SC SP SE TO".split()
)


class CellError(Exception):
    """The text of a cell is not of its column's form; `code` says which form it should have."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


def text(raw: str) -> str:
    """Free text: trimmed, inner white space folded, at most 300 long.

    Marks that print nothing (direction, joiners, byte order) come along with what people paste and
    can make one name look like another: they are dropped. Control characters are refused.
    """
    folded = " ".join(raw.split())
    if not folded.isascii():
        folded = " ".join(without_invisible(folded).split())
    if folded in _SPREADSHEET_ERRORS:
        raise CellError("spreadsheet_error")
    if _UNREADABLE in folded:
        raise CellError("undecodable")
    if not folded.isprintable() and any(unicodedata.category(char) in _UNSTORABLE for char in folded):
        raise CellError("control_character")
    if not folded:
        raise CellError("nothing_visible")
    if len(folded) > _TEXT_LIMIT:
        raise CellError("too_long", limit=str(_TEXT_LIMIT))
    return folded


def without_invisible(raw: str) -> str:
    """The text less its format characters (Unicode category Cf)."""
    return "".join(char for char in raw if unicodedata.category(char) != "Cf")


def code(raw: str) -> str:
    """A short code in the company's own words; compared without regard to case."""
    read = text(raw)
    if len(read) > 60:
        raise CellError("too_long", limit="60")
    return read.upper()


def number_text(raw: str) -> str:
    """Digits whose leading zeros matter, with `.`, `-` and spaces between them dropped."""
    read = re.sub(r"[.\-\s]", "", raw)
    if not read.isascii() or not read.isdigit() or len(read) > 20:
        raise CellError("not_digits")
    return read


def digits(count: int) -> Callable[[str], str]:
    """Exactly so many digits; a number that a spreadsheet robbed of its leading zeros gets them back."""

    def read(raw: str) -> str:
        found = number_text(raw)
        if len(found) > count:
            raise CellError("digit_count", count=str(count))
        return found.zfill(count)

    return read


def bank_code(raw: str) -> str:
    """A bank's three digits. The central bank has given none above 799."""
    found = digits(3)(raw)
    if not "001" <= found <= "799":
        raise CellError("not_a_bank")
    return found


def decimal(raw: str) -> Decimal:
    """`1.234,56`, `1234,56` or `1234.56`; `R$` and `%` are ignored. A lone `1.234` is 1234 (thousands)."""
    read = raw.replace("R$", "").replace("%", "").replace("\N{NO-BREAK SPACE}", "").strip()
    if _BRAZILIAN.fullmatch(read):
        read = read.replace(".", "").replace(",", ".")
    elif not _PLAIN.fullmatch(read):
        raise CellError("not_a_number")
    try:
        value = Decimal(read)
    except InvalidOperation as error:
        raise CellError("not_a_number") from error
    if abs(value) >= _BIG:
        raise CellError("number_too_large")
    return value


def money(raw: str) -> Decimal:
    """An amount of zero or more with at most two decimals."""
    value = decimal(raw)
    if value < 0:
        raise CellError("negative")
    if value != round(value, 2):
        raise CellError("too_many_decimals", places="2")
    return round(value, 2)


def percent(raw: str) -> Decimal:
    """A percentage from 0 to 100 with at most four decimals."""
    value = quantity(raw)
    if value > 100:
        raise CellError("percent_over_100")
    return value


def quantity(raw: str) -> Decimal:
    """A quantity of zero or more with at most four decimals."""
    value = decimal(raw)
    if value < 0:
        raise CellError("negative")
    if value != round(value, 4):
        raise CellError("too_many_decimals", places="4")
    if value >= _BIG_QUANTITY:
        raise CellError("number_too_large")
    return value


def count(raw: str) -> int:
    """A whole number from 1 to 999."""
    return _whole(raw, 1, 999)


def boleto_number(raw: str) -> int:
    """A whole number of at most 17 digits, as many as any bank's nosso número has."""
    return _whole(raw, 1, 10**17 - 1)


def month_day(raw: str) -> int:
    """A day of the month, 1 to 31."""
    return _whole(raw, 1, 31)


def offset(raw: str) -> int:
    """A number of months, -12 to 12."""
    return _whole(raw, -12, 12)


def _whole(raw: str, low: int, high: int) -> int:
    value = decimal(raw)
    if value != int(value) or not low <= value <= high:
        raise CellError("whole_number", low=str(low), high=str(high))
    return int(value)


def day(raw: str) -> date:
    """`dd/mm/aaaa`, or the ISO form that a spreadsheet's date cell yields; years 1990 to 2100."""
    stripped = raw.strip()
    if found := _DAY.fullmatch(stripped):
        year, month, number = int(found[3]), int(found[2]), int(found[1])
    elif found := _ISO_DAY.fullmatch(stripped):
        year, month, number = int(found[1]), int(found[2]), int(found[3])
    else:
        raise CellError("not_a_date")
    if not 1990 <= year <= 2100:
        raise CellError("date_out_of_range")
    try:
        return date(year, month, number)
    except ValueError as error:
        raise CellError("not_a_date") from error


def plain(raw: str) -> str:
    """Lower case without accents, blanks as underscores: how the words of a choice are compared."""
    decomposed = unicodedata.normalize("NFD", raw.strip().lower())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return re.sub(r"[\s\-]+", "_", bare)


def one_of(**choices: str) -> Callable[[str], str]:
    """One of some words, without regard to case and accents."""

    def read(raw: str) -> str:
        try:
            return choices[plain(raw)]
        except KeyError:
            raise CellError("not_a_choice", choices=", ".join(choices)) from None

    return read


def yes_no(raw: str) -> bool:
    """`sim` or `não`."""
    match plain(raw):
        case "sim" | "s" | "true" | "1":
            return True
        case "nao" | "n" | "false" | "0":
            return False
        case _:
            raise CellError("not_yes_no")


def cnpj(raw: str) -> str:
    """A CNPJ, numeric or alphanumeric, with or without punctuation."""
    return _domain(parse_cnpj, _zero_filled(raw, 14))


def pix_key(raw: str) -> str:
    """A Pix key: CPF, CNPJ, e-mail, phone or random key."""
    return _domain(lambda text: parse_pix_key(text).value, raw)


def _zero_filled(raw: str, width: int) -> str:
    stripped = raw.strip()
    return stripped.zfill(width) if stripped.isdigit() else stripped


def _domain(parse: Callable[[str], str], raw: str) -> str:
    try:
        return parse(raw)
    except DomainError as error:
        raise CellError(error.code) from error


def email(raw: str) -> str:
    """An e-mail address, lower case."""
    read = text(raw).lower()
    if len(read) > 254 or not _EMAIL.fullmatch(read):
        raise CellError("not_an_email")
    return read


def state(raw: str) -> str:
    """A UF."""
    read = raw.strip().upper()
    if read not in _STATES:
        raise CellError("not_a_state")
    return read


def lc116(raw: str) -> str:
    """An item of the list of LC 116/2003: `1.07` or `01.07`."""
    if not (found := re.fullmatch(r"([0-9]{1,2})[.,]([0-9]{1,2})", raw.strip())):
        raise CellError("not_lc116")
    item, sub = int(found[1]), int(found[2])
    if not (1 <= item <= 40 and 1 <= sub <= 99):
        raise CellError("not_lc116")
    return f"{item:02d}.{sub:02d}"


def split_parts(raw: str) -> tuple[tuple[str, Decimal], ...]:
    """`30% / 30% / 40%` or `1000,00 / 500,00`: pairs of `percent` or `amount` and the number."""
    parts: list[tuple[str, Decimal]] = []
    for piece in re.split(r"\s*[/|]\s*", raw.strip()):
        kind = "percent" if piece.endswith("%") else "amount"
        parts.append((kind, percent(piece) if kind == "percent" else money(piece)))
    if len({kind for kind, _ in parts}) > 1:
        raise CellError("mixed_split")
    return tuple(parts)
