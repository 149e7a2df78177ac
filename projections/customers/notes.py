"""What contracts say of their customer in free words: the notes, as the last fact about them left them."""

from __future__ import annotations

from collections.abc import Iterable

from projections.customers.fold import Row
from projections.page import PageEvent
from projections.search_key import search_key

_SIGNED = "contract.signed.v1"
TOPICS = (_SIGNED, "contract.revised.v1")
FORGOTTEN = "customer.forgotten.v1"


def noted(events: Iterable[PageEvent]) -> list[Row]:
    """A row for each contract whose notes these facts state, in their order; notes arrive opened."""
    rows = {event.stream_id: _row(event) for event in events}
    return list(rows.values())


def states_notes(event: PageEvent) -> bool:
    """Whether the fact says anything of notes. Asked before they are opened: a lost word was said, too."""
    if event.topic not in TOPICS:
        return False
    if event.topic == _SIGNED:
        return event.state["notes"] is not None
    return "notes" in event.state["changed"]


def _row(event: PageEvent) -> Row:
    notes = event.state["notes"]
    return {
        "contract_id": str(event.stream_id),
        "company_id": str(event.company_id),
        "customer_id": event.state["customer_id"],
        "notes": notes,
        "notes_key": None if notes is None else search_key(notes),
        "version": event.version,
        "position": event.position,
    }
