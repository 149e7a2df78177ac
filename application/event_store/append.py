"""The statements that append: one INSERT in one round trip, or COPY from twenty facts on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import LiteralString, NamedTuple

from application.database import Connection
from application.event_store.canonical import canonical_instant, canonical_json, envelope_digest
from application.event_store.context import Context
from application.event_store.mapper import StoredFact

COPY_FROM = 20
"""From this many facts on, reserving positions and COPY costs less than one INSERT."""

_COLUMNS: LiteralString = (
    "position, stream_id, version, topic, state, event_id, company_id, actor,"
    " occurred_at, recorded_at, correlation_id, causation_id, digest"
)
_VALUES: LiteralString = (
    "(next_position(), %s::uuid, %s, %s, %s::jsonb, %s::uuid, %s::uuid, %s,"
    " %s::timestamptz, %s::timestamptz, %s::uuid, %s::uuid, decode(%s, 'hex'))"
)
_INSERT: LiteralString = f"INSERT INTO event ({_COLUMNS}) VALUES "  # noqa: S608 - our own constant
_COPY: LiteralString = f"COPY event ({_COLUMNS}) FROM STDIN"


class Row(NamedTuple):
    """One fact in the order of the table's columns, as text that PostgreSQL reads."""

    stream_id: str
    version: int
    topic: str
    state: str
    event_id: str
    company_id: str | None
    actor: str
    occurred_at: str
    recorded_at: str
    correlation_id: str
    causation_id: str | None
    digest: str


def rows_of(
    facts: Sequence[StoredFact], context: Context, recorded_at: datetime, new_event_id: Callable[[], str]
) -> list[Row]:
    """The rows of one commit, each with its digest."""
    actor = canonical_json(context.actor).decode()
    correlation = str(context.correlation_id)
    causation = str(context.causation_id) if context.causation_id else None
    recorded = canonical_instant(recorded_at)
    companies: dict[object, str | None] = {None: None}

    def row(fact: StoredFact) -> Row:
        company = companies.get(fact.company_id)
        if company is None and fact.company_id is not None:
            company = companies[fact.company_id] = str(fact.company_id)
        stream, event_id, state = str(fact.originator_id), new_event_id(), fact.state.decode()
        occurred = canonical_instant(fact.occurred_at)
        digest = envelope_digest(
            actor=actor,
            causation_id=causation,
            company_id=company,
            correlation_id=correlation,
            event_id=event_id,
            occurred_at=occurred,
            recorded_at=recorded,
            state=state,
            stream_id=stream,
            topic=fact.topic,
            version=fact.originator_version,
        )
        return Row(
            stream,
            fact.originator_version,
            fact.topic,
            state,
            event_id,
            company,
            context.actor,
            occurred,
            recorded,
            correlation,
            causation,
            digest.hex(),
        )

    return list(map(row, facts))


def append(connection: Connection, rows: list[Row], also: Callable[[Connection], None] | None) -> list[int]:
    """Write the rows in one transaction, after what `also` does in it; answer their positions."""
    if also is None and len(rows) < COPY_FROM:
        return _insert(connection, rows) if rows else []
    with connection.transaction():
        if also is not None:
            also(connection)
        if len(rows) >= COPY_FROM:
            return _copy(connection, rows)
        return _insert(connection, rows) if rows else []


def recorded_positions(connection: Connection, rows: list[Row]) -> list[int] | None:
    """The positions of these very facts if they were committed before, else None."""
    found: dict[str, int] = dict(
        connection.execute(
            "SELECT event_id::text, position FROM event WHERE event_id = ANY(%s::uuid[])",
            [[row.event_id for row in rows]],
        ).fetchall()
    )
    return [found[row.event_id] for row in rows] if rows and len(found) == len(rows) else None


def _insert(connection: Connection, rows: list[Row]) -> list[int]:
    cursor = connection.execute(_statement(len(rows)), [value for row in rows for value in row], prepare=True)
    return [position for (position,) in cursor]


@cache
def _statement(count: int) -> LiteralString:
    return _INSERT + ", ".join([_VALUES] * count) + " RETURNING position"


def _copy(connection: Connection, rows: list[Row]) -> list[int]:
    reserved = connection.execute("SELECT reserve_positions(%s)", [len(rows)]).fetchone()
    assert reserved is not None
    positions: list[int] = reserved[0]
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write("".join(map(_line, positions, rows)))
    return positions


def _line(position: int, row: Row) -> str:
    """One line of COPY's text format. Only state and actor may hold what it escapes."""
    state = row.state.replace("\\", "\\\\") if "\\" in row.state else row.state
    return (
        f"{position}\t{row.stream_id}\t{row.version}\t{row.topic}\t{state}\t{row.event_id}\t"
        f"{row.company_id or '\\N'}\t{_escaped(row.actor)}\t{row.occurred_at}\t{row.recorded_at}\t"
        f"{row.correlation_id}\t{row.causation_id or '\\N'}\t\\\\x{row.digest}\n"
    )


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _escaped(text: str) -> str:
    return text if text.isalnum() else text.translate(_ESCAPES)
