"""Reads the history of one invoice: facts as they were stored, in their order, to be worded by the web."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.rows import class_row

from application.database import Database
from projections.as_of import EFFECTS, AsOf
from projections.reading import reading


@dataclass(frozen=True, slots=True)
class HistoryFact:
    """One fact of the invoice. `facts` is its state without lines and without anything personal."""

    version: int
    position: int
    company_id: UUID
    topic: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    correlation_id: UUID
    facts: Mapping[str, Any]


_EFFECTIVE = sql.SQL(
    "SELECT *, {effects} FROM (SELECT *, facts->>'payment_id' AS payment_id FROM invoice_history"
    " WHERE stream_id = {id}) AS fact"
)
_SHOWN = sql.SQL(
    "version, position, company_id, topic, occurred_at, recorded_at, actor, correlation_id, facts"
)


def history(database: Database, invoice_id: UUID, as_of: AsOf | None = None) -> list[HistoryFact]:
    """All facts of the invoice from its birth on, or those of the past; empty if it is not known."""
    rows = class_row(HistoryFact)
    with reading(database) as connection, connection.cursor(row_factory=rows) as cursor:
        query = sql.SQL("SELECT {} FROM {} WHERE stream_id = {} ORDER BY version").format(
            _SHOWN, sql.SQL("invoice_history"), invoice_id
        )
        if as_of is not None:
            query = sql.SQL("SELECT {} FROM ({}) AS fact WHERE {} ORDER BY version").format(
                _SHOWN, _EFFECTIVE.format(effects=sql.SQL(EFFECTS), id=invoice_id), as_of.begun()
            )
        return cursor.execute(query).fetchall()
