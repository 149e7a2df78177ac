"""Poison for the tests of the pages: a fact that cannot be applied, and streams parked by hand."""

from __future__ import annotations

from uuid import UUID

from psycopg.types.json import Jsonb

from application.database import Database
from application.ids import new_id
from projections.progress import wait_for


def poison(database: Database, invoice_id: UUID) -> int:
    """A fact whose date is none, as a faulty program may have written it; its position once it is parked."""
    with database.connection() as connection:
        row = connection.execute(
            "INSERT INTO event (occurred_at, recorded_at, version, stream_id, event_id, correlation_id,"
            " company_id, topic, actor, release, digest, state)"
            " SELECT now(), now(), max(version) + 1, stream_id, %s, %s, min(company_id::text)::uuid,"
            " 'invoice.billed.v1', 'system', '0', '', %s FROM event WHERE stream_id = %s GROUP BY stream_id"
            " RETURNING position",
            (new_id(), new_id(), Jsonb({"billed_on": "31/02/2026"}), invoice_id),
        ).fetchone()
    assert row is not None
    assert wait_for(database, row[0], 20)
    return int(row[0])


def park(database: Database, model: str, stream: UUID, reason: str = "ValueError: antes da correção") -> None:
    """The last fact of a stream, which the model has applied, is said to wait: its cause is corrected."""
    with database.connection() as connection:
        connection.execute(
            "INSERT INTO projection_parked"
            " (projection, projection_version, stream_id, position, topic, reason)"
            " SELECT name, projection.version, stream_id, event.position, topic, %s FROM event, projection"
            " WHERE name = %s AND live AND stream_id = %s ORDER BY event.position DESC LIMIT 1",
            (reason, model, stream),
        )
