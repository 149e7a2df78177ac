"""What an auditor asks: read from the address and written back to it. What cannot be read is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from projections.audit.query import AuditFilter
from web.dates import DateUnreadableError, parse_day
from web.formats import SAO_PAULO
from web.listing import MOST_CHOICES, PageSize, Parameters, plain_text, quoted
from web.wording.facts import TITLES

PATH = "/auditoria"
LONGEST = 100
_TIMED = re.compile(r"(.+?)(?:\s*[Tt,]\s*|\s+)(\d{1,2})[:hH](\d{2})(?::(\d{2}))?", re.ASCII)
_AMOUNT = re.compile(r"(?:R\$\s*)?(\d{1,3}(?:\.\d{3})*|\d{1,13})(?:,(\d{1,2}))?", re.ASCII)
_PLAIN_AMOUNT = re.compile(r"\d{1,13}\.\d{1,2}", re.ASCII)
TIMES = {
    "ocorrido_de": "occurred_from",
    "ocorrido_ate": "occurred_until",
    "registrado_de": "recorded_from",
    "registrado_ate": "recorded_until",
}
IDS = {"registro": "stream_id", "correlacao": "correlation_id", "cliente": "customer_id"}


class Order(StrEnum):
    """Which end of the log comes first."""

    NEWEST = "recentes"
    OLDEST = "antigos"


@dataclass(frozen=True, slots=True)
class AuditListing:
    """What the address says. `typed` are the texts of the fields, as they are shown again."""

    companies: tuple[UUID, ...] = ()
    topics: tuple[str, ...] = ()
    stream_id: UUID | None = None
    correlation_id: UUID | None = None
    customer_id: UUID | None = None
    actor: str = ""
    document: str = ""
    amount: Decimal | None = None
    occurred_from: datetime | None = None
    occurred_until: datetime | None = None
    recorded_from: datetime | None = None
    recorded_until: datetime | None = None
    order: Order = Order.NEWEST
    page_size: PageSize = PageSize.SMALL
    typed: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def oldest_first(self) -> bool:
        """The order of the log itself."""
        return self.order is Order.OLDEST

    def query(self) -> list[tuple[str, str]]:
        """The address's query, in one canonical order, without what says nothing."""
        pairs = [(name, self.typed[name]) for name in _TEXTS if self.typed.get(name)]
        pairs += [("empresa", str(each)) for each in self.companies]
        pairs += [("fato", topic) for topic in self.topics]
        if self.oldest_first:
            pairs.append(("ordem", self.order.value))
        if self.page_size is not PageSize.SMALL:
            pairs.append(("linhas", str(int(self.page_size))))
        return pairs

    def address(self, path: str = PATH, **more: str) -> str:
        """A link to this question at a path."""
        pairs = [*self.query(), *more.items()]
        return f"{path}?{urlencode(pairs, safe='/')}" if pairs else path

    def without(self, name: str, value: str | None = None) -> AuditListing:
        """The same question less one field, or one choice of it."""
        if name in ("empresa", "fato"):
            attribute = {"empresa": "companies", "fato": "topics"}[name]
            left: Any = tuple(each for each in getattr(self, attribute) if str(each) != value)
            return replace(self, **{attribute: left})
        return replace(self, typed={key: text for key, text in self.typed.items() if key != name})

    def filter(self, actors: tuple[str, ...]) -> AuditFilter:
        """What the read model is asked, the document aside; `actors` are whom `actor` means."""
        return AuditFilter(
            streams=None if self.stream_id is None else (self.stream_id,),
            companies=self.companies,
            actors=actors,
            topics=self.topics,
            correlation_id=self.correlation_id,
            customer_id=self.customer_id,
            amount=self.amount,
            occurred_from=self.occurred_from,
            occurred_until=self.occurred_until,
            recorded_from=self.recorded_from,
            recorded_until=self.recorded_until,
        )


_TEXTS = (*IDS, "autor", "documento", "valor", *TIMES)
"""The fields in which something is typed, in the order of the address."""

_NAMES = frozenset({*_TEXTS, "empresa", "fato", "ordem", "linhas", "cursor"})


def read(pairs: Iterable[tuple[str, str]], today: date) -> AuditListing:
    """The question of an address. Never raises: what cannot be read is explained and left out."""
    given = Parameters(pairs)
    typed = {name: plain_text(given.one(name))[:LONGEST] for name in _TEXTS}
    problems = given.unknown(_NAMES)
    values: dict[str, Any] = {}
    for name, attribute in IDS.items():
        values[attribute] = _id(name, typed[name], problems)
    for name, attribute in TIMES.items():
        values[attribute] = _bound(name, typed[name], today, problems)
    values["amount"] = _amount(typed["valor"], problems)
    for start, end in (("ocorrido_de", "ocorrido_ate"), ("registrado_de", "registrado_ate")):
        first, last = values[TIMES[start]], values[TIMES[end]]
        if first and last and last <= first:
            problems[end] = "O fim é anterior ao início."
    unknown = [topic for topic in given.many("fato") if topic and topic not in TITLES]
    if unknown:
        problems["fato"] = f"O tipo de fato “{quoted(unknown[0])}” não existe."
    if given.one("ordem") not in ("", *Order):
        problems["ordem"] = f"“{quoted(given.one('ordem'))}” não é uma opção de Ordem."
    if given.one("linhas") not in ("", *(str(int(size)) for size in PageSize)):
        problems["linhas"] = f"“{quoted(given.one('linhas'))}” não é uma opção de Linhas."
    return AuditListing(
        companies=_companies(given.many("empresa"), problems),
        topics=tuple(dict.fromkeys(topic for topic in given.many("fato") if topic in TITLES)),
        actor=typed["autor"],
        document=typed["documento"],
        order=Order.OLDEST if given.one("ordem") == Order.OLDEST else Order.NEWEST,
        page_size=next((size for size in PageSize if str(int(size)) == given.one("linhas")), PageSize.SMALL),
        typed=typed,
        problems=problems,
        **values,
    )


def _id(name: str, text: str, problems: dict[str, str]) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        problems[name] = "Não é um identificador: copie-o inteiro (8-4-4-4-12 letras e números)."
        return None


def _companies(texts: Iterable[str], problems: dict[str, str]) -> tuple[UUID, ...]:
    found: dict[UUID, None] = {}
    for text in list(texts)[:MOST_CHOICES]:
        try:
            found[UUID(text)] = None
        except ValueError:
            if text:
                problems["empresa"] = f"A empresa “{quoted(text)}” não existe."
    return tuple(found)


def _amount(text: str, problems: dict[str, str]) -> Decimal | None:
    """`1.234,56`, `R$ 150` or `150.00`."""
    if not text:
        return None
    written = _AMOUNT.fullmatch(text.replace("\u00a0", " "))
    if written:
        return Decimal(f"{written[1].replace('.', '')}.{(written[2] or '0').ljust(2, '0')}")
    if _PLAIN_AMOUNT.fullmatch(text):
        return Decimal(text).quantize(Decimal("0.01"))
    problems["valor"] = "Digite o valor como 1.234,56."
    return None


def _bound(name: str, text: str, today: date, problems: dict[str, str]) -> datetime | None:
    """The instant that a bound means. An end takes in all of what was typed: the day, the minute."""
    if not text:
        return None
    timed = _TIMED.fullmatch(text)
    try:
        day = parse_day(timed[1] if timed else text, today)
        of_day = time(int(timed[2]), int(timed[3]), int(timed[4] or 0)) if timed else time()
    except (DateUnreadableError, ValueError):
        problems[name] = "Digite como dd/mm/aaaa ou dd/mm/aaaa hh:mm."
        return None
    instant = datetime.combine(day, of_day, SAO_PAULO)
    if name.endswith("_ate"):
        step = timedelta(days=1)
        if timed:
            step = timedelta(seconds=1) if timed[4] else timedelta(minutes=1)
        instant += step
    return instant.astimezone(UTC)
