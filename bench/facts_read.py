"""What the read models answer, read from the facts themselves: never behind, no worker needed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from application.database import Database
from application.ports import Candidate


class FactReadModels:
    """What the read models answer, read from the facts: never behind, and only fit for small logs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """Nothing to wait for."""

    def candidates(
        self,
        companies: Collection[UUID] | None,
        due_from: date,
        due_until: date,
        due_on: date | None = None,
    ) -> Iterator[Candidate]:
        """Every invoice due in the interval; whether it is open, the aggregate says."""
        rows = self._rows(
            "SELECT stream_id, company_id, (state->>'customer_id')::uuid, (state->>'account_id')::uuid,"
            " (state->'instalments'->0->>'due_on')::date, (state->'instalments'->0->>'amount')::numeric"
            " FROM event WHERE topic = 'invoice.opened.v1' ORDER BY 2, 3, 5, 1"
        )
        for row in rows:
            candidate = Candidate(*row)
            wanted = companies is None or candidate.company_id in companies
            if wanted and due_from <= candidate.due_on <= due_until and due_on in (None, candidate.due_on):
                yield candidate

    def automatic(self) -> Sequence[UUID]:
        """The companies whose last switch was on."""
        rows = self._rows(
            "SELECT DISTINCT ON (stream_id) stream_id, (state->>'on')::boolean FROM event"
            " WHERE topic = 'company.automatic_billing_switched.v1' ORDER BY stream_id, version DESC"
        )
        return [company for company, on in rows if on]

    def short_of(self, until: date) -> Iterator[UUID]:
        """Every contract: topping up is idempotent."""
        rows = self._rows("SELECT stream_id FROM event WHERE topic = 'contract.signed.v1' ORDER BY 1")
        yield from (stream for (stream,) in rows)

    def _rows(self, statement: Any) -> list[Any]:
        with self._database.connection() as db:
            return db.execute(statement).fetchall()
