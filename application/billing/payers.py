"""Who pays, as boleto and nota must say it: the snapshot that goes under the customer's fiscal key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from application.app import Lastro
from domain.customer.customer import Customer
from domain.customer.customer import project as project_customer
from domain.customer.events import Address
from domain.invoice.events import Payer


@dataclass(frozen=True, slots=True)
class KnownPayer:
    """A customer's version, and what its tax documents say; None once the person was forgotten."""

    version: int
    payer: Payer | None


def payers_of(lastro: Lastro, customer_ids: Iterable[UUID]) -> dict[UUID, KnownPayer]:
    """The payers of many invoices, in one query and one for their keys."""
    customers = lastro.load_many(project_customer, list(customer_ids))
    return {each.id: KnownPayer(each.version, payer_of(each)) for each in customers.values()}


def payer_of(customer: Customer) -> Payer | None:
    """The snapshot of one customer."""
    if customer.name is None:
        return None
    address = address_line(customer.address) if customer.address else None
    return Payer(name=customer.name, document=customer.document, address=address)


def address_line(address: Address) -> str:
    """An address in one line, as a boleto prints it."""
    place = f"{address.street}, {address.number}"
    if address.complement:
        place += f" {address.complement}"
    return f"{place}, {address.district}, {address.city}/{address.state}, {address.zip_code}"
