"""Reads the dates that people type: `5/9`, `05/09/2026`, `0509`, `hoje`, `+7`; only the year is guessed.

With a time of day, `05/09/2026 18:00`, they are instants in São Paulo.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta

from application.clock import SAO_PAULO, sao_paulo_date

_WORDS = {"hoje": 0, "h": 0, "ontem": -1, "amanha": 1, "amanhã": 1}
_OFFSET = re.compile(r"([+-])\s*(\d{1,4})", re.ASCII)
_SLASHED = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{4}|\d{2}))?", re.ASCII)
_DIGITS = re.compile(r"(\d{2})(\d{2})(\d{4}|\d{2})?", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_TIMED = re.compile(r"(.+?)(?:\s*[Tt,]\s*|\s+)(\d{1,2})[:hH](\d{2})(?::(\d{2}))?", re.ASCII)
EARLIEST = date(1990, 1, 1)
LATEST = date(2099, 12, 31)


class DateUnreadableError(ValueError):
    """The text is not a date; the person should type it as dd/mm/aaaa."""


def parse_day(text: str, today: date) -> date:
    """The day that a person meant; a missing year is the current one.

    Raises DateUnreadableError, also for days outside 1990-2099.
    """
    found = _read(text.strip().lower()[:20], today)
    if found is None or not EARLIEST <= found <= LATEST:
        raise DateUnreadableError(text[:20])
    return found


def parse_moment(text: str, now: datetime) -> datetime:
    """The instant that a person meant, to the second, in UTC; a day without a time is its end, today now.

    Raises DateUnreadableError.
    """
    text, today = text.strip()[:30], sao_paulo_date(now)
    timed = _TIMED.fullmatch(text)
    if timed is None:
        day = parse_day(text, today)
        return now.replace(microsecond=0) if day == today else _instant(day, time(23, 59, 59))
    try:
        of_day = time(int(timed[2]), int(timed[3]), int(timed[4] or 0))
    except ValueError as error:
        raise DateUnreadableError(text) from error
    return _instant(parse_day(timed[1], today), of_day)


def _instant(day: date, of_day: time) -> datetime:
    return datetime.combine(day, of_day, SAO_PAULO).astimezone(UTC)


def _read(text: str, today: date) -> date | None:
    if text in _WORDS:
        return today + timedelta(days=_WORDS[text])
    if text in ("inicio", "início"):
        return month_of(today)[0]
    if text == "fim":
        return month_of(today)[1]
    if offset := _OFFSET.fullmatch(text):
        return today + timedelta(days=int(offset[1] + offset[2]))
    if iso := _ISO.fullmatch(text):
        return _day(int(iso[1]), int(iso[2]), int(iso[3]))
    if written := _SLASHED.fullmatch(text) or _DIGITS.fullmatch(text):
        return _day(_year(written[3], today), int(written[2]), int(written[1]))
    return None


def _year(text: str | None, today: date) -> int:
    if text is None:
        return today.year
    return int(text) + (2000 if len(text) == 2 else 0)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of the month."""
    return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
