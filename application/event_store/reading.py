"""Reads the log in order without missing a late commit, and whole streams by version.

Ids by the thousand go to the server in binary (`%b`), which costs a fifth of their text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from application.database import Connection
from application.event_store.canonical import canonical_json
from application.event_store.mapper import StoredFact


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """A row of the event table as it was stored: not upcast, personal fields still sealed."""

    position: int
    stream_id: UUID
    version: int
    topic: str
    state: dict[str, Any]
    event_id: UUID
    company_id: UUID | None
    actor: str
    occurred_at: datetime
    recorded_at: datetime
    correlation_id: UUID
    causation_id: UUID | None
    release: str
    digest: bytes

    def stored(self) -> StoredFact:
        """What the mapper needs to make it an event."""
        state = canonical_json(self.state)
        return StoredFact(self.stream_id, self.version, self.topic, state, self.occurred_at, self.company_id)


_RECORDED: LiteralString = (
    "SELECT position, stream_id, version, topic, state, event_id, company_id, actor,"
    " occurred_at, recorded_at, correlation_id, causation_id, release, digest FROM event"
)


def safe_position(connection: Connection) -> int:
    """Up to where the log may be read now without missing a commit that is still under way.

    The page must be read by a later statement, in READ COMMITTED or autocommit, on the primary.
    """
    row = connection.execute("SELECT safe_position()").fetchone()
    assert row is not None
    position: int = row[0]
    return position


def read_log(
    connection: Connection, after: int, limit: int, topics: Sequence[str] | None = None
) -> list[RecordedEvent]:
    """The next facts after a position, by position. `topics` None is every topic.

    A reader that leaves the database keeps the position of the last fact it got, never the safe one.
    """
    safe = safe_position(connection)
    rows = connection.execute(
        _RECORDED + " WHERE position > %s AND position <= %s AND (%s::text[] IS NULL OR topic = ANY(%s))"
        " ORDER BY position LIMIT %s",
        (after, safe, *[list(topics) if topics is not None else None] * 2, limit),
    )
    return [RecordedEvent(*row) for row in rows]


def read_streams(connection: Connection, ids: Sequence[UUID], topics: Sequence[str]) -> list[RecordedEvent]:
    """The facts of these topics in a few streams, by position. For a look, not to follow: a commit under
    way may still come before the last of them."""
    rows = connection.execute(
        _RECORDED + " WHERE stream_id = ANY(%b) AND topic = ANY(%s) ORDER BY position",
        (list(ids), list(topics)),
    )
    return [RecordedEvent(*row) for row in rows]


def select_streams(
    connection: Connection, ids: Sequence[UUID], *, after: int = 0, until: int | None = None
) -> list[StoredFact]:
    """The facts of many streams in one query, by stream and version."""
    rows = connection.execute(
        "SELECT stream_id, version, topic, state::text, occurred_at, company_id FROM event"
        " WHERE stream_id = ANY(%b) AND version > %s AND (%s::integer IS NULL OR version <= %s)"
        " ORDER BY stream_id, version",
        (list(ids), after, until, until),
    )
    return _facts(rows)


def select_partly(
    connection: Connection, ids: Sequence[UUID], topics: Sequence[str]
) -> tuple[list[StoredFact], dict[UUID, int]]:
    """The facts of these topics in many streams, and the last version of each that has any, in one query."""
    rows = connection.execute(
        "SELECT stream_id, version, topic, state::text, occurred_at, company_id, last FROM"
        " (SELECT *, max(version) OVER (PARTITION BY stream_id) AS last FROM event"
        " WHERE stream_id = ANY(%b)) AS whole WHERE topic = ANY(%s) ORDER BY stream_id, version",
        (list(ids), list(topics)),
    ).fetchall()
    return _facts(row[:6] for row in rows), {row[0]: row[6] for row in rows}


def select_newest(connection: Connection, ids: Sequence[UUID]) -> list[StoredFact]:
    """The newest fact of each stream: one probe of the index per stream, however long it is."""
    rows = connection.execute(
        "SELECT newest.* FROM unnest(%b::uuid[]) AS asked (id) CROSS JOIN LATERAL"
        " (SELECT stream_id, version, topic, state::text, occurred_at, company_id FROM event"
        " WHERE stream_id = asked.id ORDER BY version DESC LIMIT 1) AS newest",
        (list(ids),),
    )
    return _facts(rows)


def select_versions(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, int]:
    """The last version of each stream that has facts: one probe of the index per stream."""
    rows = connection.execute(
        "SELECT id, version FROM unnest(%b::uuid[]) AS asked (id) CROSS JOIN LATERAL"
        " (SELECT version FROM event WHERE stream_id = id ORDER BY version DESC LIMIT 1) AS newest",
        (list(ids),),
    )
    return dict(rows.fetchall())


def _facts(rows: Iterable[Any]) -> list[StoredFact]:
    return [
        StoredFact(stream, version, topic, state.encode(), occurred_at, company)
        for stream, version, topic, state, occurred_at, company in rows
    ]
