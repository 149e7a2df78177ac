"""Who pays, as boleto and nota must say it: the snapshot that goes under the customer's fiscal key.

Read from the few facts that say it, and only what they say of it is opened: loading whole customers,
with their contacts, costs three times as much, once for every invoice of a batch.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from application.app import Lastro
from application.event_store.keys import SubjectKeys
from application.event_store.plans import plan_of
from application.event_store.sealing import open_value
from application.event_store.upcasters import UPCASTERS, upcast
from domain.customer.events import (
    Address,
    CustomerDocumentCorrected,
    CustomerMoved,
    CustomerNameCorrected,
    CustomerRegistered,
)
from domain.invoice.events import Payer
from domain.kernel import EVENT_TYPES

_SAID_BY = {
    CustomerRegistered.TOPIC: ("name", "document", "address"),
    CustomerNameCorrected.TOPIC: ("name",),
    CustomerDocumentCorrected.TOPIC: ("document",),
    CustomerMoved.TOPIC: ("address",),
}
_ROWS = (
    "SELECT stream_id, version, topic, CASE WHEN topic = ANY(%s) THEN state::text END"
    " FROM event WHERE stream_id = ANY(%b) ORDER BY stream_id, version"
)


@dataclass(frozen=True, slots=True)
class KnownPayer:
    """A customer's version, and what its tax documents say; None once the person was forgotten."""

    version: int
    payer: Payer | None


@dataclass(slots=True)
class _Said:
    """The last word on each part of a payer: the topic that said it, and the sealed value."""

    version: int = 0
    parts: dict[str, tuple[str, Any]] = field(default_factory=dict)


def payers_of(lastro: Lastro, customer_ids: Collection[UUID]) -> dict[UUID, KnownPayer]:
    """The payers of many invoices, in one query and one for their keys."""
    said = _read(lastro, customer_ids)
    keys = lastro.keyring.find(said)
    return {id: KnownPayer(each.version, _payer(id, each, keys.get(id, {}))) for id, each in said.items()}


def _read(lastro: Lastro, customer_ids: Collection[UUID]) -> dict[UUID, _Said]:
    said: dict[UUID, _Said] = {}
    topics = [source for topic in _SAID_BY for source in UPCASTERS.sources(topic)]
    with lastro.database.autocommit() as connection:
        for stream, version, topic, state in connection.execute(_ROWS, (topics, list(customer_ids))):
            customer = said.get(stream)
            if customer is None:
                customer = said[stream] = _Said()
            customer.version = version
            if state is not None:
                newest, fields = upcast(topic, orjson.loads(state))
                for name in _SAID_BY[newest]:
                    customer.parts[name] = newest, fields[name]
    return said


def _payer(customer_id: UUID, said: _Said, keys: SubjectKeys) -> Payer | None:
    cipher = keys.get("subject")
    if cipher is None:
        return None
    opened: dict[str, Any] = {}
    for name, (topic, sealed) in said.parts.items():
        plan = plan_of(EVENT_TYPES[topic])
        opened[name] = None if sealed is None else open_value(cipher, sealed, plan, name, customer_id)
    if opened.get("name") is None:
        return None
    address = opened.get("address")
    line = None if address is None else address_line(Address.model_validate(address))
    return Payer(name=opened["name"], document=opened.get("document"), address=line)


def address_line(address: Address) -> str:
    """An address in one line, as a boleto prints it."""
    place = f"{address.street}, {address.number}"
    if address.complement:
        place += f" {address.complement}"
    return f"{place}, {address.district}, {address.city}/{address.state}, {address.zip_code}"
