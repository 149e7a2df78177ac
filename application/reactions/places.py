"""Up to where each reaction has been told from the event table; a new one begins at the log's end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.database import Connection, Database
from application.event_store.reading import safe_position


class LogChangedError(Exception):
    """The log has another fact where this reaction stood: it was restored, or is another one. Nothing is done
    until a person has looked: delete the row of `reaction_position` to begin at the end of this log."""


class OvertakenError(Exception):
    """Another process has told this reaction meanwhile: look up where it stands."""


@dataclass(frozen=True, slots=True)
class Told:
    """The last fact that was told, or looked through; `event_id` proves that it is still the same log."""

    position: int
    event_id: UUID | None


def take_up(connection: Connection, reaction: str, now: datetime) -> Told:
    """Where this reaction goes on; at the log's end if it was never here. Raises LogChangedError.

    `connection` is in autocommit mode, on the primary.
    """
    stored = _stored(connection, reaction)
    if stored is None:
        end = _last(connection, safe_position(connection))
        connection.execute(
            "INSERT INTO reaction_position (reaction, position, event_id, moved_at) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (reaction, end.position, end.event_id, now),
        )
        stored = _stored(connection, reaction)
        assert stored is not None
    if stored.event_id is not None:
        row = connection.execute(
            "SELECT event_id FROM event WHERE position = %s", (stored.position,)
        ).fetchone()
        if row is None or row[0] != stored.event_id:
            raise LogChangedError(f"{reaction} at position {stored.position}: {LogChangedError.__doc__}")
    return stored


def move(connection: Connection, reaction: str, at: Told, to: Told, now: datetime) -> None:
    """It has been told of everything up to there. Raises OvertakenError if it does not stand at `at`."""
    moved = connection.execute(
        "UPDATE reaction_position SET position = %s, event_id = %s, moved_at = %s"
        " WHERE reaction = %s AND position = %s",
        (to.position, to.event_id, now, reaction, at.position),
    ).rowcount
    if moved == 0:
        raise OvertakenError(f"{reaction} does not stand at position {at.position} any more")


def standings(database: Database) -> dict[str, int]:
    """The position of every reaction that was ever told from the event table."""
    with database.autocommit() as connection:
        return dict(connection.execute("SELECT reaction, position FROM reaction_position").fetchall())


def _stored(connection: Connection, reaction: str) -> Told | None:
    row = connection.execute(
        "SELECT position, event_id FROM reaction_position WHERE reaction = %s", (reaction,)
    ).fetchone()
    return None if row is None else Told(row[0], row[1])


def _last(connection: Connection, until: int) -> Told:
    row = connection.execute(
        "SELECT position, event_id FROM event WHERE position <= %s ORDER BY position DESC LIMIT 1", (until,)
    ).fetchone()
    return Told(0, None) if row is None else Told(row[0], row[1])
