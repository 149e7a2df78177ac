"""The past by two times: what had happened at one instant, of what was known at another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from application.database import Connection, Database
from application.ports import ReadModelBehindError
from projections.progress import wait_for
from projections.projection import sql_file

EFFECTS = sql_file(__file__, "invoice_as_of/effects.sql").rstrip()
"""When each fact of an invoice took effect and was known: columns `happened_from` and `known_from`.

For facts with their `payment_id`, of whole streams.
"""


@dataclass(frozen=True, slots=True)
class AsOf:
    """An instant, and what to go by: the facts known up to a position, all of them where it is None."""

    happened: datetime
    known: int | None

    def has(self, happened: datetime, position: int) -> bool:
        """Whether another fact, one that rests on none, had happened and was known."""
        return happened <= self.happened and (self.known is None or position <= self.known)

    def begun(self) -> sql.Composable:
        """The condition on a fact or on a state of an invoice: it had happened and was known."""
        parts = sql.SQL("happened_from <= {}").format(self.happened)
        if self.known is None:
            return parts
        return sql.SQL("{} AND known_from <= {}").format(parts, self.known)

    def in_force(self) -> sql.Composable:
        """The condition on the states of an invoice that one of them, or none, fulfils."""
        ahead = sql.SQL("next_happened > {}").format(self.happened)
        unknown = sql.SQL("next_known > {}").format(self.known if self.known is not None else _LAST)
        return sql.SQL("{} AND CASE WHEN in_order THEN {} OR {} ELSE {} AND {} END").format(
            self.begun(), ahead, unknown, ahead, unknown
        )


_LAST = 2**63 - 2
_WAIT_SECONDS = 3.0
_MODELS = ("invoice_as_of", "invoice_history")


def as_known(database: Database, happened: datetime, known: datetime, now: datetime) -> AsOf:
    """What had happened at an instant, of what was known at another; from `now` on that is all there is.

    Raises ReadModelBehindError when the read models have not yet come as far as what was known then.
    """
    if known >= now:
        return AsOf(happened, None)
    with database.connection() as connection:
        position = known_until(connection, known)
    if not wait_for(database, position, _WAIT_SECONDS, _MODELS):
        raise ReadModelBehindError(f"the listing of the past has not reached position {position}")
    return AsOf(happened, position)


def known_until(connection: Connection, instant: datetime) -> int:
    """The position up to which every fact was known at an instant; 0 before the first watermark."""
    row = connection.execute(
        "SELECT coalesce(max(position), 0) FROM watermark WHERE at <= %s", [instant]
    ).fetchone()
    return 0 if row is None else int(row[0])
