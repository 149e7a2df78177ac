"""Which read models have parked what a row shows: rows then say that they are out of date."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import sql
from psycopg.rows import class_row

from application.database import Database

type Shown = tuple[str, str]
"""A read model, and the column with the stream of it that a row shows, `table.column` where it must be."""

# Asked once for a page, not for a row: while nothing is parked, that is all.
_BEHIND = """
CASE WHEN EXISTS (SELECT FROM projection_parked) THEN ARRAY(
    SELECT parked.projection FROM projection_parked AS parked
    JOIN projection ON projection.name = parked.projection
        AND projection.version = parked.projection_version AND live
    WHERE (parked.projection, parked.stream_id) IN (VALUES {shown}) ORDER BY parked.projection
) ELSE '{{}}'::text[] END
"""

INVOICE_ROW: tuple[Shown, ...] = (
    ("receivables", "invoice_id"),
    ("customers", "customer_id"),
    ("contracts", "contract_id"),
    ("companies", "company_id"),
    ("accounts", "account_id"),
)
"""What a row of an invoice shows beside the invoice itself."""


def behind(*shown: Shown) -> sql.Composed:
    """The models that are behind with what a row shows, as a text[] for the list of columns."""
    pairs = (sql.SQL("({}, {})").format(model, sql.Identifier(*column.split("."))) for model, column in shown)
    return sql.SQL(_BEHIND).format(shown=sql.SQL(", ").join(pairs))


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is parked in the models that readers see."""

    streams: int
    events: int
    since: datetime


def alarm(database: Database) -> Alarm | None:
    """The sum of it, None when nothing is."""
    query = (
        "SELECT count(*) AS streams, sum(events)::bigint AS events, min(parked_at) AS since"
        " FROM projection_parked JOIN projection ON name = projection AND version = projection_version"
        " WHERE live HAVING count(*) > 0"
    )
    with database.connection() as connection, connection.cursor(row_factory=class_row(Alarm)) as cursor:
        return cursor.execute(query).fetchone()


def behind_with(database: Database, stream: UUID, models: Collection[str]) -> list[str]:
    """Those of the models whose live build has parked the stream."""
    query = (
        "SELECT projection FROM projection_parked"
        " JOIN projection ON name = projection AND version = projection_version"
        " WHERE live AND stream_id = %s AND projection = ANY(%s) ORDER BY projection"
    )
    with database.connection() as connection:
        return [name for (name,) in connection.execute(query, (stream, list(models)))]
