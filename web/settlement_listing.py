"""What a person asked of the list of receipts: read leniently, kept in an address, made the one filter."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import urlencode
from uuid import UUID

from application.access import Principal
from projections.settlements.query import STATES, SettlementFilter
from web import formats
from web.dates import DateUnreadableError, parse_day
from web.listing import plain_text
from web.scope import visible_companies

PATH = "/recebimentos"
WAITING, ALL = "nao-identificados", "todos"
UNREADABLE = "Digite a data como dd/mm/aaaa."
REVERSED_PERIOD = "O fim vem antes do início."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The tab and the filters as typed, with what is wrong with them by field."""

    tab: str
    states: tuple[str, ...] = ()
    companies: tuple[UUID, ...] = ()
    accounts: tuple[UUID, ...] = ()
    start: date | None = None
    end: date | None = None
    with_excess: bool = False
    text: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def address(self, cursor: str = "") -> str:
        """Where this list is shown."""
        pairs: list[tuple[str, str]] = [("aba", self.tab)]
        pairs += [("situacao", each) for each in self.states]
        pairs += [("empresa", str(each)) for each in self.companies]
        pairs += [("conta", str(each)) for each in self.accounts]
        days = (("de", formats.day(self.start)), ("ate", formats.day(self.end)))
        extra = (*days, ("q", self.text), ("credito", "1" if self.with_excess else ""), ("cursor", cursor))
        return f"{PATH}?{urlencode([*pairs, *((name, value) for name, value in extra if value)])}"

    def in_tab(self, tab: str) -> str:
        """The other tab, with the filters that both have."""
        return replace(self, tab=tab, states=(), with_excess=False).address()

    @property
    def narrowed(self) -> bool:
        """Whether any filter is in force."""
        chosen = (self.states, self.companies, self.accounts, self.start, self.end, self.with_excess)
        return any(chosen) or bool(self.text)

    def filter(self, principal: Principal) -> SettlementFilter:
        """The filter of the read model, never beyond what the person may see."""
        return SettlementFilter(
            companies=visible_companies(principal, self.companies),
            states=("unidentified",) if self.tab == WAITING else self.states,
            accounts=self.accounts,
            start=self.start,
            end=self.end,
            with_excess=self.with_excess and self.tab == ALL,
            text=self.text,
        )


def asked_of(
    tab: str,
    today: date,
    *,
    situacao: list[str],
    empresa: list[UUID],
    conta: list[UUID],
    de: str,
    ate: str,
    credito: str,
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
        tab=tab,
        states=tuple(each for each in situacao if each in STATES),
        companies=tuple(empresa),
        accounts=tuple(conta),
        start=start,
        end=end,
        with_excess=bool(credito),
        text=plain_text(q),
        typed={"de": formats.day(start) or de[:20], "ate": formats.day(end) or ate[:20]},
        problems=problems,
    )
