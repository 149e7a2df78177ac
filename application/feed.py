"""The log as integrators read it: in order, from any position, for ever, without personal data (W8)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from application.database import Connection, Database
from application.event_store.public import PUBLIC_COLUMNS, PublicEvent, public_state
from application.event_store.reading import safe_position
from domain.kernel import DomainError

WINDOW = 50_000
"""Positions that one call looks through at most, so that a reader of a quiet company is answered in time."""

_FORM = re.compile(
    r"(0|[1-9]\d{0,14})(?:[-:]([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}))?"
)
_EVENTS: LiteralString = (
    f"SELECT {PUBLIC_COLUMNS} FROM event WHERE position > %(after)s AND position <= %(until)s"  # noqa: S608
)


class FeedCursorInvalidError(DomainError):
    """A cursor is a position, or what an earlier answer gave as `next`; start from 0 or from such a one."""


class FeedCursorUnknownError(DomainError):
    """The log has another event at this position: it was restored or is another one. Read it anew."""


@dataclass(frozen=True, slots=True)
class FeedCursor:
    """The last event delivered, by position; the event_id proves that it is still the same log."""

    position: int
    event_id: UUID | None

    @classmethod
    def parse(cls, text: str) -> FeedCursor:
        """From `123` or `123-<event_id>`. Raises FeedCursorInvalidError."""
        form = _FORM.fullmatch(text)
        if form is None:
            raise FeedCursorInvalidError
        return cls(int(form[1]), UUID(form[2]) if form[2] else None)

    def __str__(self) -> str:
        return str(self.position) if self.event_id is None else f"{self.position}-{self.event_id}"


@dataclass(frozen=True, slots=True)
class FeedPage:
    """`more`: ask again at once. `next` is where to go on, also when there was nothing."""

    events: tuple[PublicEvent, ...]
    next: FeedCursor
    more: bool


class Feed:
    """Reads pages of the log for one reader's companies (None: all, and what belongs to none)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, after: FeedCursor, limit: int, companies: frozenset[UUID] | None) -> FeedPage:
        """The next events after a cursor, no further than where the log is known to be whole.

        Raises FeedCursorUnknownError. The same cursor gives the same events whenever it is asked.
        """
        with self._database.autocommit() as connection:
            _require_known(connection, after)
            safe = safe_position(connection)
            until = min(safe, after.position + WINDOW)
            rows = _select(connection, after.position, until, limit, companies)
            last = FeedCursor(rows[-1].position, rows[-1].event_id) if rows else after
            if len(rows) == limit:
                return FeedPage(tuple(rows), last, more=True)
            if until < safe:
                following = _skip_to(connection, last, until, safe)
                return FeedPage(tuple(rows), following, more=following != last)
        return FeedPage(tuple(rows), last, more=False)


def _require_known(connection: Connection, cursor: FeedCursor) -> None:
    if cursor.event_id is None:
        return
    row = connection.execute("SELECT event_id FROM event WHERE position = %s", (cursor.position,)).fetchone()
    if row is None or row[0] != cursor.event_id:
        raise FeedCursorUnknownError


def _skip_to(connection: Connection, last: FeedCursor, until: int, safe: int) -> FeedCursor:
    """The last event that was looked through, though it is none of this reader's; else before the next one.

    Never a position that no event has reached: a crash may take back numbers that were given to nobody, and
    they are given to facts then.
    """
    row = connection.execute(
        "SELECT position, event_id FROM event WHERE position > %s AND position <= %s"
        " ORDER BY position DESC LIMIT 1",
        (last.position, until),
    ).fetchone()
    if row is not None:
        return FeedCursor(row[0], row[1])
    beyond = connection.execute(
        "SELECT position FROM event WHERE position > %s AND position <= %s ORDER BY position LIMIT 1",
        (until, safe),
    ).fetchone()
    return last if beyond is None else FeedCursor(beyond[0] - 1, None)


def _select(
    connection: Connection, after: int, until: int, limit: int, companies: frozenset[UUID] | None
) -> list[PublicEvent]:
    theirs = "" if companies is None else " AND company_id = ANY(%(companies)s)"
    with connection.cursor(row_factory=class_row(PublicEvent)) as cursor:
        rows = cursor.execute(
            _EVENTS + theirs + " ORDER BY position LIMIT %(limit)s",
            {"after": after, "until": until, "limit": limit, "companies": sorted(companies or ())},
        ).fetchall()
    return [replace(row, data=public_state(row.topic, row.data)) for row in rows]
