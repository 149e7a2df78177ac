"""The one filter of the listing: read from the address, written back to it, handed to every query.

What cannot be read is told beside its field and left out; the period alone is required (F9).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Any, Self
from urllib.parse import urlencode
from uuid import UUID

from application.clock import sao_paulo_date
from domain.invoice.situacao import InstalmentStatus, Situacao
from domain.values.payment import ValueType
from web.dates import DateUnreadableError, month_of, parse_day
from web.past import Past, read_past

LONGEST_SEARCH = 100
MOST_CHOICES = 50
WITHOUT_DEPARTMENT = "-"
_MOST_TOLD, _LONGEST_TOLD = 5, 40


class DateKind(StrEnum):
    """*Tipo Data* (F7)."""

    DUE = "vencimento"
    BILLED = "faturamento"
    SENT = "envio"
    CREATED = "criacao"


class SearchKind(StrEnum):
    """*Tipo de pesquisa* (F11)."""

    STANDARD = "padrao"
    CUSTOMER = "cliente"
    DOCUMENT = "documento"
    BOLETO = "boleto"
    NOTES = "observacao"


class PageSize(IntEnum):
    """Rows of a page."""

    SMALL = 50
    MEDIUM = 100
    LARGE = 200


class Kind(StrEnum):
    """*Tipo* (F19)."""

    BILLING = "billing"
    RENEGOTIATION = "renegotiation"


DATE_KIND_WORDS = {
    DateKind.DUE: "Vencimento",
    DateKind.BILLED: "Faturamento",
    DateKind.SENT: "Envio",
    DateKind.CREATED: "Criação",
}
SEARCH_KIND_WORDS = {
    SearchKind.STANDARD: "Padrão",
    SearchKind.CUSTOMER: "Cliente",
    SearchKind.DOCUMENT: "Documento",
    SearchKind.BOLETO: "Nosso número",
    SearchKind.NOTES: "Observação",
}
SEARCH_HINTS = {
    SearchKind.STANDARD: "Cliente, CPF, CNPJ ou nosso número",
    SearchKind.CUSTOMER: "Nome ou nome fantasia do cliente",
    SearchKind.DOCUMENT: "CPF ou CNPJ, com ou sem pontuação",
    SearchKind.BOLETO: "Nosso número, linha digitável ou código de barras",
    SearchKind.NOTES: "Parte da observação do contrato",
}
"""What can be typed for each (F12)."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What the user asked to see. Empty choices mean all that the user may see (F15)."""

    start: date
    end: date
    date_kind: DateKind = DateKind.DUE
    companies: tuple[UUID, ...] = ()
    customers: tuple[UUID, ...] = ()
    accounts: tuple[UUID, ...] = ()
    kinds: tuple[Kind, ...] = ()
    situacoes: tuple[Situacao, ...] = ()
    instalments: tuple[InstalmentStatus, ...] = ()
    value_types: tuple[ValueType, ...] = ()
    departments: tuple[str, ...] = ()
    search_kind: SearchKind = SearchKind.STANDARD
    search: str = ""
    page_size: PageSize = PageSize.SMALL
    past: Past | None = None

    @classmethod
    def default(cls, today: date) -> Self:
        """Due in the current month (F8, F10)."""
        start, end = month_of(today)
        return cls(start=start, end=end)

    def query(self) -> list[tuple[str, str]]:
        """The address's query, in one canonical order, without what says nothing."""
        pairs = [
            ("data", self.date_kind.value),
            ("de", f"{self.start:%d/%m/%Y}"),
            ("ate", f"{self.end:%d/%m/%Y}"),
        ]
        for name, attribute in CHOICES.items():
            pairs += [(name, str(value)) for value in getattr(self, attribute)]
        if self.search:
            pairs += [("pesquisa", self.search_kind.value), ("q", self.search)]
        if self.page_size is not PageSize.SMALL:
            pairs.append(("linhas", str(int(self.page_size))))
        return pairs + (self.past.query() if self.past else [])

    def address(self, path: str = "/faturamento", **more: str) -> str:
        """A link to this filter at a path; `more` are further parameters of it."""
        return f"{path}?{urlencode([*self.query(), *more.items()], safe='/:')}"

    def without(self, attribute: str, value: object) -> Listing:
        """The same filter less one choice."""
        left = tuple(each for each in getattr(self, attribute) if each != value)
        changes: dict[str, Any] = {attribute: left}
        return replace(self, **changes)


CHOICES: dict[str, str] = {
    "empresa": "companies",
    "cliente": "customers",
    "conta": "accounts",
    "tipo": "kinds",
    "situacao": "situacoes",
    "parcela": "instalments",
    "valor": "value_types",
    "departamento": "departments",
}
"""Parameter of the address -> field, of what can be chosen more than once."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter as it was asked for, and what of it could not be read, by parameter."""

    listing: Listing
    problems: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)

    def moment(self, name: str) -> str:
        """What stands in a field of the position: what was typed, in its plain form where it can be read."""
        past = self.listing.past
        if past is None:
            return self.typed.get(name, "")
        if name == "posicao":
            return past.happened_words
        return "" if past.known == past.happened else past.known_words.removeprefix("em ")

    def shown(self, name: str) -> str:
        """What stands in a date field: what was typed, if it could not be read."""
        day = self.listing.start if name == "de" else self.listing.end
        return self.typed.get(name, f"{day:%d/%m/%Y}")


class Parameters:
    """The query string: names may repeat, nothing in it is trusted."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def one(self, name: str) -> str:
        """The last value of a name, trimmed; empty when it is not there."""
        return self._values.get(name, [""])[-1].strip()

    def many(self, name: str) -> Sequence[str]:
        """All values of a name, no more than can be meant."""
        return self._values.get(name, [])[:MOST_CHOICES]

    def unknown(self, known: Collection[str]) -> dict[str, str]:
        """What there is beside the names that are known, in words: an unheeded filter would show more."""
        others = [name for name in self._values if name not in known]
        return {name: f"O filtro “{quoted(name)}” não existe." for name in others[:_MOST_TOLD]}


def quoted(text: str) -> str:
    """What was typed, as a notice repeats it."""
    return plain_text(text)[:_LONGEST_TOLD]


def read(pairs: Iterable[tuple[str, str]], now: datetime) -> Asked:
    """The filter of an address. Never raises: what is not understood is named and left out."""
    given, today = Parameters(pairs), sao_paulo_date(now)
    problems: dict[str, str] = {}
    typed: dict[str, str] = {}
    default = Listing.default(today)
    start = _date(given.one("de"), default.start, today, "de", problems, typed)
    end = _date(given.one("ate"), default.end, today, "ate", problems, typed)
    if not problems and end < start:
        days = f"O fim ({end:%d/%m/%Y}) é anterior ao início ({start:%d/%m/%Y})."
        problems["ate"] = f"{days} Corrija uma das duas datas."
        typed |= {"de": f"{start:%d/%m/%Y}", "ate": f"{end:%d/%m/%Y}"}
    if problems:
        start, end = default.start, default.end
    past = read_past(given.one("posicao"), given.one("conhecida"), now, problems, typed)
    problems |= _not_understood(given)
    listing = Listing(
        start=start,
        end=end,
        date_kind=_one_of(DateKind, given.one("data"), DateKind.DUE),
        companies=_ids(given.many("empresa")),
        customers=_ids(given.many("cliente")),
        accounts=_ids(given.many("conta")),
        kinds=_some_of(Kind, given.many("tipo")),
        situacoes=_some_of(Situacao, given.many("situacao")),
        instalments=_some_of(InstalmentStatus, given.many("parcela")),
        value_types=_some_of(ValueType, given.many("valor")),
        departments=tuple(text[:80] for text in given.many("departamento") if _is_plain(text)),
        search_kind=_one_of(SearchKind, given.one("pesquisa"), SearchKind.STANDARD),
        search=plain_text(given.one("q")),
        page_size=_page_size(given.one("linhas")),
        past=past,
    )
    return Asked(listing, problems, typed)


def _not_understood(given: Parameters) -> dict[str, str]:
    """By name, what would otherwise fall away and leave more shown than was asked for."""
    problems = given.unknown(_NAMES)
    for name, (label, reads) in _READ_BY.items():
        bad = [text for text in given.many(name) if text and not reads(text)]
        if bad:
            problems[name] = f"“{quoted(bad[0])}” não é uma opção de {label}."
    return problems


def _is_of(kind: type[StrEnum]) -> Callable[[str], bool]:
    return lambda text: text in set(kind)


def _is_id(text: str) -> bool:
    return bool(_ids([text]))


def _date(
    text: str, default: date, today: date, name: str, problems: dict[str, str], typed: dict[str, str]
) -> date:
    if not text:
        return default
    try:
        return parse_day(text, today)
    except DateUnreadableError:
        problems[name] = "Digite a data como dd/mm/aaaa."
        typed[name] = text[:20]
        return default


def _one_of[E: StrEnum](kind: type[E], text: str, default: E) -> E:
    return kind(text) if text in set(kind) else default


def _some_of[E: StrEnum](kind: type[E], texts: Sequence[str]) -> tuple[E, ...]:
    return tuple(dict.fromkeys(kind(text) for text in texts if text in set(kind)))


def _ids(texts: Sequence[str]) -> tuple[UUID, ...]:
    found: dict[UUID, None] = {}
    for text in texts:
        try:
            found[UUID(text)] = None
        except ValueError:
            continue
    return tuple(found)


def _page_size(text: str) -> PageSize:
    sizes = {str(int(size)): size for size in PageSize}
    return sizes.get(text, PageSize.SMALL)


def plain_text(text: str) -> str:
    """A search text as it may be looked for: printable, not endless."""
    return "".join(letter for letter in text if letter.isprintable())[:LONGEST_SEARCH].strip()


def _is_plain(text: str) -> bool:
    return bool(text) and text.isprintable()


_READ_BY: dict[str, tuple[str, Callable[[str], bool]]] = {
    "data": ("Tipo Data", _is_of(DateKind)),
    "empresa": ("Empresas", _is_id),
    "cliente": ("Clientes", _is_id),
    "conta": ("Contas", _is_id),
    "tipo": ("Tipo", _is_of(Kind)),
    "situacao": ("Situação", _is_of(Situacao)),
    "parcela": ("Situação Parcela", _is_of(InstalmentStatus)),
    "valor": ("Tipo Valor", _is_of(ValueType)),
    "departamento": ("Departamento", _is_plain),
    "pesquisa": ("Tipo de pesquisa", _is_of(SearchKind)),
    "linhas": ("Linhas", lambda text: text in {str(int(size)) for size in PageSize}),
}
"""Of each choice its label, and whether a text is one of its options."""

_NAMES = frozenset({*_READ_BY, "de", "ate", "q", "posicao", "conhecida"}) | {
    # Not of the filter: which page, the window that the address opens, what a fragment asks for.
    *("cursor", "janela", "mostrado", "exata", "busca"),
}
