"""Reads the billing runs: what was planned, who confirmed it, how far it has come."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.rows import class_row

from application.database import Database
from projections.reading import reading

type Key = tuple[datetime, UUID]
"""Where a row stands: when the run was planned, and the run."""


@dataclass(frozen=True, slots=True)
class BillingRun:
    """One run. `status` is planned, running, stopped or closed; `done` of `invoices` items are worked off."""

    run_id: UUID
    mode: str
    status: str
    filter: Mapping[str, Any]
    companies: Sequence[UUID]
    plan_hash: str
    log_position: int
    invoices: int
    amount: Decimal
    totals: Sequence[Mapping[str, Any]]
    exclusions: Sequence[Mapping[str, Any]]
    planned_by: str
    planned_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    closed_at: datetime | None
    chunks: int
    billed: int
    with_failures: int
    refused: int
    failed: int
    billed_amount: Decimal
    version: int

    @property
    def done(self) -> int:
        """The items worked off, whatever came of them."""
        return self.billed + self.with_failures + self.refused + self.failed


_COLUMNS = ", ".join(BillingRun.__dataclass_fields__)


def billing_run(database: Database, run_id: UUID) -> BillingRun | None:
    """One run, None if it is not known; whether its companies may be seen is the caller's to ask."""
    query = f"SELECT {_COLUMNS} FROM billing_runs WHERE run_id = %s"  # noqa: S608
    with reading(database) as connection, connection.cursor(row_factory=class_row(BillingRun)) as cursor:
        return cursor.execute(query, [run_id]).fetchone()


def billing_runs(
    database: Database, companies: Collection[UUID] | None, *, size: int = 50, key: Key | None = None
) -> list[BillingRun]:
    """The next runs, latest first. Of some companies: those that bill in these and no other."""
    parts: list[sql.Composable] = [sql.SQL("true")]
    if companies is not None:
        parts.append(sql.SQL("companies <@ {}").format(list(companies)))
    if key is not None:
        parts.append(sql.SQL("(planned_at, run_id) < ({}, {})").format(*key))
    query = sql.SQL(
        "SELECT {} FROM billing_runs WHERE {} ORDER BY planned_at DESC, run_id DESC LIMIT {}"
    ).format(sql.SQL(_COLUMNS), sql.SQL(" AND ").join(parts), size)
    with reading(database) as connection, connection.cursor(row_factory=class_row(BillingRun)) as cursor:
        return cursor.execute(query).fetchall()
