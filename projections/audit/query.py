"""Finds facts by any combination of what an auditor asks, a page at a time, in the order of the log.

Keyset pages by position. What the bitmap finds is checked against the fact itself, the reader's companies
first of all: an index that were wrong could hide a fact, but never show one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.rows import class_row

from application.database import Connection, Database
from application.event_store.public import PUBLIC_COLUMNS, PublicEvent, public_state
from application.event_store.upcasters import UPCASTERS
from projections.audit.blocks import Term, Walk
from projections.reading import reading

_SPAN_BITS = 12
_MOST_ISLANDS = 400
_MOST_CHECKED = 20_000
"""Facts of one page that are read from the log and may turn out not to be meant."""

_CHUNK, _RANGE = 200, 2_000
"""Facts of one query: those that the bitmap names, and those of an interval of positions."""

_MOST_KEYS = 60
_END = 2**48


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """What is asked; every field narrows further, several values of one field widen it.

    Intervals of time are half open. `streams` None means any stream, and () that none can be meant.
    """

    streams: tuple[UUID, ...] | None = None
    companies: tuple[UUID, ...] = ()
    actors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    correlation_id: UUID | None = None
    customer_id: UUID | None = None
    amount: Decimal | None = None
    occurred_from: datetime | None = None
    occurred_until: datetime | None = None
    recorded_from: datetime | None = None
    recorded_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some facts in order, without what is personal in them.

    `next` is the position behind which to go on, None at the log's end. `looked_until` is when the last fact
    that was looked at was recorded, where a page ended before it was full: there may be more behind it.
    """

    events: tuple[PublicEvent, ...]
    next: int | None
    looked_until: datetime | None = None


def audit_position(database: Database) -> int:
    """Up to where facts can be found."""
    with reading(database) as connection:
        return _position(connection)


def audit_page(
    database: Database,
    asked: AuditFilter,
    visible: frozenset[UUID] | None,
    *,
    after: int | None = None,
    limit: int = 50,
    oldest_first: bool = False,
) -> AuditPage:
    """The facts behind a position in the chosen order, of the `visible` companies (None: all, and of none).

    Costs a bounded amount whatever is asked: then it answers with what it found, and where to go on.
    """
    if visible is not None:
        asked = replace(asked, companies=tuple(sorted(visible.intersection(asked.companies or visible))))
    if asked.streams == () or (visible is not None and not asked.companies):
        return AuditPage((), None)
    with reading(database, "10s") as connection:
        top = _position(connection)
        low, high = (
            (after or 0) + 1 if oldest_first else 1,
            top if oldest_first or after is None else after - 1,
        )
        search = _Search(connection, asked, visible, limit, backwards=not oldest_first)
        return search.run(low, min(high, top))


def narrowed_to(asked: AuditFilter, customer_id: UUID | None, streams: tuple[UUID, ...]) -> AuditFilter:
    """The filter for a document that is a customer's, or else stands on these streams (none: on nothing)."""
    if customer_id is not None and asked.customer_id in (None, customer_id):
        return replace(asked, customer_id=customer_id)
    if customer_id is not None:
        return replace(asked, streams=())
    kept = streams if asked.streams is None else tuple(id for id in streams if id in asked.streams)
    return replace(asked, streams=kept)


class _Search:
    def __init__(
        self,
        connection: Connection,
        asked: AuditFilter,
        visible: frozenset[UUID] | None,
        limit: int,
        *,
        backwards: bool,
    ) -> None:
        self._connection = connection
        self._asked = asked
        self._limit = limit
        self._backwards = backwards
        self._order = "DESC" if backwards else "ASC"
        self._condition, self._values = _conditions(asked, visible)
        self._walk = Walk(connection, _terms(asked), asked.streams, backwards)
        self._found: list[PublicEvent] = []
        self._checked = 0

    def run(self, low: int, high: int) -> AuditPage:
        end = low if self._backwards else high
        for reached in self._steps(low, high) if low <= high else ():
            if len(self._found) > self._limit:
                kept = tuple(self._found[: self._limit])
                return AuditPage(kept, kept[-1].position)
            if reached != end and (self._checked >= _MOST_CHECKED or self._walk.blocks_left <= 0):
                return self._so_far(reached)
        return AuditPage(tuple(self._found), None)

    def _steps(self, low: int, high: int) -> Iterator[int]:
        """Look at facts, some at a time; each step answers the last position that it has looked at."""
        for start, end in self._intervals(low, high):
            yield from self._by_key(start, end) if self._walk.leads else self._by_position(start, end)

    def _by_key(self, low: int, high: int) -> Iterator[int]:
        """Facts that the bitmap or the streams name."""
        for positions, reached in self._walk.stretches(low, high):
            for start in range(0, len(positions), _CHUNK):
                chunk = positions[start : start + _CHUNK]
                self._take(sql.SQL("position = ANY(%(positions)s)"), {"positions": chunk}, len(chunk))
                yield chunk[-1]
            yield reached

    def _by_position(self, low: int, high: int) -> Iterator[int]:
        """Every fact of an interval: nothing but times or companies are asked for."""
        while low <= high:
            first, last = (
                (max(low, high - _RANGE + 1), high) if self._backwards else (low, min(high, low + _RANGE - 1))
            )
            within = sql.SQL("position BETWEEN %(first)s AND %(last)s")
            self._take(within, {"first": first, "last": last}, last - first + 1)
            yield first if self._backwards else last
            low, high = (low, first - 1) if self._backwards else (last + 1, high)

    def _intervals(self, low: int, high: int) -> list[tuple[int, int]]:
        """Where facts of the asked times can stand: all of it unless a time is asked for."""
        asked = self._asked
        times = (asked.occurred_from, asked.occurred_until, asked.recorded_from, asked.recorded_until)
        if all(time is None for time in times):
            return [(low, high)]
        rows = self._connection.execute(
            _ISLANDS.format(order=sql.SQL(self._order)),
            {**self._values, "low": low >> _SPAN_BITS, "high": high >> _SPAN_BITS, "most": _MOST_ISLANDS},
        ).fetchall()
        islands = [(first << _SPAN_BITS, ((last + 1) << _SPAN_BITS) - 1) for first, last in rows]
        if len(rows) == _MOST_ISLANDS:  # the rest of the log as it is
            islands.append((low, islands[-1][0] - 1) if self._backwards else (islands[-1][1] + 1, high))
        return [(max(low, start), min(high, end)) for start, end in islands]

    def _take(self, which: sql.Composable, values: dict[str, Any], most: int) -> None:
        self._checked += most
        order = sql.SQL(" ORDER BY position {} LIMIT %(wanted)s").format(sql.SQL(self._order))
        condition = which + sql.SQL(" AND ") + self._condition + order
        wanted = self._limit + 1 - len(self._found)
        self._found += _select(self._connection, condition, {**self._values, **values, "wanted": wanted})

    def _so_far(self, reached: int) -> AuditPage:
        query = "SELECT recorded_at FROM event WHERE position <= %s ORDER BY position DESC LIMIT 1"
        row = self._connection.execute(query, (reached,)).fetchone()
        return AuditPage(tuple(self._found), reached, None if row is None else row[0])


_ISLANDS = sql.SQL("""
WITH near AS (
    SELECT span, span - row_number() OVER (ORDER BY span) AS island FROM audit_spans
    WHERE span BETWEEN %(low)s AND %(high)s
      AND occurred_until >= coalesce(%(occurred_from)s::timestamptz, '-infinity')
      AND occurred_from < coalesce(%(occurred_until)s::timestamptz, 'infinity')
      AND recorded_until >= coalesce(%(recorded_from)s::timestamptz, '-infinity')
      AND recorded_from < coalesce(%(recorded_until)s::timestamptz, 'infinity')
)
SELECT min(span), max(span) FROM near GROUP BY island ORDER BY 1 {order} LIMIT %(most)s
""")


def _position(connection: Connection) -> int:
    row = connection.execute("SELECT position FROM projection WHERE name = 'audit' AND live").fetchone()
    return 0 if row is None else min(int(row[0]), _END)


def _terms(asked: AuditFilter) -> list[Term]:
    """What the bitmap is asked. Very many keys would cost more than looking at the facts."""
    found = [
        Term("c", (asked.correlation_id,) if asked.correlation_id else ()),
        Term("k", (asked.customer_id,) if asked.customer_id else ()),
        Term("v", () if asked.amount is None else (_key(str(asked.amount)),)),
        Term("a", tuple(map(_key, asked.actors))),
        Term("t", tuple(map(_key, asked.topics))),
        Term("e", asked.companies),
    ]
    return [term for term in found if 0 < len(term.keys) <= _MOST_KEYS]


def _key(text: str) -> UUID:
    """As the table makes it: an address, not a secret."""
    return UUID(bytes=hashlib.md5(text.encode(), usedforsecurity=False).digest())


def _conditions(asked: AuditFilter, visible: frozenset[UUID] | None) -> tuple[sql.Composable, dict[str, Any]]:
    """The same on the fact itself, as far as the fact says it."""
    topics = [older for topic in asked.topics for older in UPCASTERS.sources(topic)]
    parts = {
        "company_id = ANY(%(visible)s)": visible is not None,
        "company_id = ANY(%(companies)s)": bool(asked.companies),
        "actor = ANY(%(actors)s)": bool(asked.actors),
        "topic = ANY(%(topics)s)": bool(topics),
        "correlation_id = %(correlation_id)s": asked.correlation_id is not None,
        "occurred_at >= %(occurred_from)s": asked.occurred_from is not None,
        "occurred_at < %(occurred_until)s": asked.occurred_until is not None,
        "recorded_at >= %(recorded_from)s": asked.recorded_from is not None,
        "recorded_at < %(recorded_until)s": asked.recorded_until is not None,
    }
    values = {
        "visible": sorted(visible or ()),
        "companies": list(asked.companies),
        "actors": list(asked.actors),
        "topics": topics,
        "correlation_id": asked.correlation_id,
        "occurred_from": asked.occurred_from,
        "occurred_until": asked.occurred_until,
        "recorded_from": asked.recorded_from,
        "recorded_until": asked.recorded_until,
    }
    used = [sql.SQL(part) for part, wanted in parts.items() if wanted]
    return sql.SQL(" AND ").join([sql.SQL("true"), *used]), values


def _select(connection: Connection, condition: sql.Composable, values: dict[str, Any]) -> list[PublicEvent]:
    query = sql.SQL(f"SELECT {PUBLIC_COLUMNS} FROM event WHERE ") + condition  # noqa: S608 - our own constants
    with connection.cursor(row_factory=class_row(PublicEvent)) as cursor:
        rows = cursor.execute(query, values).fetchall()
    return [replace(row, data=public_state(row.topic, row.data)) for row in rows]
