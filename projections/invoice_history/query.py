"""Reads the history of one invoice: facts as they were stored, in their order, to be worded by the web."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from application.database import Database
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


def history(database: Database, invoice_id: UUID) -> list[HistoryFact]:
    """All facts of the invoice from its birth on; empty if it is not known."""
    query = (
        "SELECT version, position, company_id, topic, occurred_at, recorded_at, actor, correlation_id, facts"
        " FROM invoice_history WHERE stream_id = %s ORDER BY version"
    )
    rows = class_row(HistoryFact)
    with reading(database) as connection, connection.cursor(row_factory=rows) as cursor:
        return cursor.execute(query, [invoice_id]).fetchall()
