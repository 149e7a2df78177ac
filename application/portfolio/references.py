"""What the rows of a batch refer to, found in the database with a query per kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from application.access import Principal
from application.accounts import Accounts
from application.app import Lastro
from application.companies import Companies
from application.customers import Customers
from application.portfolio.columns import Kind
from application.portfolio.entries import Entry, reference
from application.portfolio.problems import RowRefusedError
from application.portfolio.seen import Seen
from application.price_indices import STANDARD_INDICES, PriceIndices
from application.services import Services
from domain.company.company import project as project_company
from domain.company.events import CompanyRegistered
from domain.service.service import Service
from domain.service.service import project as project_service
from domain.values.text import code_key

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Registries:
    """Where a portfolio's registries go to."""

    lastro: Lastro
    companies: Companies
    accounts: Accounts
    services: Services
    customers: Customers
    indices: PriceIndices


@dataclass(frozen=True, slots=True)
class Known:
    """The codes of one batch that are registered."""

    seen: Seen
    companies: Mapping[str, UUID]
    accounts: Mapping[tuple[UUID, str], UUID] = field(default_factory=dict)
    services: Mapping[tuple[UUID, str], Service] = field(default_factory=dict)
    customers: Mapping[str, UUID] = field(default_factory=dict)
    elsewhere: Mapping[tuple[Kind, str], str] = field(default_factory=dict)
    """The company of a code that is registered, only not in the company of the row that names it."""

    def company(self, code: str) -> UUID:
        """Raises RowRefusedError."""
        return self._found(self.companies.get(code), "empresa", Kind.COMPANY, code_key(code))

    def customer(self, code: str) -> UUID:
        """Raises RowRefusedError."""
        return self._found(self.customers.get(code), "cliente", Kind.CUSTOMER, code_key(code))

    def account(self, company: str, code: str) -> UUID:
        """Raises RowRefusedError."""
        found = self.accounts.get((self.company(company), code))
        return self._found(found, "conta", Kind.ACCOUNT, reference(company, code), code)

    def service(self, company: str, code: str) -> Service:
        """Raises RowRefusedError."""
        found = self.services.get((self.company(company), code))
        return self._found(found, "servico", Kind.SERVICE, reference(company, code), code)

    def _found[T](self, found: T | None, column: str, kind: Kind, key: str, code: str = "") -> T:
        if found is not None:
            return found
        if self.seen.is_refused(kind, key):
            raise RowRefusedError(column, "row_refused")
        other = self.elsewhere.get((kind, code))
        if other is not None:
            raise RowRefusedError(column, "code_of_another_company", company=other)
        raise RowRefusedError(column, "code_unknown")


class References:
    """Resolves the codes of a batch; remembers only the few indices."""

    def __init__(self, registries: Registries, principal: Principal, seen: Seen) -> None:
        self._to = registries
        self._principal = principal
        self._seen = seen
        self._indices: dict[str, str] = {}
        self._companies: Mapping[UUID, str] | None = None

    def known(self, entries: Sequence[Entry]) -> Known:
        """What these entries, all of one kind, refer to."""
        codes = {code for entry in entries if (code := _cell(entry, "empresa"))}
        companies = self._to.companies.find_many(codes)
        if not entries or entries[0].kind is not Kind.CONTRACT:
            return Known(self._seen, companies)
        accounts, services, customers = set(), set(), set()
        for entry in entries:
            company = companies.get(_cell(entry, "empresa") or "")
            if company is not None and entry.values is not None:
                accounts.add((company, entry.values["conta"]))
                services |= {(company, code) for code in _services(entry)}
                customers.add(entry.values["cliente"])
        found_accounts = self._to.accounts.find_many(accounts)
        found_services = self._to.services.find_many(services)
        return Known(
            self._seen,
            companies,
            found_accounts,
            self._loaded(found_services),
            self._to.customers.find_many(customers),
            self._elsewhere(accounts - found_accounts.keys(), services - found_services.keys()),
        )

    def _elsewhere(
        self, accounts: set[tuple[UUID, str]], services: set[tuple[UUID, str]]
    ) -> dict[tuple[Kind, str], str]:
        """Where a code that the row's company lacks is registered, of companies that the importer sees."""
        found: dict[tuple[Kind, str], str] = {}
        registries = (
            (Kind.ACCOUNT, accounts, self._to.accounts.find_many),
            (Kind.SERVICE, services, self._to.services.find_many),
        )
        for kind, missing, find in registries:
            codes = {code for _, code in missing}
            asked = {(company, code) for company in self._others() for code in codes} if codes else set()
            for company, code in sorted(find(asked), key=str):
                found.setdefault((kind, code), self._others()[company])
        return found

    def _others(self) -> Mapping[UUID, str]:
        """The codes of the companies that the importer sees, read once; those of this file are among them."""
        if self._companies is None:
            ids = registered_companies(self._to.lastro)
            known = self._to.lastro.load_many(project_company, ids)
            self._companies = {id: each.code for id, each in known.items() if self._principal.sees(id)}
        return self._companies

    def index(self, code: str) -> str:
        """The index's registered code; a standard one is registered on the way. Raises RowRefusedError."""
        if code not in self._indices:
            known = self._to.indices.named(self._principal, code)
            if known is None:
                raise RowRefusedError("indice", "index_unknown", choices=", ".join(sorted(STANDARD_INDICES)))
            self._indices[code] = known
        return self._indices[code]

    def _loaded(self, ids: Mapping[tuple[UUID, str], UUID]) -> dict[tuple[UUID, str], Service]:
        services = self._to.lastro.load_many(project_service, set(ids.values()))
        return {key: services[id] for key, id in ids.items() if id in services}


def registered_companies(lastro: Lastro) -> set[UUID]:
    """Every company there is."""
    found: set[UUID] = set()
    after = 0
    while page := lastro.read(after, _PAGE, [CompanyRegistered.TOPIC]):
        found |= {event.stream_id for event in page}
        after = page[-1].position
    return found


def _cell(entry: Entry, column: str) -> str | None:
    return entry.values.get(column) if entry.values is not None else None


def _services(entry: Entry) -> set[str]:
    assert entry.values is not None
    rows = [entry.values, *(values for _, values in entry.items)]
    return {values["servico"] for values in rows if values["servico"] is not None}
