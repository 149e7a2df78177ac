"""The facts of a customer. Names, documents and contacts are personal data (LGPD)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import NonNegativeInt

from domain.kernel import DomainEvent, Frozen, Money, Personal, PersonalText


class Address(Frozen):
    """A Brazilian postal address; `zip_code` is the CEP, 8 digits; `state` the UF."""

    street: str
    number: str
    complement: str | None
    district: str
    city: str
    city_ibge: str | None
    state: str
    zip_code: str


PersonalAddress = Annotated[Address | None, Personal()]


class CustomerRegistered(DomainEvent):
    """A person (CPF) or an organisation (CNPJ) buys from us. `document` has no punctuation.

    `code` is what the company calls the customer, often a name or a document, so it is personal too.
    """

    TOPIC: ClassVar[str] = "customer.registered.v1"
    code: PersonalText
    kind: Literal["person", "organisation"]
    name: PersonalText
    trade_name: PersonalText
    document: PersonalText
    address: PersonalAddress


class CustomerNameCorrected(DomainEvent):
    """The name on file was wrong or has changed."""

    TOPIC: ClassVar[str] = "customer.name_corrected.v1"
    name: PersonalText
    trade_name: PersonalText


class CustomerDocumentCorrected(DomainEvent):
    """The CPF or CNPJ on file was missing or wrong."""

    TOPIC: ClassVar[str] = "customer.document_corrected.v1"
    kind: Literal["person", "organisation"]
    document: PersonalText


class CustomerMoved(DomainEvent):
    """The customer has a new address."""

    TOPIC: ClassVar[str] = "customer.moved.v1"
    address: PersonalAddress


class CustomerContactAdded(DomainEvent):
    """A contact (F100); `collection` marks the one that receives charges."""

    TOPIC: ClassVar[str] = "customer.contact_added.v1"
    contact_id: UUID
    name: PersonalText
    email: PersonalText
    phone: PersonalText
    collection: bool


class CustomerContactRemoved(DomainEvent):
    """The contact is no longer to be used."""

    TOPIC: ClassVar[str] = "customer.contact_removed.v1"
    contact_id: UUID


class CollectionContactChosen(DomainEvent):
    """Charges go to this contact from now on."""

    TOPIC: ClassVar[str] = "customer.collection_contact_chosen.v1"
    contact_id: UUID


class CustomerForgotten(DomainEvent):
    """The person's key was destroyed in this transaction (LGPD art. 18, VI): no word of them opens again.

    `requested_by` is a role, not a name; `reason` is kept for ever in clear. What was still open then
    stays owed. `fiscal_until` is the last day on which the payer named by their tax documents is kept
    (LGPD art. 16, I; CTN art. 173, 174 and 195); None: there are none, and that key is destroyed too.
    """

    TOPIC: ClassVar[str] = "customer.forgotten.v1"
    reason: str
    requested_by: Literal["titular", "representante", "encarregado", "controlador", "autoridade"]
    open_invoices: NonNegativeInt
    open_amount: Money
    running_contracts: NonNegativeInt
    fiscal_until: date | None


class CustomerFiscalDataErased(DomainEvent):
    """The last key of a forgotten person was destroyed: the legal term of the tax documents is over, or an
    authority or a court ordered it before."""

    TOPIC: ClassVar[str] = "customer.fiscal_data_erased.v1"
    fiscal_until: date
    because: Literal["term_over", "ordered"]


CustomerEvent = (
    CustomerRegistered
    | CustomerNameCorrected
    | CustomerDocumentCorrected
    | CustomerMoved
    | CustomerContactAdded
    | CustomerContactRemoved
    | CollectionContactChosen
    | CustomerForgotten
    | CustomerFiscalDataErased
)
