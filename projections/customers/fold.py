"""What each fact changes on a customer's row; personal values arrive opened, or None if their key is gone."""

from __future__ import annotations

from typing import Any

from application.clock import sao_paulo_date
from projections.page import PageEvent
from projections.search_key import search_key

type Row = dict[str, Any]

LAST = "\U0010ffff"
"""Sorts behind every name: the place of those that were forgotten."""


_NOTHING_KNOWN: Row = {
    "code": None,
    "name": None,
    "trade_name": None,
    "document": None,
    "address": None,
    "contacts": [],
}


def folded(row: Row | None, event: PageEvent) -> Row:
    """The row one fact later; a fact it knows already changes nothing. Raises LookupError out of order."""
    if row is None:
        row = _registered(event)
    elif event.version > row["version"]:
        row = {**row, **_changes(row, event)}
    else:
        return row
    collection = next((each for each in row["contacts"] if each["collection"]), None)
    return {
        **row,
        "name_key": _key(row["name"]),
        "sort_key": LAST if row["name"] is None else search_key(row["name"]),
        "trade_name_key": _key(row["trade_name"]),
        "collection_email": collection and collection["email"],
        "version": event.version,
        "position": event.position,
    }


def _registered(event: PageEvent) -> Row:
    if event.topic != "customer.registered.v1":
        raise LookupError(f"{event.topic} of a customer that is not registered")
    fields = ("code", "kind", "name", "trade_name", "document", "address")
    return {
        "customer_id": str(event.stream_id),
        **{name: event.state[name] for name in fields},
        "contacts": [],
        "registered_on": sao_paulo_date(event.occurred_at).isoformat(),
    }


def _changes(row: Row, event: PageEvent) -> Row:
    state, contacts = event.state, row["contacts"]
    match event.topic:
        case "customer.name_corrected.v1":
            return {"name": state["name"], "trade_name": state["trade_name"]}
        case "customer.document_corrected.v1":
            return {"kind": state["kind"], "document": state["document"]}
        case "customer.moved.v1":
            return {"address": state["address"]}
        case "customer.contact_added.v1":
            return {"contacts": _with_contact(contacts, state)}
        case "customer.contact_removed.v1":
            return {"contacts": [each for each in contacts if each["contact_id"] != state["contact_id"]]}
        case "customer.collection_contact_chosen.v1":
            return {"contacts": [_chosen(each, state["contact_id"]) for each in contacts]}
        case "customer.forgotten.v1":
            return _NOTHING_KNOWN
        case "customer.fiscal_data_erased.v1":
            return {}
        case _:
            raise LookupError(f"{event.topic} has no fold")


def _with_contact(contacts: list[Row], state: Row) -> list[Row]:
    names = ("contact_id", "name", "email", "phone", "collection")
    added = {name: state[name] for name in names}
    if added["collection"]:
        contacts = [{**each, "collection": False} for each in contacts]
    return [*contacts, added]


def _chosen(contact: Row, contact_id: str) -> Row:
    return {**contact, "collection": contact["contact_id"] == contact_id}


def _key(text: str | None) -> str | None:
    return None if text is None else search_key(text)
