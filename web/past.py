"""A position of the past: what an address asks for, and what the read models are asked in its name.

A second counts whole, so that what a history dates 18:00:05 is there at 18:00:05.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from application.clock import SAO_PAULO
from projections.as_of import AsOf, as_known
from web import formats
from web.dates import DateUnreadableError, parse_moment
from web.services import Services

KNOWN_TODAY = "hoje"
_WHOLE_SECOND = timedelta(microseconds=999_999)


class InstantInFutureError(ValueError):
    """The position of an instant that has not come yet was asked for; ask for a past one."""


@dataclass(frozen=True, slots=True)
class Past:
    """What had happened at an instant, of what was known at another; None is all that is known today."""

    happened: datetime
    known: datetime | None

    def query(self) -> list[tuple[str, str]]:
        """The address's parameters; what was known at that very instant goes without saying."""
        pairs = [("posicao", _text(self.happened))]
        if self.known != self.happened:
            pairs.append(("conhecida", KNOWN_TODAY if self.known is None else _text(self.known)))
        return pairs

    @property
    def happened_words(self) -> str:
        """`31/03/2026 18:00`, the seconds only where there are some."""
        return _words(self.happened)

    @property
    def known_words(self) -> str:
        """`em 31/03/2026 18:00`, or `hoje`."""
        return KNOWN_TODAY if self.known is None else f"em {_words(self.known)}"

    @property
    def suffix(self) -> str:
        """The parameters as the end of an address."""
        return "?" + urlencode(self.query(), safe=":")

    def as_it_was_shown(self) -> Past:
        """The same instant with what was known then."""
        return replace(self, known=self.happened)

    def with_all_known(self) -> Past:
        """The same instant with all that is known today."""
        return replace(self, known=None)


def read_past(
    happened: str, known: str, now: datetime, problems: dict[str, str], typed: dict[str, str]
) -> Past | None:
    """The position that was typed. What cannot be read is told in `problems`, and nothing is answered."""
    if not happened and not known:
        return None
    typed |= {"posicao": happened[:30], "conhecida": known[:30]}
    if not happened:
        problems["posicao"] = "Diga também de quando é a posição."
        return None
    instant = _moment("posicao", happened, now, problems)
    if instant is not None and instant > now:
        problems["posicao"] = "Esta data e hora ainda não chegou. A posição é sempre do passado."
        return None
    if not known:
        return None if instant is None else Past(instant, instant)
    until = None if known.lower() == KNOWN_TODAY else _moment("conhecida", known, now, problems)
    if instant is None or "conhecida" in problems:
        return None
    return Past(instant, None if until is None or until > now else until)


def as_of_past(services: Services, past: Past) -> AsOf:
    """The two times as the read models are asked for them. Raises ReadModelBehindError."""
    now = services.now()
    known = now if past.known is None else past.known + _WHOLE_SECOND
    return as_known(services.database, past.happened + _WHOLE_SECOND, known, now)


def past_of(parameters: Mapping[str, str], now: datetime) -> Past | None:
    """The position that the address of a window carries; None is today, also where it cannot be read."""
    return read_past(parameters.get("posicao", ""), parameters.get("conhecida", ""), now, {}, {})


def _moment(name: str, text: str, now: datetime, problems: dict[str, str]) -> datetime | None:
    try:
        return parse_moment(text, now)
    except DateUnreadableError:
        problems[name] = "Digite data e hora como dd/mm/aaaa hh:mm."
        return None


def _words(instant: datetime) -> str:
    return formats.moment_with_seconds(instant) if instant.second else formats.moment(instant)


def _text(instant: datetime) -> str:
    local = instant.astimezone(SAO_PAULO)
    return f"{local:%Y-%m-%dT%H:%M}" + (f":{local:%S}" if local.second else "")
