"""billing.customers.v1 and billing.customers_personal.v1: the only messages that say who somebody is."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from domain.customer.customer import Customer
from producers.messages.fields import Extensible, Part, Payload
from producers.messages.mapping import Data, telling

TOPIC = "billing.customers.v1"
PERSONAL_TOPIC = "billing.customers_personal.v1"
PERSONAL_TYPE = "billing.customer.personal_data_stated.v1"
FORGOTTEN = "customer.forgotten.v1"
PERSONAL_FIELDS = ("code", "name", "trade_name", "document", "address", "contacts")
STATING = frozenset(
    {
        "customer.registered.v1",
        "customer.name_corrected.v1",
        "customer.document_corrected.v1",
        "customer.moved.v1",
        "customer.contact_added.v1",
        "customer.contact_removed.v1",
        "customer.collection_contact_chosen.v1",
    }
)
"""The facts after each of which the person's data are stated anew."""

type Kind = Annotated[Literal["person", "organisation"], Extensible()]


class CustomerPayload(Payload):
    """Every message of a customer names them, by an id that says nothing of them."""

    customer_id: UUID


class CustomerRegisteredMessage(CustomerPayload):
    """A person (CPF) or an organisation (CNPJ) can be charged from now on."""

    kind: Kind


class CustomerDocumentCorrectedMessage(CustomerPayload):
    """The document on file was missing or wrong; `kind` is what it says now."""

    kind: Kind


class CustomerForgottenMessage(CustomerPayload):
    """The person asked to be forgotten and their data were destroyed here. Destroy your copy too.

    `fiscal_until`: until then the payer named by their tax documents is kept; null: there are none.
    """

    fiscal_until: date | None


class CustomerFiscalDataErasedMessage(CustomerPayload):
    """The payer named by a forgotten person's tax documents is erased too."""

    because: Annotated[Literal["term_over", "ordered"], Extensible()]


class PostalAddress(Part):
    """A Brazilian address; `zip_code` is the CEP with 8 digits, `state` the UF."""

    street: str
    number: str
    complement: str | None
    district: str
    city: str
    city_ibge: str | None
    state: str
    zip_code: str


class CustomerContact(Part):
    """A person at the customer; charges go to the one with `collection`."""

    contact_id: UUID
    name: str | None
    email: str | None
    phone: str | None
    collection: bool


class CustomerPersonalDataStatedMessage(CustomerPayload):
    """All that is known of the customer now; it replaces what was said before under this key.

    `document` is the CPF of a person or the CNPJ of an organisation, without punctuation.
    """

    kind: Kind
    code: str | None
    name: str | None
    trade_name: str | None
    document: str | None
    address: PostalAddress | None
    contacts: tuple[CustomerContact, ...]


def personal_data(customer: Customer) -> Data:
    """The data of CustomerPersonalDataStatedMessage."""
    return {
        "customer_id": customer.id,
        "kind": customer.kind,
        "code": customer.code,
        "name": customer.name,
        "trade_name": customer.trade_name,
        "document": customer.document,
        "address": None if customer.address is None else _address(customer),
        "contacts": [
            {
                "contact_id": each.id,
                "name": each.name,
                "email": each.email,
                "phone": each.phone,
                "collection": each.id == customer.collection_contact_id,
            }
            for each in customer.contacts
        ],
    }


def _address(customer: Customer) -> dict[str, Any]:
    address = customer.address
    assert address is not None
    return {name: getattr(address, name) for name in PostalAddress.model_fields}


_tells = telling(TOPIC, "customer_id")

MAPPINGS = (
    _tells("customer.registered.v1", CustomerRegisteredMessage),
    _tells("customer.document_corrected.v1", CustomerDocumentCorrectedMessage),
    _tells(FORGOTTEN, CustomerForgottenMessage),
    _tells("customer.fiscal_data_erased.v1", CustomerFiscalDataErasedMessage),
)

_PERSONAL_ONLY = "what it says is personal: billing.customers_personal.v1 states it"

PRIVATE = {
    "customer.name_corrected.v1": _PERSONAL_ONLY,
    "customer.moved.v1": _PERSONAL_ONLY,
    "customer.contact_added.v1": _PERSONAL_ONLY,
    "customer.contact_removed.v1": _PERSONAL_ONLY,
    "customer.collection_contact_chosen.v1": _PERSONAL_ONLY,
}
