"""Customers: found again by CPF, CNPJ or code, never registered twice (F97-F100)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from application.access import Principal
from application.app import Project
from application.database import Connection
from application.ids import new_id
from application.lookups import Key, Lookup, LookupRacedError
from application.registry import Change, Done, EntryConflictError, EntryTakenError, Registry, Step
from application.unit_of_work import context_of, retried
from domain.customer.customer import Contact, Customer, CustomerKind, project
from domain.customer.events import Address
from domain.kernel import DomainError, DomainEvent, Frozen
from domain.user.roles import Permission
from domain.values.cnpj import parse_cnpj
from domain.values.cpf import parse_cpf
from domain.values.text import code_key


class CustomerUnidentifiedError(DomainError):
    """A customer needs a code, a CPF or a CNPJ to be found again. Give one of them."""


class ContactForm(Frozen):
    """A contact; `collection` marks the one that receives charges (F100)."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    collection: bool = False


class CustomerForm(Frozen):
    """What a person says of a customer. None leaves it as it is; contacts not named stay."""

    code: str | None = None
    kind: CustomerKind
    name: str
    trade_name: str | None = None
    document: str | None = None
    address: Address | None = None
    contacts: tuple[ContactForm, ...] = ()


class Customers(Registry[CustomerForm, Customer]):
    """Customers belong to no single company: KEEP_REGISTRIES in any company is enough."""

    KEPT: ClassVar[tuple[str, ...]] = ()

    def correct_name(
        self, principal: Principal, customer_id: UUID, name: str, trade_name: str | None
    ) -> Done:
        """The name on file was wrong or has changed."""
        return self._set(
            principal, customer_id, lambda each: each.correct_name(name, trade_name, self._clock())
        )

    def correct_document(
        self, principal: Principal, customer_id: UUID, kind: CustomerKind, document: str
    ) -> Done:
        """The CPF or CNPJ was missing or wrong. Raises `EntryTakenError` if another customer has it."""
        key = _by_document(kind, document)

        def command() -> Done:
            principal.require(Permission.KEEP_REGISTRIES)
            customer = self._load(principal, customer_id)
            if self._lookups.find(*key) not in (None, customer_id):
                raise EntryTakenError
            fact = customer.correct_document(kind, document, self._clock())
            if fact is None:
                return Done(customer_id, Change.SAME)
            position = self._lastro.record(
                context_of(principal), fact, also=lambda db: self._exchange(db, customer, key)
            )
            return Done(customer_id, Change.CORRECTED, position)

        try:
            return retried(command)
        except LookupRacedError:
            raise EntryTakenError from None

    def move(self, principal: Principal, customer_id: UUID, address: Address) -> Done:
        """The customer has a new address."""
        return self._set(principal, customer_id, lambda each: each.move(address, self._clock()))

    def add_contact(self, principal: Principal, customer_id: UUID, form: ContactForm) -> Done:
        """One more contact; the id of the result is the customer's."""
        contact_id = new_id()
        return self._set(
            principal,
            customer_id,
            lambda each: each.add_contact(
                contact_id, form.name, form.email, form.phone, form.collection, self._clock()
            ),
        )

    def remove_contact(self, principal: Principal, customer_id: UUID, contact_id: UUID) -> Done:
        """No longer use the contact."""
        return self._set(principal, customer_id, lambda each: each.remove_contact(contact_id, self._clock()))

    def choose_collection_contact(self, principal: Principal, customer_id: UUID, contact_id: UUID) -> Done:
        """Charges go to this contact from now on."""
        return self._set(
            principal, customer_id, lambda each: each.choose_collection_contact(contact_id, self._clock())
        )

    def find_by_code(self, code: str) -> UUID | None:
        """The customer with this code."""
        return self._lookups.find(*_by_code(code))

    def find_by_document(self, kind: CustomerKind, document: str) -> UUID | None:
        """The customer with this CPF or CNPJ."""
        return self._lookups.find(*_by_document(kind, document))

    def find_many(self, codes: set[str]) -> dict[str, UUID]:
        """The customers with these codes; unknown codes are left out."""
        found = self._lookups.find_many(_by_code(code) for code in codes)
        return {code: found[_by_code(code)] for code in codes if _by_code(code) in found}

    def _exchange(self, db: Connection, customer: Customer, key: Key) -> None:
        old = [] if customer.document is None else [_by_document(customer.kind, customer.document)]
        self._lookups.exchange(db, old, {key: customer.id})

    def _set(self, principal: Principal, customer_id: UUID, decide: Step[Customer]) -> Done:
        return self._correct(principal, Permission.KEEP_REGISTRIES, customer_id, decide)

    def _project(self) -> Project[Customer]:
        return project

    def _permit(self, principal: Principal, form: CustomerForm) -> None:
        principal.require(Permission.KEEP_REGISTRIES)

    def _keys(self, form: CustomerForm) -> list[Key]:
        keys = []
        if form.code and code_key(form.code):
            keys.append(_by_code(form.code))
        if form.document and form.document.strip():
            keys.append(_by_document(form.kind, form.document))
        if not keys:
            raise CustomerUnidentifiedError
        return keys

    def _outdated_keys(self, state: Customer, form: CustomerForm) -> list[Key]:
        if state.document is None or form.document is None:
            return []
        old = _by_document(state.kind, state.document)
        return [] if old in self._keys(form) else [old]

    def _corrections(self, state: Customer, form: CustomerForm, now: datetime) -> list[DomainEvent]:
        if form.code is not None and code_key(form.code) != code_key(state.code or ""):
            raise EntryConflictError("code", id=state.id, fields=["code"])
        return super()._corrections(state, form, now)

    def _first_fact(self, id: UUID, form: CustomerForm, now: datetime) -> DomainEvent:
        return Customer.register(
            id, form.code, form.kind, form.name, form.trade_name, form.document, form.address, now
        )

    def _steps(self, form: CustomerForm, now: datetime) -> Iterator[Step[Customer]]:
        address = form.address
        yield lambda customer: customer.correct_name(form.name, form.trade_name or customer.trade_name, now)
        if form.document is not None:
            yield lambda customer: customer.correct_document(form.kind, form.document, now)
        if address is not None:
            yield lambda customer: customer.move(address, now)
        for contact in form.contacts:
            yield from _contact_steps(contact, now)


def _contact_steps(form: ContactForm, now: datetime) -> Iterator[Step[Customer]]:
    """A contact is known again by its e-mail, or by its phone if it has none."""

    def remove_if_outdated(customer: Customer) -> DomainEvent | None:
        known = _known(customer, form)
        return customer.remove_contact(known.id, now) if known and _outdated(known, form) else None

    def add_if_missing(customer: Customer) -> DomainEvent | None:
        if _known(customer, form):
            return None
        return customer.add_contact(new_id(), form.name, form.email, form.phone, form.collection, now)

    def choose_if_marked(customer: Customer) -> DomainEvent | None:
        known = _known(customer, form)
        return customer.choose_collection_contact(known.id, now) if known and form.collection else None

    yield remove_if_outdated
    yield add_if_missing
    yield choose_if_marked


def _known(customer: Customer, form: ContactForm) -> Contact | None:
    mark = _mark(form.email, form.phone)
    return next((each for each in customer.contacts if _mark(each.email, each.phone) == mark), None)


def _mark(email: str | None, phone: str | None) -> str:
    return (email or "").strip().lower() or " ".join((phone or "").split())


def _outdated(known: Contact, form: ContactForm) -> bool:
    name, phone = (" ".join((text or "").split()) or None for text in (form.name, form.phone))
    return (name is not None and name != known.name) or (phone is not None and phone != known.phone)


def _by_code(code: str) -> Key:
    return Lookup.CUSTOMER_CODE, code_key(code)


def _by_document(kind: CustomerKind, document: str) -> Key:
    return Lookup.CUSTOMER_DOCUMENT, parse_cpf(document) if kind == "person" else parse_cnpj(document)
