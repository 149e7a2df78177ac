"""Where each endpoint has got to in the log: the table `webhook_endpoint`.

A place is a position and the event_id of the last fact delivered, never the safe position. Whoever moves it
by hand raises `generation`: what is under way under an older one no longer counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from application.database import Connection, Database
from application.event_store.reading import safe_position
from domain.webhook.events import WebhookAutoDisabled, WebhookDisabled, WebhookEnabled


@dataclass(frozen=True, slots=True)
class Head:
    """The message that fails now: everything of the endpoint waits for it."""

    position: int
    event_id: UUID
    message_id: UUID
    type: str
    tries: int


@dataclass(frozen=True, slots=True)
class Place:
    """One endpoint's. `tries` and `failing_since` are of the head."""

    endpoint_id: UUID
    generation: int
    position: int
    event_id: UUID | None
    tries: int
    failing_since: datetime | None
    next_attempt_at: datetime | None
    head_position: int | None
    head_event_id: UUID | None
    head_message_id: UUID | None
    head_type: str | None
    last_status: int | None
    last_reason: str | None
    last_delivered_at: datetime | None
    ping_id: UUID | None

    @property
    def head(self) -> Head | None:
        """The message that fails now, if one does."""
        if self.head_position is None:
            return None
        assert self.head_event_id is not None
        assert self.head_message_id is not None
        assert self.head_type is not None
        return Head(self.head_position, self.head_event_id, self.head_message_id, self.head_type, self.tries)


_COLUMNS = (
    "endpoint_id, generation, position, event_id, tries, failing_since, next_attempt_at, head_position,"
    " head_event_id, head_message_id, head_type, last_status, last_reason, last_delivered_at, ping_id"
)
_SWITCHING = [WebhookAutoDisabled.TOPIC, WebhookDisabled.TOPIC, WebhookEnabled.TOPIC]
_FRESH = (
    "generation = generation + 1, tries = 0, failing_since = NULL, next_attempt_at = NULL,"
    " head_position = NULL, head_event_id = NULL, head_message_id = NULL, head_type = NULL"
)


def places(database: Database, endpoint_ids: Iterable[UUID] | None = None) -> dict[UUID, Place]:
    """Of these endpoints, or of all."""
    where = "" if endpoint_ids is None else " WHERE endpoint_id = ANY(%(ids)s)"
    with database.autocommit() as connection, connection.cursor(row_factory=class_row(Place)) as cursor:
        rows = cursor.execute(
            f"SELECT {_COLUMNS} FROM webhook_endpoint{where}".encode(),  # noqa: S608 - our own words
            {"ids": list(endpoint_ids or ())},
        ).fetchall()
    return {place.endpoint_id: place for place in rows}


def auto_disabled(database: Database) -> int:
    """How many endpoints the system has disabled, and nobody has enabled since."""
    with database.autocommit() as connection:
        row = connection.execute(
            "SELECT count(*) FROM webhook_endpoint CROSS JOIN LATERAL"
            " (SELECT topic FROM event WHERE stream_id = endpoint_id AND topic = ANY(%s)"
            " ORDER BY version DESC LIMIT 1) AS newest WHERE newest.topic = %s",
            (_SWITCHING, WebhookAutoDisabled.TOPIC),
        ).fetchone()
    return 0 if row is None else int(row[0])


def before(connection: Connection, position: int) -> tuple[int, UUID | None]:
    """The last fact below a position, (0, None) if there is none: where to stand to go on from there."""
    row = connection.execute(
        "SELECT position, event_id FROM event WHERE position < %s ORDER BY position DESC LIMIT 1", (position,)
    ).fetchone()
    return (0, None) if row is None else (row[0], row[1])


def at_the_end(connection: Connection) -> tuple[int, UUID | None]:
    """The newest fact below which none is still to come."""
    return before(connection, safe_position(connection) + 1)


def begin(connection: Connection, endpoint_id: UUID, at: tuple[int, UUID | None]) -> None:
    """Stand there, in the caller's transaction; whoever stands somewhere already stays there."""
    connection.execute(
        "INSERT INTO webhook_endpoint (endpoint_id, position, event_id) VALUES (%s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        (endpoint_id, *at),
    )


def go_back(connection: Connection, endpoint_id: UUID, at: tuple[int, UUID | None]) -> bool:
    """Stand further back, in the caller's transaction; False if it already does not reach so far."""
    return (
        connection.execute(
            f"UPDATE webhook_endpoint SET {_FRESH}, position = %s, event_id = %s"  # noqa: S608
            " WHERE endpoint_id = %s AND position >= %s".encode(),
            (*at, endpoint_id, at[0]),
        ).rowcount
        == 1
    )


def start_afresh(connection: Connection, endpoint_id: UUID) -> None:
    """Try at once, and count from nothing, in the caller's transaction."""
    connection.execute(
        f"UPDATE webhook_endpoint SET {_FRESH} WHERE endpoint_id = %s".encode(),  # noqa: S608
        (endpoint_id,),
    )


def hasten(connection: Connection, endpoint_id: UUID) -> bool:
    """Try the message that fails again at once, in the caller's transaction; False if none waits for that."""
    return (
        connection.execute(
            "UPDATE webhook_endpoint SET next_attempt_at = NULL"
            " WHERE endpoint_id = %s AND next_attempt_at IS NOT NULL",
            (endpoint_id,),
        ).rowcount
        == 1
    )


def step_over(connection: Connection, endpoint_id: UUID, head_position: int) -> Head | None:
    """Leave out the fact whose message fails, in the caller's transaction; None if it is another by now."""
    row = connection.execute(
        "SELECT head_position, head_event_id, head_message_id, head_type, tries FROM webhook_endpoint"
        " WHERE endpoint_id = %s AND head_position = %s FOR UPDATE",
        (endpoint_id, head_position),
    ).fetchone()
    if row is None:
        return None
    connection.execute(
        f"UPDATE webhook_endpoint SET position = head_position, event_id = head_event_id, {_FRESH}"  # noqa: S608
        " WHERE endpoint_id = %s".encode(),
        (endpoint_id,),
    )
    return Head(*row)


def ask_ping(connection: Connection, endpoint_id: UUID, ping_id: UUID) -> None:
    """Have the worker send a message of no meaning; one that is asked for already is replaced."""
    connection.execute(
        "UPDATE webhook_endpoint SET ping_id = %s WHERE endpoint_id = %s", (ping_id, endpoint_id)
    )
