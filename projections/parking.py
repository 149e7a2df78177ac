"""Parking: an event that cannot be applied stops its own stream in one model, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from traceback import extract_tb

import psycopg

from application.database import Connection
from application.event_store.errors import SealBrokenError
from projections.checkpoint import OF_SHARD, Shard
from projections.page import Page
from projections.projection import Projection

POISON: tuple[type[Exception], ...] = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.RaiseException,
    psycopg.errors.ProgramLimitExceeded,
    SealBrokenError,
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
    AttributeError,
    AssertionError,
)
"""What an event itself can cause. A lost connection, a full disk or a missing table is none of its doing."""

MANY = 100
"""So many streams of one page may fail before it is asked whether the rest of the page goes any better."""

_REASON_LENGTH = 500


class ProjectionBrokenError(RuntimeError):
    """Most streams of one page failed, and many: the model's code is wrong, not the events.

    The model stops at its checkpoint and parks no more. Correct the code and start the worker anew, then
    replay what was parked.
    """


def park(connection: Connection, projection: Projection, position: int, error: Exception) -> None:
    """Park the stream of the event at `position`, with the reason."""
    reason = reason_in(projection, error)
    connection.execute(
        "INSERT INTO projection_parked (projection, projection_version, stream_id, position, topic, reason)"
        " SELECT %s, %s, stream_id, position, topic, %s FROM event WHERE position = %s",
        (projection.name, projection.version, reason, position),
    )


def most_parked(
    connection: Connection, projection: Projection, after: int, until: int, shard: Shard | None = None
) -> int:
    """How many streams of a page may be parked before the model itself is held to be broken."""
    query = (
        "SELECT count(DISTINCT stream_id) FROM event WHERE position > %(after)s AND position <= %(until)s"
        " AND topic = ANY(%(topics)s)"
    )
    values = {"after": after, "until": until, "topics": list(projection.topics)}
    row = connection.execute(
        query + (OF_SHARD if shard else ""), values | (shard.values if shard else {})
    ).fetchone()
    return max(MANY, 0 if row is None else row[0] // 2)


def reason_of(error: Exception) -> str:
    """What went wrong, in one line. What follows it in a message of the database may hold personal data."""
    text = str(error).strip() or "no message"
    return f"{type(error).__name__}: {text.splitlines()[0]}"[:_REASON_LENGTH]


def reason_in(projection: Projection, error: Exception) -> str:
    """The same for an event of this model. Where it holds words of persons an error may repeat them, and what
    is told of it outlives their key: then it is only told what failed, and where.
    """
    if not projection.personal or isinstance(error, SealBrokenError):
        return reason_of(error)
    frames = extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def cause_in(projection: Projection, error: Exception) -> Exception | None:
    """What an error of ours may be raised from: its words go into logs with it."""
    return None if projection.personal else error


def count_waiting(connection: Connection, page: Page, older: Sequence[str], only: str = "") -> None:
    """Count the events of this page that wait behind a parked one, those of `older` topics among them.

    `only` is the page's own condition on streams.
    """
    query = (
        "UPDATE projection_parked AS parked SET events = parked.events + waiting.events"  # noqa: S608
        " FROM (SELECT stream_id, count(*) AS events FROM event"
        "       WHERE position > %(after)s AND position <= %(until)s"
        f"       AND topic = ANY(%(topics)s || %(older)s::text[]){only}"
        "       GROUP BY stream_id) AS waiting"
        " WHERE parked.projection = %(name)s AND parked.projection_version = %(model_version)s"
        " AND parked.stream_id = waiting.stream_id AND parked.position <= %(after)s"
    )
    connection.execute(query, {**page.values, "older": list(older)})
