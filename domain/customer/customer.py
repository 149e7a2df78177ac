"""Customer: who buys; names, documents and contacts are personal data and may be gone (LGPD)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, assert_never
from uuid import UUID

from domain.customer.events import (
    Address,
    CollectionContactChosen,
    CustomerContactAdded,
    CustomerContactRemoved,
    CustomerDocumentCorrected,
    CustomerEvent,
    CustomerFiscalDataErased,
    CustomerForgotten,
    CustomerMoved,
    CustomerNameCorrected,
    CustomerRegistered,
)
from domain.customer.forgetting import (
    CustomerForgottenError,
    CustomerInBusinessError,
    FiscalTermRunningError,
    ForgettingRole,
    OpenBusiness,
)
from domain.kernel import Aggregate, DomainError, Frozen, first, projector
from domain.values.cnpj import parse_cnpj
from domain.values.cpf import parse_cpf
from domain.values.place import parse_city_ibge, parse_state, parse_zip_code
from domain.values.text import CODE_LENGTH, optional_text, parse_email, required_text

type CustomerKind = Literal["person", "organisation"]


class ContactUnknownError(DomainError):
    """The customer has no such contact: it may have been removed meanwhile. Reload the page."""


class ContactKnownError(DomainError):
    """This contact was added already, with other content. Remove it and add a new one."""


class ContactEmptyError(DomainError):
    """A contact has an e-mail address or a phone. Give one of them."""


class Contact(Frozen):
    """A person at the customer (F100)."""

    id: UUID
    name: str | None
    email: str | None
    phone: str | None


class Customer(Aggregate):
    """A person or an organisation, of no single company. `document` None: *Documento não cadastrado*
    (F30), or forgotten, as is a `name` of None."""

    code: str | None
    kind: CustomerKind
    name: str | None
    trade_name: str | None
    document: str | None
    address: Address | None
    contacts: tuple[Contact, ...] = ()
    collection_contact_id: UUID | None = None
    forgotten_at: datetime | None = None
    fiscal_until: date | None = None

    @staticmethod
    def register(
        id: UUID,
        code: str | None,
        kind: CustomerKind,
        name: str,
        trade_name: str | None,
        document: str | None,
        address: Address | None,
        now: datetime,
    ) -> CustomerRegistered:
        """A new customer. `document` is the CPF of a person, the CNPJ of an organisation."""
        return CustomerRegistered(
            **first(id, now),
            code=optional_text(code, "code", CODE_LENGTH),
            kind=kind,
            name=required_text(name, "name"),
            trade_name=optional_text(trade_name, "trade_name"),
            document=_document(kind, document),
            address=None if address is None else checked_address(address),
        )

    def correct_name(self, name: str, trade_name: str | None, now: datetime) -> CustomerNameCorrected | None:
        """The name on file was wrong or has changed."""
        self.require_remembered()
        names = required_text(name, "name"), optional_text(trade_name, "trade_name")
        if names == (self.name, self.trade_name):
            return None
        return CustomerNameCorrected(**self.following(now), name=names[0], trade_name=names[1])

    def correct_document(
        self, kind: CustomerKind, document: str | None, now: datetime
    ) -> CustomerDocumentCorrected | None:
        """The CPF or CNPJ on file was missing or wrong."""
        self.require_remembered()
        checked = _document(kind, document)
        if (kind, checked) == (self.kind, self.document):
            return None
        return CustomerDocumentCorrected(**self.following(now), kind=kind, document=checked)

    def move(self, address: Address | None, now: datetime) -> CustomerMoved | None:
        """The customer has a new address, or none that is known."""
        self.require_remembered()
        checked = None if address is None else checked_address(address)
        if checked == self.address:
            return None
        return CustomerMoved(**self.following(now), address=checked)

    def add_contact(
        self,
        contact_id: UUID,
        name: str | None,
        email: str | None,
        phone: str | None,
        collection: bool,
        now: datetime,
    ) -> CustomerContactAdded | None:
        """One more contact. As the collection contact it takes the place of the one before (F100)."""
        self.require_remembered()
        contact = Contact(
            id=contact_id,
            name=optional_text(name, "contact_name"),
            email=parse_email(email, "contact_email") if email and email.strip() else None,
            phone=optional_text(phone, "contact_phone", CODE_LENGTH),
        )
        if contact.email is None and contact.phone is None:
            raise ContactEmptyError
        known = self.contact(contact_id)
        if known is not None:
            if known == contact and collection == (self.collection_contact_id == contact_id):
                return None
            raise ContactKnownError(contact_id=contact_id)
        return CustomerContactAdded(
            **self.following(now),
            contact_id=contact_id,
            name=contact.name,
            email=contact.email,
            phone=contact.phone,
            collection=collection,
        )

    def remove_contact(self, contact_id: UUID, now: datetime) -> CustomerContactRemoved:
        """No longer use the contact. Without a collection contact the screens warn (F101)."""
        self.require_remembered()
        self._require_contact(contact_id)
        return CustomerContactRemoved(**self.following(now), contact_id=contact_id)

    def choose_collection_contact(self, contact_id: UUID, now: datetime) -> CollectionContactChosen | None:
        """Charges go to this contact, and to no other, from now on."""
        self.require_remembered()
        self._require_contact(contact_id)
        if contact_id == self.collection_contact_id:
            return None
        return CollectionContactChosen(**self.following(now), contact_id=contact_id)

    def forget(
        self,
        reason: str,
        requested_by: ForgettingRole,
        business: OpenBusiness,
        fiscal_until: date | None,
        now: datetime,
        *,
        despite_open: bool = False,
    ) -> CustomerForgotten | None:
        """Whoever records this destroys the subject's key in the same transaction.

        `fiscal_until`: see the fact. None where the person was forgotten already.
        """
        if self.forgotten_at is not None:
            return None
        if business and not despite_open:
            raise CustomerInBusinessError(
                open_invoices=business.invoices,
                open_amount=str(business.amount),
                running_contracts=business.contracts,
            )
        return CustomerForgotten(
            **self.following(now),
            reason=required_text(reason, "reason"),
            requested_by=requested_by,
            open_invoices=business.invoices,
            open_amount=business.amount,
            running_contracts=business.contracts,
            fiscal_until=fiscal_until,
        )

    def erase_fiscal_data(self, today: date, now: datetime) -> CustomerFiscalDataErased | None:
        """The legal term is over: whoever records this destroys the fiscal key. None if it is gone."""
        if self.forgotten_at is None:
            raise FiscalTermRunningError
        if self.fiscal_until is None:
            return None
        if today <= self.fiscal_until:
            raise FiscalTermRunningError(f"until {self.fiscal_until}", until=self.fiscal_until)
        return CustomerFiscalDataErased(
            **self.following(now), fiscal_until=self.fiscal_until, because="term_over"
        )

    def require_remembered(self) -> None:
        """Raise CustomerForgottenError if the person was forgotten."""
        if self.forgotten_at is not None:
            raise CustomerForgottenError(f"forgotten on {self.forgotten_at:%Y-%m-%d}", id=self.id)

    def contact(self, contact_id: UUID) -> Contact | None:
        """The contact of this id, if the customer has it."""
        return next((contact for contact in self.contacts if contact.id == contact_id), None)

    @property
    def collection_contact(self) -> Contact | None:
        """Who receives the charges; None calls for a warning (F71, F101)."""
        if self.collection_contact_id is None:
            return None
        return self.contact(self.collection_contact_id)

    def _require_contact(self, contact_id: UUID) -> None:
        if self.contact(contact_id) is None:
            raise ContactUnknownError(contact_id=contact_id)


def _document(kind: CustomerKind, document: str | None) -> str | None:
    if document is None or not document.strip():
        return None
    return parse_cpf(document) if kind == "person" else parse_cnpj(document)


def checked_address(address: Address) -> Address:
    """The address with every part in its form; number, district and municipality may be missing."""
    state = parse_state(address.state)
    return Address(
        street=required_text(address.street, "street"),
        number=optional_text(address.number, "number", CODE_LENGTH) or "s/n",
        complement=optional_text(address.complement, "complement"),
        district=optional_text(address.district, "district") or "",
        city=required_text(address.city, "city"),
        city_ibge=parse_city_ibge(address.city_ibge, state) if address.city_ibge else None,
        state=state,
        zip_code=parse_zip_code(address.zip_code),
    )


def evolve(customer: Customer | None, event: CustomerEvent) -> Customer:
    """The state one fact later."""
    if isinstance(event, CustomerRegistered):
        return _registered(event)
    assert customer is not None
    match event:
        case CustomerNameCorrected():
            return customer.moved(event, name=event.name, trade_name=event.trade_name)
        case CustomerDocumentCorrected():
            return customer.moved(event, kind=event.kind, document=event.document)
        case CustomerMoved():
            return customer.moved(event, address=event.address)
        case CustomerContactAdded():
            return _contact_added(customer, event)
        case CustomerContactRemoved():
            return _contact_removed(customer, event)
        case CollectionContactChosen():
            return customer.moved(event, collection_contact_id=event.contact_id)
        case CustomerForgotten():
            return _forgotten(customer, event)
        case CustomerFiscalDataErased():
            return customer.moved(event, fiscal_until=None)
        case _:
            assert_never(event)


def _registered(event: CustomerRegistered) -> Customer:
    return Customer(
        id=event.originator_id,
        version=event.originator_version,
        company_id=event.company_id,
        code=event.code,
        kind=event.kind,
        name=event.name,
        trade_name=event.trade_name,
        document=event.document,
        address=event.address,
    )


def _forgotten(customer: Customer, event: CustomerForgotten) -> Customer:
    """Their words are gone from the facts by now; what was folded before the key was, goes with it."""
    return customer.moved(
        event,
        code=None,
        name=None,
        trade_name=None,
        document=None,
        address=None,
        contacts=(),
        collection_contact_id=None,
        forgotten_at=event.occurred_at,
        fiscal_until=event.fiscal_until,
    )


def _contact_added(customer: Customer, event: CustomerContactAdded) -> Customer:
    contact = Contact(id=event.contact_id, name=event.name, email=event.email, phone=event.phone)
    collection = event.contact_id if event.collection else customer.collection_contact_id
    return customer.moved(event, contacts=(*customer.contacts, contact), collection_contact_id=collection)


def _contact_removed(customer: Customer, event: CustomerContactRemoved) -> Customer:
    kept = tuple(contact for contact in customer.contacts if contact.id != event.contact_id)
    chosen = customer.collection_contact_id
    return customer.moved(
        event,
        contacts=kept,
        collection_contact_id=None if chosen == event.contact_id else chosen,
    )


project = projector(evolve)
