"""Reads the log for the check: which contracts there are, which invoices name them, what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

import orjson

from application.database import Connection, Database
from application.event_store.mapper import StoredFact
from application.event_store.plans import plan_of
from application.event_store.reading import select_streams
from application.event_store.upcasters import UPCASTERS, upcast
from domain.contract.events import ContractSigned
from domain.invoice.events import InvoiceOpened
from domain.kernel import EVENT_TYPES, Aggregate, DomainEvent

_PAGE = 1_000

# Both sides are sorted on the server's disk: neither it nor we hold the contracts in memory.
_CONTRACTS = """
WITH signed AS (
    SELECT stream_id, company_id FROM event WHERE topic = ANY(%(signed)s) AND position <= %(until)s
), naming AS (
    SELECT (state->>'contract_id')::uuid AS stream_id, min(company_id::text)::uuid AS company_id,
        array_agg(stream_id) AS invoices
    FROM event
    WHERE topic = ANY(%(opened)s) AND state->>'contract_id' IS NOT NULL AND position <= %(until)s
    GROUP BY 1
)
SELECT coalesce(signed.stream_id, naming.stream_id), coalesce(signed.company_id, naming.company_id),
    signed.stream_id IS NOT NULL, coalesce(naming.invoices, '{}'), count(*) OVER ()
FROM signed FULL JOIN naming ON signed.stream_id = naming.stream_id
WHERE %(companies)s::uuid[] IS NULL OR coalesce(signed.company_id, naming.company_id) = ANY(%(companies)s)
ORDER BY 1
"""

# By the index of (stream, version) alone, in its order: a row is kept only for a stream that lacks a version.
_CUT = """
WITH cut AS (
    SELECT stream_id, count(*) AS events, max(version) AS last FROM event
    GROUP BY stream_id HAVING count(*) <> max(version)
)
SELECT cut.stream_id, kept.company_id, split_part(kept.topic, '.', 1), cut.events, cut.last
FROM cut CROSS JOIN LATERAL
    (SELECT company_id, topic FROM event WHERE stream_id = cut.stream_id ORDER BY version LIMIT 1) AS kept
WHERE %(companies)s::uuid[] IS NULL OR kept.company_id = ANY(%(companies)s)
ORDER BY cut.stream_id
"""


@dataclass(frozen=True, slots=True)
class Named:
    """A contract, signed or only named by invoices, and these invoices. `total` counts all of them."""

    contract_id: UUID
    company_id: UUID | None
    signed: bool
    invoices: tuple[UUID, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A stream that lacks a version: an event was taken out of this copy of the log."""

    stream_id: UUID
    company_id: UUID | None
    aggregate: str
    events: int
    last: int


def contracts(database: Database, until: int, companies: Sequence[UUID] | None) -> Iterator[Named]:
    """Every contract of the log, by id."""
    values = {
        "signed": list(UPCASTERS.sources(ContractSigned.TOPIC)),
        "opened": list(UPCASTERS.sources(InvoiceOpened.TOPIC)),
        "until": until,
        "companies": None if companies is None else list(companies),
    }
    with _streamed(database, _CONTRACTS, values) as rows:
        for contract_id, company_id, signed, invoices, total in rows:
            yield Named(contract_id, company_id, signed, tuple(invoices), total)


def cut_streams(database: Database, companies: Sequence[UUID] | None) -> Iterator[Cut]:
    """Every stream, of whatever kind, that has a hole; of some companies, none that belongs to no company."""
    values = {"companies": None if companies is None else list(companies)}
    with _streamed(database, _CUT, values) as rows:
        yield from (Cut(*row) for row in rows)


@contextmanager
def _streamed(database: Database, query: str, values: dict[str, Any]) -> Iterator[Any]:
    connection = database.dedicated()
    try:
        with connection.transaction():
            connection.execute("SET LOCAL enable_hashagg = off")
            connection.execute("SET LOCAL work_mem = '64MB'")
            with connection.cursor(f"completeness_{id(values)}") as cursor:
                cursor.itersize = _PAGE
                yield cursor.execute(query.encode(), values)
    finally:
        connection.close()


def folded[A: Aggregate](
    project: Callable[[A | None, Iterable[Any]], A | None], streams: dict[UUID, list[Any]]
) -> dict[UUID, A]:
    """What can be folded; a stream that has lost its beginning cannot, and is told as cut."""
    found: dict[UUID, A] = {}
    for stream, events in streams.items():
        if events[0].originator_version == 1:
            state = project(None, events)
            assert state is not None
            found[stream] = state
    return found


def streams(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
    """The events of many streams; what is personal stays closed, and nobody's key is read."""
    facts = select_streams(connection, ids)
    return {
        stream: [_unopened(fact) for fact in group]
        for stream, group in groupby(facts, key=attrgetter("originator_id"))
    }


def _unopened(fact: StoredFact) -> DomainEvent:
    topic, state = upcast(fact.topic, orjson.loads(fact.state))
    kind = EVENT_TYPES[topic]
    for field in plan_of(kind).personal:
        state[field.name] = None
    state["originator_id"] = fact.originator_id
    state["originator_version"] = fact.originator_version
    state["occurred_at"] = fact.occurred_at
    state["company_id"] = fact.company_id
    return kind.model_validate(state)
