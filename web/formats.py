"""How the pages write money, dates and documents in Brazilian Portuguese. Pure, no locale of the machine."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
_NBSP = "\u00a0"
_LEGAL_FORMS = frozenset({"ltda", "eireli", "epp", "s.a", "s/a", "mei", "cia"})
_MINUS = "\u2212"
_MONTHS = ("jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez")


def number(value: Decimal, places: int = 2) -> str:
    """`1.234,56`, with a true minus sign."""
    text = f"{abs(value):,.{places}f}".translate(str.maketrans(",.", ".,"))
    return f"{_MINUS}{text}" if value < 0 else text


def quantity(value: Decimal) -> str:
    """A quantity or a percentage without the zeros that say nothing: `2`, `0,033`."""
    whole = f"{value:.4f}".rstrip("0").rstrip(".")
    places = len(whole.partition(".")[2])
    return number(value, places)


def money(value: Decimal) -> str:
    """`R$ 1.234,56`; the space does not break."""
    return f"{_MINUS if value < 0 else ''}R${_NBSP}{number(abs(value))}"


def count(value: int) -> str:
    """`10.000`."""
    return f"{value:,}".replace(",", ".")


def counted(value: int, one: str, many: str) -> str:
    """`1 evento`, `10.000 eventos`."""
    return f"{count(value)} {one if value == 1 else many}"


def day(value: date | None) -> str:
    """`05/09/2026`, or nothing."""
    return "" if value is None else f"{value:%d/%m/%Y}"


def competencia(value: str) -> str:
    """`2026-09` as `09/2026`."""
    return f"{value[5:7]}/{value[:4]}"


def month_name(value: date) -> str:
    """`set/2026`."""
    return f"{_MONTHS[value.month - 1]}/{value.year}"


def moment(value: datetime | None) -> str:
    """`05/09/2026 14:03`, São Paulo time."""
    return "" if value is None else f"{value.astimezone(SAO_PAULO):%d/%m/%Y %H:%M}"


def moment_with_seconds(value: datetime) -> str:
    """`05/09/2026 14:03:07`, São Paulo time."""
    return f"{value.astimezone(SAO_PAULO):%d/%m/%Y %H:%M:%S}"


def tax_document(value: str | None) -> str:
    """A CPF or CNPJ (numeric or alphanumeric, IN RFB 2.229/2024) with its punctuation."""
    if value is None:
        return ""
    if len(value) == 11:
        return f"{value[:3]}.{value[3:6]}.{value[6:9]}-{value[9:]}"
    if len(value) == 14:
        return f"{value[:2]}.{value[2:5]}.{value[5:8]}/{value[8:12]}-{value[12:]}"
    return value


def linha_digitavel(value: str) -> str:
    """The 47 digits in the groups that people type (FEBRABAN, layout of the boleto)."""
    a, b, c, digit, rest = value[:10], value[10:21], value[21:32], value[32], value[33:]
    return f"{a[:5]}.{a[5:]} {b[:5]}.{b[5:]} {c[:5]}.{c[5:]} {digit} {rest}"


def initials(name: str) -> str:
    """One or two letters that stand for a company in the grid (F28)."""
    words = [
        w for w in name.split() if len(w) > 2 and w[0].isalnum() and w.strip(".").lower() not in _LEGAL_FORMS
    ]
    if not words:
        words = name.split() or ["?"]
    if len(words) == 1:
        return words[0][:2].upper()
    return "".join(word[0] for word in words[:2]).upper()
