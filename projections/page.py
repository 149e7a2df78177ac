"""A page of events: a half-open range of positions, read through one row source that SQL and Python share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from application.database import Connection
from application.event_store.upcasters import upcast

_COLUMNS = (
    "position, stream_id, version, topic, state, event_id, company_id, actor, "
    "occurred_at, recorded_at, correlation_id, causation_id"
)
_RANGE = (
    f"SELECT {_COLUMNS} FROM event "  # noqa: S608
    "WHERE position > %(after)s AND position <= %(until)s AND topic = ANY(%(topics)s)"
)
_STREAM = (
    f"SELECT {_COLUMNS} FROM (SELECT * FROM event WHERE stream_id = %(stream)s OFFSET 0) AS event "  # noqa: S608
    "WHERE position > %(after)s AND position <= %(until)s AND topic = ANY(%(topics)s)"
)
_STREAMS = (
    f"SELECT {_COLUMNS} FROM event "  # noqa: S608
    "WHERE stream_id BETWEEN %(first_stream)s AND %(last_stream)s AND position <= %(until)s"
    " AND topic = ANY(%(topics)s)"
)
_WHOLE = (
    f"SELECT {_COLUMNS} FROM event "  # noqa: S608
    "WHERE stream_id IN (SELECT stream_id FROM {page} AS touched) AND position <= %(until)s"
    " AND topic = ANY(%(topics)s)"
)
_NOT_PARKED = (
    " AND NOT EXISTS (SELECT FROM projection_parked AS parked WHERE parked.projection = %(name)s"
    " AND parked.projection_version = %(model_version)s AND parked.stream_id = event.stream_id)"
)
_NEWER = (
    " UNION ALL SELECT event.position, stream_id, version, newer.topic, newer.state, event_id, company_id,"
    " actor, occurred_at, recorded_at, correlation_id, causation_id FROM unnest("
)
_NEWER_OF = ") AS newer (position, topic, state) JOIN event ON event.position = newer.position WHERE true"
_UPCAST = (
    _NEWER
    + "%(upcast_positions)s::bigint[], %(upcast_topics)s::text[], %(upcast_states)s::jsonb[]"
    + _NEWER_OF
)
_UPCAST_WHOLE = (
    _NEWER + "%(whole_positions)s::bigint[], %(whole_topics)s::text[], %(whole_states)s::jsonb[]" + _NEWER_OF
)
_OLDER_WHOLE = (
    "SELECT position, topic, state FROM event"
    " WHERE stream_id IN (SELECT stream_id FROM {page} AS touched) AND position <= %(until)s"
    " AND topic = ANY(%(older)s) ORDER BY position"
)


@dataclass(frozen=True, slots=True)
class PageEvent:
    """One stored event, as a fold in Python sees it. Personal fields in `state` are still sealed."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The events with after < position <= until that one model wants and has not parked.

    `source` is the text that stands for `{page}`, `values` its parameters, `named` puts the model's versioned
    tables into a statement. `{streams}` stands for the streams that the page touches, up to its end: the page
    itself where it is `whole`, each of its streams from the first fact on. `older` are the topics of older
    programs that the model's own have had.
    """

    after: int
    until: int
    source: str
    values: Mapping[str, object]
    named: Callable[[str], str]
    prepare: bool = field(default=False)
    whole: bool = field(default=False)
    older: Sequence[str] = field(default=())

    def execute(self, connection: Connection, statement: str, **more: object) -> None:
        """Run one statement over this page."""
        values = {**self.values, **more}
        if "{streams}" in statement and self._upcasts_whole:
            values |= self._whole_values(connection)
        connection.execute(self.statement(statement), values, prepare=self.prepare)

    def statement(self, text: str) -> str:
        """The statement with tables and page filled in; its text comes from our own files only."""
        streams = "{page}" if self.whole else f"({_WHOLE}{_UPCAST_WHOLE if self._upcasts_whole else ''})"
        return self.named(text).replace("{streams}", streams).replace("{page}", f"({self.source})")

    @property
    def _upcasts_whole(self) -> bool:
        return bool(self.older) and not self.whole

    def _whole_values(self, connection: Connection) -> dict[str, object]:
        query = self.statement(_OLDER_WHOLE)
        rows = connection.execute(query, {**self.values, "older": list(self.older)}).fetchall()
        return _newest("whole", rows)

    def events(self, connection: Connection) -> list[PageEvent]:
        """The page's events in order of position."""
        query = self.statement("SELECT * FROM {page} AS page ORDER BY position")
        with connection.cursor(row_factory=class_row(PageEvent)) as cursor:
            return cursor.execute(query, self.values).fetchall()


def page_source(*, parked: bool, upcast: bool, only: str = "") -> str:
    """The row source; what is not needed is not in the SQL. `only` is a condition on the streams."""
    skip = only + (_NOT_PARKED if parked else "")
    return _RANGE + skip + (_UPCAST + skip if upcast else "")


def stream_source(*, upcast: bool) -> str:
    """The row source of the events of one stream, `%(stream)s`, however many others lie between them."""
    return _STREAM + (_UPCAST if upcast else "")


def streams_source(*, upcast: bool) -> str:
    """The row source of whole streams, `%(first_stream)s` to `%(last_stream)s`, up to a position."""
    return _STREAMS + (_UPCAST if upcast else "")


def upcast_values(
    connection: Connection,
    values: Mapping[str, object],
    older: Sequence[str],
    *,
    parked: bool,
    only: str = "",
) -> dict[str, object]:
    """The events of old topic versions of a page, in their newest form; empty when there are none.

    `values` are the page's own; with a `stream`, or a first and a last one, only their events count; those of
    parked streams do not if `parked`.
    """
    query = "SELECT position, topic, state FROM event WHERE position > %(after)s AND position <= %(until)s"
    query += " AND topic = ANY(%(older)s)" + (" AND stream_id = %(stream)s" if "stream" in values else "")
    if "first_stream" in values:
        query += " AND stream_id BETWEEN %(first_stream)s AND %(last_stream)s"
    query += only + (_NOT_PARKED if parked else "") + " ORDER BY position"
    rows = connection.execute(query, {**values, "older": list(older)}).fetchall()
    return _newest("upcast", rows) if rows else {}


def _newest(prefix: str, rows: Sequence[tuple[int, str, dict[str, Any]]]) -> dict[str, object]:
    newer = [(position, *upcast(topic, state)) for position, topic, state in rows]
    return {
        f"{prefix}_positions": [position for position, _, _ in newer],
        f"{prefix}_topics": [topic for _, topic, _ in newer],
        f"{prefix}_states": [Jsonb(state) for _, _, state in newer],
    }
