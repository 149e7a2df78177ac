"""Parking: an event that cannot be applied stops its own stream in one model, and nothing else."""

from __future__ import annotations

import psycopg

from application.database import Connection
from projections.page import Page
from projections.projection import Projection

POISON: tuple[type[Exception], ...] = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.RaiseException,
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
    AttributeError,
    AssertionError,
)
"""What an event itself can cause. A lost connection, a full disk or a missing table is none of its doing."""

_REASON_LENGTH = 500


class ProjectionBrokenError(RuntimeError):
    """More streams of one page failed than events can be to blame for: the model's code is wrong.

    The model stops at its checkpoint. Correct the code, or raise the limit if the events are bad indeed.
    """


def park(connection: Connection, projection: Projection, position: int, error: Exception) -> None:
    """Park the stream of the event at `position`, with the reason."""
    reason = reason_of(error)
    connection.execute(
        "INSERT INTO projection_parked (projection, projection_version, stream_id, position, topic, reason)"
        " SELECT %s, %s, stream_id, position, topic, %s FROM event WHERE position = %s",
        (projection.name, projection.version, reason, position),
    )


def reason_of(error: Exception) -> str:
    """What went wrong, in one line. What follows it in a message of the database may hold personal data."""
    text = str(error).strip() or "no message"
    return f"{type(error).__name__}: {text.splitlines()[0]}"[:_REASON_LENGTH]


def count_waiting(connection: Connection, page: Page) -> None:
    """Count the events of this page that wait behind a parked one."""
    query = (
        "UPDATE projection_parked AS parked SET events = parked.events + waiting.events"
        " FROM (SELECT stream_id, count(*) AS events FROM event"
        "       WHERE position > %(after)s AND position <= %(until)s AND topic = ANY(%(topics)s)"
        "       GROUP BY stream_id) AS waiting"
        " WHERE parked.projection = %(name)s AND parked.projection_version = %(model_version)s"
        " AND parked.stream_id = waiting.stream_id AND parked.position <= %(after)s"
    )
    connection.execute(query, page.values)
