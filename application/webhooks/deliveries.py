"""The log of deliveries: every attempt, when, what came back and what follows; kept for thirty days."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from application.database import Connection, Database

KEPT = timedelta(days=30)
_SWEPT_AT_ONCE = 10_000

type Outcome = Literal["delivered", "failed", "skipped"]
type Kind = Literal["message", "ping"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt. `reason` is a code of ours where there was no answer, or none that counts; `excerpt` is
    the beginning of what was answered; `next_attempt_at` None: none follows from this one."""

    delivery_id: UUID
    endpoint_id: UUID
    kind: Kind
    message_id: UUID
    message_type: str
    position: int | None
    attempt: int
    outcome: Outcome
    status: int | None
    reason: str | None
    latency_ms: int
    at: datetime
    next_attempt_at: datetime | None
    excerpt: str


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """What of the log is asked for; None is everything."""

    outcome: Outcome | None = None
    kind: Kind | None = None
    position: int | None = None


_COLUMNS = (
    "delivery_id, endpoint_id, kind, message_id, message_type, position, attempt, outcome, status, reason,"
    " latency_ms, at, next_attempt_at, excerpt"
)
_INSERT = f"INSERT INTO webhook_delivery ({_COLUMNS}) VALUES ({', '.join(['%s'] * 14)})"  # noqa: S608


def note(connection: Connection, delivery: Delivery) -> None:
    """Write an attempt in the caller's transaction."""
    connection.execute(_INSERT.encode(), astuple(delivery))


def deliveries(
    database: Database,
    endpoint_id: UUID,
    wanted: DeliveryFilter,
    limit: int,
    *,
    before: UUID | None = None,
    after: UUID | None = None,
) -> list[Delivery]:
    """The newest first: those before one, or the nearest after one, in that order too."""
    conditions = ["endpoint_id = %(endpoint)s"]
    conditions += [
        f"{name} = %({name})s" for name in ("outcome", "kind", "position") if getattr(wanted, name)
    ]
    conditions += ["delivery_id < %(before)s"] if before else []
    conditions += ["delivery_id > %(after)s"] if after else []
    order = "ASC" if after else "DESC"
    asked = f"SELECT {_COLUMNS} FROM webhook_delivery WHERE {' AND '.join(conditions)}"  # noqa: S608
    values = {
        "endpoint": endpoint_id,
        "outcome": wanted.outcome,
        "kind": wanted.kind,
        "position": wanted.position,
        "before": before,
        "after": after,
        "limit": limit,
    }
    with database.autocommit() as connection, connection.cursor(row_factory=class_row(Delivery)) as cursor:
        rows = cursor.execute(
            f"{asked} ORDER BY delivery_id {order} LIMIT %(limit)s".encode(), values
        ).fetchall()
    return rows[::-1] if after else rows


def ping_of(database: Database, endpoint_id: UUID, ping_id: UUID) -> Delivery | None:
    """What became of a ping; None while it is still to be sent."""
    with database.autocommit() as connection, connection.cursor(row_factory=class_row(Delivery)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM webhook_delivery WHERE endpoint_id = %s AND kind = 'ping'"  # noqa: S608
            " AND message_id = %s ORDER BY delivery_id DESC LIMIT 1".encode(),
            (endpoint_id, ping_id),
        ).fetchone()


def sweep(database: Database, now: datetime) -> int:
    """Delete some of what is older than it is kept; how many rows it were."""
    with database.autocommit() as connection:
        return connection.execute(
            "DELETE FROM webhook_delivery WHERE delivery_id IN"
            " (SELECT delivery_id FROM webhook_delivery WHERE at < %s ORDER BY at LIMIT %s)",
            (now - KEPT, _SWEPT_AT_ONCE),
        ).rowcount
