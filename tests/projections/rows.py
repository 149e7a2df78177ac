"""What a read model holds after a history, for tests: every row of every table of it, in one order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg import sql

from application.app import Context, Lastro
from application.database import Connection, Database
from domain.kernel import DomainEvent
from projections.projection import Projection
from projections.runner import Runner, catch_up

CONTEXT = Context(actor="user:1", correlation_id=UUID(int=7))
_TRANSACTION = 40


def record(lastro: Lastro, events: Iterable[DomainEvent]) -> None:
    """Record the events in their order, in transactions of some size."""
    listed = list(events)
    for start in range(0, len(listed), _TRANSACTION):
        lastro.record_batch(CONTEXT, listed[start : start + _TRANSACTION])


def fed(
    database: Database, projection: Projection, page_size: int = 10_000
) -> dict[str, list[dict[str, Any]]]:
    """The rows once all that is recorded has been applied, by table."""
    with database.autocommit() as connection:
        catch_up(connection, [Runner(projection, page_size=page_size)])
        return rows(connection, projection)


def rows(connection: Connection, projection: Projection) -> dict[str, list[dict[str, Any]]]:
    """The rows as they stand, by table."""
    return {table: _rows(connection, projection.relation(table)) for table in projection.relations}


def _rows(connection: Connection, relation: str) -> list[dict[str, Any]]:
    query = sql.SQL("SELECT to_jsonb(row) FROM {} AS row ORDER BY to_jsonb(row)::text")
    return [row for (row,) in connection.execute(query.format(sql.Identifier(relation)))]
