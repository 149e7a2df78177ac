"""customers: one row per customer, and the notes on their contracts; no other read model is personal.

What a forgotten person's key sealed is NULL.
"""

from __future__ import annotations

from typing import get_args

from psycopg.types.json import Jsonb

from application.database import Connection
from application.event_store.keys import Keyring
from application.event_store.plans import plan_of
from application.event_store.sealing import Sealer
from domain.customer.events import CustomerEvent
from domain.kernel import EVENT_TYPES
from projections.customers import notes
from projections.customers.fold import Row, folded
from projections.page import Page, PageEvent
from projections.projection import Projection, fold_code, sql_file

_NOTES = sql_file(__file__, "notes.sql").rstrip().removesuffix(";")
_ROWS = sql_file(__file__, "rows.sql").rstrip().removesuffix(";")
_UNNOTED = (
    "UPDATE {contract_notes} SET notes = NULL, notes_key = NULL"
    " WHERE customer_id = ANY(%(customers)s) AND notes IS NOT NULL"
)

_PERSONAL = frozenset(
    {
        "code",
        "name",
        "name_key",
        "sort_key",
        "trade_name",
        "trade_name_key",
        "document",
        "address",
        "contacts",
        "collection_email",
        "notes",
        "notes_key",
    }
)


def customers(keyring: Keyring) -> Projection:
    """The model, with the keys that open what its facts hold."""
    sealer = Sealer(keyring)

    def apply(connection: Connection, page: Page) -> None:
        events = page.events(connection)
        stating = [event for event in events if notes.states_notes(event)]
        _open(sealer, events)
        _fold(connection, page, [event for event in events if event.topic not in notes.TOPICS])
        if stating:
            page.execute(connection, _NOTES, rows=Jsonb(notes.noted(stating)))
        forgotten = [event.stream_id for event in events if event.topic == notes.FORGOTTEN]
        if forgotten:
            page.execute(connection, _UNNOTED, customers=forgotten)

    return Projection(
        name="customers",
        version=1,
        topics=(*(fact.TOPIC for fact in get_args(CustomerEvent)), *notes.TOPICS),
        table=sql_file(__file__, "table.sql"),
        indexes=sql_file(__file__, "indexes.sql"),
        apply=apply,
        tables=("contract_notes",),
        by_stream=True,
        code=fold_code(__file__),
        personal=_PERSONAL,
    )


def _fold(connection: Connection, page: Page, events: list[PageEvent]) -> None:
    if events:
        rows = _known(connection, page, events)
        for event in events:
            rows[str(event.stream_id)] = folded(rows.get(str(event.stream_id)), event)
        page.execute(connection, _ROWS, rows=Jsonb(list(rows.values())))


def _open(sealer: Sealer, events: list[PageEvent]) -> None:
    for event in events:
        event.state["originator_id"] = event.stream_id
    sealer.open_many([(plan_of(EVENT_TYPES[event.topic]), event.state) for event in events])


def _known(connection: Connection, page: Page, events: list[PageEvent]) -> dict[str, Row]:
    query = page.named(
        "SELECT customer_id::text, to_jsonb(row) FROM {customers} AS row WHERE customer_id = ANY(%s)"
    )
    return dict(connection.execute(query, [list({event.stream_id for event in events})]).fetchall())
