"""Who was forgotten, as a list that outlives the database: a restored backup needs it to forget again.

It names nobody: ids, dates, roles and reasons only, all of them in clear in the log as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from uuid import UUID

from pydantic import AwareDatetime, ValidationError

from application.app import Lastro
from domain.customer.events import CustomerForgotten
from domain.customer.forgetting import ForgettingRole
from domain.kernel import DomainError, Frozen


class RegisterLineInvalidError(DomainError):
    """A line of the file is not an erasure as `lastro forget --list` writes them. Details: `line`."""


class Erasure(Frozen):
    """One forgotten customer."""

    customer_id: UUID
    forgotten_at: AwareDatetime
    requested_by: ForgettingRole
    reason: str
    fiscal_until: date | None
    actor: str

    def line(self) -> str:
        """The erasure as one line of a register."""
        return self.model_dump_json()


def erasures(lastro: Lastro) -> list[Erasure]:
    """Everybody who was forgotten, the first one first."""
    with lastro.database.connection() as connection:
        rows = connection.execute(
            "SELECT stream_id, occurred_at, state, actor FROM event WHERE topic = %s AND stream_id IN"
            " (SELECT subject_id FROM subject_key WHERE erased_at IS NOT NULL) ORDER BY position",
            [CustomerForgotten.TOPIC],
        ).fetchall()
    return [
        Erasure(
            customer_id=stream,
            forgotten_at=occurred_at,
            requested_by=state["requested_by"],
            reason=state["reason"],
            fiscal_until=state["fiscal_until"],
            actor=actor,
        )
        for stream, occurred_at, state, actor in rows
    ]


def read_register(lines: Iterable[str]) -> Iterator[Erasure]:
    """The erasures of a file, blank lines aside. Raises RegisterLineInvalidError, before it gives any."""
    found = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                found.append(Erasure.model_validate_json(line))
            except ValidationError:
                raise RegisterLineInvalidError(f"line {number}", line=number) from None
    yield from found
