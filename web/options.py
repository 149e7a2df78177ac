"""What can be chosen in the filters, and the chips of what was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from application.access import Principal
from application.database import Database
from domain.invoice.situacao import InstalmentStatus, Situacao
from projections.accounts.query import accounts
from projections.companies.query import Company, companies
from projections.customers.query import customer
from projections.shown import customers_within
from web import formats
from web.listing import (
    DATE_KIND_WORDS,
    SEARCH_HINTS,
    SEARCH_KIND_WORDS,
    WITHOUT_DEPARTMENT,
    Kind,
    Listing,
)
from web.rows import Chip
from web.scope import visible_companies
from web.wording import terms
from web.wording.terms import FORGOTTEN

type Choices = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Options:
    """Value and words of everything that can be chosen; of customers, only those that are."""

    companies: Choices
    customers: Choices
    accounts: Choices
    departments: Choices
    date_kinds: Choices
    search_kinds: Choices
    search_hints: dict[str, str]
    situacoes: Choices
    instalments: Choices
    kinds: Choices
    value_types: Choices

    def chosen(self, listing: Listing) -> dict[str, list[str]]:
        """What is ticked, by choice; F16: the only company is chosen by itself."""
        return {name: [str(value) for value in getattr(listing, name)] for name in _LABELS}


_LABELS = {
    "companies": "Empresa",
    "customers": "Cliente",
    "accounts": "Conta",
    "kinds": "Tipo",
    "situacoes": "Situação",
    "instalments": "Situação Parcela",
    "value_types": "Tipo Valor",
    "departments": "Departamento",
}


def options_for(database: Database, principal: Principal, listing: Listing) -> Options:
    """The choices of this person; a company or account that they may not see is not among them."""
    visible = visible_companies(principal)
    known = companies(database, visible)
    seen = customers_within(database, listing.customers, visible)
    found = (customer(database, each) for each in listing.customers if each in seen)
    return Options(
        companies=[(str(each.company_id), company_words(each)) for each in known],
        customers=[
            (str(each.customer_id), customer_words(each.name, each.document))
            for each in found
            if each is not None
        ],
        accounts=[(str(each.account_id), each.name) for each in accounts(database, visible)],
        departments=_departments(listing),
        date_kinds=_choices((kind.value, words) for kind, words in DATE_KIND_WORDS.items()),
        search_kinds=_choices((kind.value, words) for kind, words in SEARCH_KIND_WORDS.items()),
        search_hints={kind.value: words for kind, words in SEARCH_HINTS.items()},
        situacoes=_choices((each.value, terms.SITUACAO[each][0]) for each in Situacao),
        instalments=_choices((each.value, terms.INSTALMENT_STATUS[each][0]) for each in InstalmentStatus),
        kinds=_choices((each.value, terms.KIND[each.value][0]) for each in Kind),
        value_types=_choices(terms.VALUE_TYPE.items()),
    )


def company_words(company: Company) -> str:
    """A company in a list of choices."""
    return company.trade_name or company.legal_name


def customer_words(name: str | None, document: str | None) -> str:
    """A customer in a list of choices."""
    number = formats.tax_document(document)
    return f"{name or FORGOTTEN}" + (f" · {number}" if number else "")


def chips(listing: Listing, options: Options) -> list[Chip]:
    """One chip for each choice in force, the text included."""
    found = [
        Chip(label, _words(getattr(options, name), str(value)), listing.without(name, value).address())
        for name, label in _LABELS.items()
        for value in getattr(listing, name)
    ]
    if listing.search:
        label = SEARCH_KIND_WORDS[listing.search_kind]
        found.append(Chip(f"Pesquisa ({label})", listing.search, replace(listing, search="").address()))
    return found


def _departments(listing: Listing) -> Choices:
    return [(name, department_words(name)) for name in listing.departments]


def department_words(name: str) -> str:
    """A department in a list of choices (F23)."""
    return "Não informado" if name == WITHOUT_DEPARTMENT else name


def _choices(pairs: Iterable[tuple[str, str]]) -> Choices:
    return [(str(value), words) for value, words in pairs]


def _words(choices: Choices, value: str) -> str:
    return dict(choices).get(value, "1 escolhido")
