"""What orders name by codes and documents, found in our registries with a query per kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from uuid import UUID

from application.app import Lastro
from application.lookups import Key, Lookup, Lookups, scoped
from application.ports import CompanyAccounts
from application.sales_orders import Order, OrderPlaced
from domain.account.account import Account
from domain.account.account import project as project_account
from domain.company.company import Company
from domain.company.company import project as project_company
from domain.customer.events import CustomerForgotten, CustomerRegistered
from domain.kernel import DomainError
from domain.service.service import Service
from domain.service.service import project as project_service
from domain.values.cnpj import parse_cnpj
from domain.values.cpf import parse_cpf
from domain.values.payment import PaymentMethod
from domain.values.text import code_key


class OrderReferenceUnknownError(DomainError):
    """The order names what is not registered here, or not in this company, or two that are not the same.
    Register it, or correct the order, and send the order again.

    Details: `field` (`company`, `customer`, `service`, `account`), `item` where it is one item's, and
    `code`, which is left out where it would be a person's: documents and codes of customers are sealed.
    `unnamed` where it does not say which one at all.
    """


@dataclass(frozen=True, slots=True)
class Named:
    """What one order names. `customer_id` None: nothing leads to that customer (any more)."""

    company_id: UUID
    customer_id: UUID | None
    customer_forgotten: bool
    account: Account | None
    services: tuple[Service, ...]


@dataclass(frozen=True, slots=True)
class References:
    """Everything that a batch of orders names and that is registered."""

    found: Mapping[Key, UUID]
    companies: Mapping[UUID, Company]
    customers: Mapping[UUID, bool]
    """Those that exist, and whether each was forgotten."""
    documented: Set[UUID]
    """Those of them whose CPF or CNPJ is on file, as far as an order names a document of nobody's."""
    accounts: Mapping[UUID, Account]
    services: Mapping[UUID, Service]

    def company_of(self, order: Order) -> UUID | None:
        """The company that the order is of, if it is known, and every name of it means that one."""
        names = [each for each in (order.company_code, order.company_cnpj) if each is not None]
        found = {self.found.get(key) for key in _company_keys(order)}
        return found.pop() if len(found) == 1 and len(_company_keys(order)) == len(names) else None

    def require_company(self, order: Order) -> UUID:
        """The same. Raises OrderReferenceUnknownError."""
        company_id = self.company_of(order)
        if company_id is None:
            named = order.company_code or order.company_cnpj
            raise _unknown("company", named) if named else _unnamed("company")
        return company_id

    def named(self, order: OrderPlaced, *, strict: bool) -> Named:
        """What the order names. Without `strict` the customer may be nobody. Raises
        OrderReferenceUnknownError."""
        company_id = self.require_company(order)
        meant = {self.found[key] for key in _customer_keys(order) if key in self.found}
        meant |= {order.customer_id} if order.customer_id else set()
        customer_id = meant.pop() if len(meant) == 1 else None
        # A document on file that is not the order's makes two persons of one code; none on file does not.
        if customer_id not in self.customers or (
            customer_id in self.documented and _names_nobody(order, self.found)
        ):
            customer_id = None
        if customer_id is None and strict:
            names = order.customer_id or order.customer_document or order.customer_code
            raise _unknown("customer", order.customer_id) if names else _unnamed("customer")
        return Named(
            company_id,
            customer_id,
            customer_id is not None and self.customers[customer_id],
            self._account(company_id, order.account_code),
            tuple(
                self._service(company_id, item.service_code, number)
                for number, item in enumerate(order.items, start=1)
            ),
        )

    def only_account(self, company_id: UUID, method: PaymentMethod) -> Account | None:
        """The company's account that takes this method, where it is the only one."""
        fit = [each for each in self.accounts.values() if each.company_id == company_id]
        fit = [each for each in fit if each.accepts(method)]
        return fit[0] if len(fit) == 1 else None

    def _account(self, company_id: UUID, code: str | None) -> Account | None:
        if code is None:
            return None
        found = self.found.get((Lookup.ACCOUNT_CODE, scoped(company_id, code)))
        if found is None or found not in self.accounts:
            raise _unknown("account", code)
        return self.accounts[found]

    def _service(self, company_id: UUID, code: str, item: int) -> Service:
        found = self.found.get((Lookup.SERVICE_CODE, scoped(company_id, code)))
        if found is None or found not in self.services:
            raise _unknown("service", code, item=item)
        return self.services[found]


def references(
    lastro: Lastro, lookups: Lookups, accounts: CompanyAccounts, told: Sequence[Order]
) -> References:
    """Find what these orders name; of one that was withdrawn, its company."""
    orders = [each for each in told if isinstance(each, OrderPlaced)]
    found = lookups.find_many(
        {key for each in told for key in _company_keys(each)}
        | {key for each in orders for key in _customer_keys(each)}
    )
    known = References(found, {}, {}, frozenset(), {}, {})
    of_company = [(known.company_of(order), order) for order in orders]
    scoped_keys = {key for company, each in of_company if company for key in _scoped_keys(company, each)}
    found = found | lookups.find_many(scoped_keys)
    # Only who emits no documents is received in an account that nobody named (F6).
    defaulted = {company for company, each in of_company if company and _takes_default(each)}
    named = {id for (kind, _), id in found.items() if kind is Lookup.ACCOUNT_CODE}
    customers = {id for (kind, _), id in found.items() if kind in _OF_CUSTOMERS}
    customers |= {each.customer_id for each in orders if each.customer_id}
    doubtful = customers if any(_names_nobody(each, found) for each in orders) else ()
    return References(
        found,
        lastro.load_many(project_company, {company for company, _ in of_company if company}),
        _customers(lastro, customers),
        lookups.registered_among(Lookup.CUSTOMER_DOCUMENT, doubtful),
        lastro.load_many(project_account, named | {*accounts.accounts_of(defaulted)}),
        lastro.load_many(
            project_service, {id for (kind, _), id in found.items() if kind is Lookup.SERVICE_CODE}
        ),
    )


_OF_CUSTOMERS = (Lookup.CUSTOMER_DOCUMENT, Lookup.CUSTOMER_CODE)


def forgotten_among(lastro: Lastro, customers: Iterable[UUID]) -> set[UUID]:
    """Those of these customers with whom nothing more is agreed."""
    return {id for id, forgotten in _customers(lastro, set(customers)).items() if forgotten}


def _takes_default(order: OrderPlaced) -> bool:
    return not order.emits_documents and order.account_code is None


def _names_nobody(order: OrderPlaced, found: Mapping[Key, UUID]) -> bool:
    """Whether the order has a document, and it is of no customer."""
    document = order.customer_document
    return document is not None and not any(key in found for key in _read(Lookup.CUSTOMER_DOCUMENT, document))


def _customers(lastro: Lastro, ids: set[UUID]) -> dict[UUID, bool]:
    if not ids:
        return {}
    with lastro.database.connection() as db:
        rows = db.execute(
            "SELECT stream_id, bool_or(topic = %s) FROM event WHERE stream_id = ANY(%s)"
            " AND topic = ANY(%s) GROUP BY stream_id HAVING bool_or(version = 1)",
            (CustomerForgotten.TOPIC, list(ids), [CustomerRegistered.TOPIC, CustomerForgotten.TOPIC]),
        ).fetchall()
    return dict(rows)


def _company_keys(order: Order) -> list[Key]:
    keys: list[Key] = []
    if order.company_code is not None:
        keys.append((Lookup.COMPANY_CODE, code_key(order.company_code)))
    if order.company_cnpj is not None:
        keys += _read(Lookup.COMPANY_CNPJ, order.company_cnpj)
    return keys


def _customer_keys(order: OrderPlaced) -> list[Key]:
    keys: list[Key] = []
    if order.customer_document is not None:
        keys += _read(Lookup.CUSTOMER_DOCUMENT, order.customer_document)
    if order.customer_code is not None:
        keys.append((Lookup.CUSTOMER_CODE, code_key(order.customer_code)))
    return keys


def _read(kind: Lookup, document: str) -> list[Key]:
    """A CNPJ, or where people have one, a CPF; what is neither finds nothing."""
    readers = (parse_cnpj,) if kind is Lookup.COMPANY_CNPJ else (parse_cnpj, parse_cpf)
    for read in readers:
        try:
            return [(kind, read(document))]
        except DomainError:
            continue
    return []


def _scoped_keys(company_id: UUID, order: OrderPlaced) -> list[Key]:
    codes = [(Lookup.SERVICE_CODE, item.service_code) for item in order.items]
    if order.account_code is not None:
        codes.append((Lookup.ACCOUNT_CODE, order.account_code))
    return [(kind, scoped(company_id, code)) for kind, code in codes]


def _unnamed(field: str) -> OrderReferenceUnknownError:
    return OrderReferenceUnknownError(f"it names no {field}", field=field, unnamed=True)


def _unknown(field: str, code: object, **more: object) -> OrderReferenceUnknownError:
    said = {} if code is None else {"code": str(code)}
    named = f" {code}" if said else ""
    return OrderReferenceUnknownError(f"no {field}{named} is registered", field=field, **said, **more)
