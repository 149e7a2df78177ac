"""What a person asked of the list of sales: read leniently, kept in an address, made the one filter."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import urlencode
from uuid import UUID

from application.access import Principal
from projections.sales_to_bill.query import SalesFilter
from web import formats
from web.dates import DateUnreadableError, parse_day
from web.listing import plain_text
from web.scope import visible_companies
from web.wording.sales import MODE, PATH, STATE

OPEN, ALL = "em-aberto", "todas"
UNREADABLE = "Digite a data como dd/mm/aaaa."
REVERSED_PERIOD = "O fim vem antes do início."
_TO_BILL = ("open", "partly_billed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The tab and the filters as typed, with what is wrong with them by field."""

    tab: str
    states: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    companies: tuple[UUID, ...] = ()
    start: date | None = None
    end: date | None = None
    text: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def address(self, cursor: str = "") -> str:
        """Where this list is shown."""
        pairs: list[tuple[str, str]] = [("aba", self.tab)]
        pairs += [("situacao", each) for each in self.states]
        pairs += [("modo", each) for each in self.modes]
        pairs += [("empresa", str(each)) for each in self.companies]
        days = (("de", formats.day(self.start)), ("ate", formats.day(self.end)))
        extra = (*days, ("q", self.text), ("cursor", cursor))
        return f"{PATH}?{urlencode([*pairs, *((name, value) for name, value in extra if value)])}"

    def in_tab(self, tab: str) -> str:
        """The other tab, with the filters that both have."""
        return replace(self, tab=tab, states=()).address()

    @property
    def narrowed(self) -> bool:
        """Whether any filter is in force."""
        return any((self.states, self.modes, self.companies, self.start, self.end, self.text))

    def filter(self, principal: Principal) -> SalesFilter:
        """The filter of the read model, never beyond what the person may see."""
        return SalesFilter(
            companies=visible_companies(principal, self.companies),
            states=_TO_BILL if self.tab == OPEN else self.states,
            modes=self.modes,
            due_from=self.start,
            due_until=self.end,
            text=self.text,
        )


def asked_of(
    tab: str,
    today: date,
    *,
    situacao: list[str],
    modo: list[str],
    empresa: list[UUID],
    de: str,
    ate: str,
    q: str,
) -> Asked:
    """What was asked; a day that cannot be read is told, and leaves the period open."""
    problems: dict[str, str] = {}

    def day(name: str, text: str) -> date | None:
        try:
            return parse_day(text, today) if text.strip() else None
        except DateUnreadableError:
            problems[name] = UNREADABLE
            return None

    start, end = day("de", de), day("ate", ate)
    if start is not None and end is not None and end < start:
        problems["ate"] = REVERSED_PERIOD
    return Asked(
        tab=tab if tab in (OPEN, ALL) else OPEN,
        states=tuple(each for each in situacao if each in STATE) if tab == ALL else (),
        modes=tuple(each for each in modo if each in MODE),
        companies=tuple(empresa),
        start=start,
        end=end,
        text=plain_text(q),
        typed={"de": formats.day(start) or de[:20], "ate": formats.day(end) or ate[:20]},
        problems=problems,
    )
