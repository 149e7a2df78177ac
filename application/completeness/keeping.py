"""Keeps the last checks of completeness for the page: what was asked, how far it is, what it found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from application.clock import Clock
from application.completeness.findings import FINDING_FIELDS, Asked, Finding, Kind, Reason, Tally
from application.database import Connection, Database
from application.ids import new_id

KEPT_CHECKS = 10
"""Beside the last finished one of each set of companies, which no number of others pushes out."""

KEPT_FINDINGS = 2_000
"""Of each reason, for the page; the command's file has all of them."""

SILENT = timedelta(minutes=2)
"""A check that has not been heard of for so long died with its process."""

_BLOCK = 500
_FINDING = ", ".join(FINDING_FIELDS)


_DROP_OLD = """
DELETE FROM completeness_check WHERE check_id NOT IN
    (SELECT check_id FROM completeness_check ORDER BY asked_at DESC LIMIT %s)
AND check_id NOT IN
    (SELECT DISTINCT ON (companies) check_id FROM completeness_check WHERE state = 'done'
     ORDER BY companies, finished_at DESC)
RETURNING check_id
"""

_WITHIN = "(%s::uuid[] IS NULL OR companies <@ %s::uuid[])"
"""The sums of a check are of all its companies: who may not see one of them may not see the sums."""


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check. `state`: asked, running, done, failed; `heard_at` moves while it runs."""

    check_id: UUID
    state: str
    asked: Asked
    asked_by: str
    asked_at: datetime
    heard_at: datetime
    finished_at: datetime | None
    done: int
    total: int
    summary: dict[str, Any] | None

    def is_lost(self, now: datetime) -> bool:
        """Whether its process died under it."""
        return self.state == "running" and now - self.heard_at > SILENT


class Checks:
    """The tables `completeness_check` and `completeness_finding`: working tables, not facts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, asked: Asked, by: str, now: datetime) -> UUID:
        """Ask the worker for a check; answers the one of these companies that is asked for or runs."""
        with self._database.connection() as connection:
            connection.execute("LOCK TABLE completeness_check IN SHARE ROW EXCLUSIVE MODE")
            companies = None if asked.companies is None else list(asked.companies)
            open_ = connection.execute(
                "SELECT check_id FROM completeness_check WHERE companies IS NOT DISTINCT FROM %s::uuid[]"
                " AND (state = 'asked' OR (state = 'running' AND heard_at > %s)) LIMIT 1",
                (companies, now - SILENT),
            ).fetchone()
            return open_[0] if open_ else self._insert(connection, asked, by, "asked", now)

    def begin(self, asked: Asked, by: str, now: datetime) -> UUID:
        """Note a check that runs here and now."""
        with self._database.connection() as connection:
            return self._insert(connection, asked, by, "running", now)

    def take(self, now: datetime) -> CheckRow | None:
        """The check that was asked for, now ours to run."""
        with self._database.connection() as connection:
            row = connection.execute(
                "UPDATE completeness_check SET state = 'running', heard_at = %s WHERE check_id ="
                " (SELECT check_id FROM completeness_check WHERE state = 'asked'"
                " ORDER BY asked_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING check_id",
                [now],
            ).fetchone()
        return self.find(row[0]) if row else None

    def next_asked(self) -> UUID | None:
        """The check that waits for somebody to run it, the oldest first."""
        found = self._read("WHERE state = 'asked' ORDER BY asked_at LIMIT 1", [])
        return found[0].check_id if found else None

    def find(self, check_id: UUID) -> CheckRow | None:
        """One check."""
        found = self._read("WHERE check_id = %s", [check_id])
        return found[0] if found else None

    def newest(self, companies: Sequence[UUID] | None = None) -> CheckRow | None:
        """The check that was asked for last, of those that look at none but these companies."""
        found = self._read(
            f"WHERE {_WITHIN} ORDER BY asked_at DESC, check_id DESC LIMIT 1", _twice(companies)
        )
        return found[0] if found else None

    def newest_of_all(self) -> CheckRow | None:
        """The last check of every company there is."""
        found = self._read("WHERE companies IS NULL ORDER BY asked_at DESC, check_id DESC LIMIT 1", [])
        return found[0] if found else None

    def last_done(self, companies: Sequence[UUID] | None = None) -> CheckRow | None:
        """The last one that came to its end, of those that look at none but these companies."""
        where = f"WHERE state = 'done' AND {_WITHIN} ORDER BY finished_at DESC LIMIT 1"
        found = self._read(where, _twice(companies))
        return found[0] if found else None

    def last_done_over(self, companies: Sequence[UUID]) -> CheckRow | None:
        """The last one that came to its end and looked at all of these companies, and perhaps at more.

        Its findings may be shown by company; its sums are of all companies and may not.
        """
        where = "WHERE state = 'done' AND (companies IS NULL OR companies @> %s::uuid[])"
        found = self._read(f"{where} ORDER BY finished_at DESC LIMIT 1", [list(companies)])
        return found[0] if found else None

    def counts(self, check_id: UUID, companies: Sequence[UUID]) -> list[dict[str, Any]]:
        """The kept findings of these companies by kind and reason, in the form of a summary's."""
        with self._database.connection() as connection:
            rows = connection.execute(
                "SELECT kind, reason, count(*), sum(amount) FROM completeness_finding"
                " WHERE check_id = %s AND company_id = ANY(%s) GROUP BY kind, reason ORDER BY kind, reason",
                (check_id, list(companies)),
            ).fetchall()
        names = ("kind", "reason", "count", "amount")
        return [dict(zip(names, (*row[:3], str(row[3])), strict=True)) for row in rows]

    def findings(
        self, check_id: UUID, kind: Kind, companies: Sequence[UUID] | None, limit: int
    ) -> list[Finding]:
        """Its first findings of a kind, in these companies (None: all of them)."""
        chosen = None if companies is None else list(companies)
        with self._database.connection() as connection:
            rows = connection.execute(
                f"SELECT {_FINDING} FROM completeness_finding WHERE check_id = %s AND kind = %s"  # noqa: S608
                " AND (%s::uuid[] IS NULL OR company_id = ANY(%s)) ORDER BY number LIMIT %s",
                (check_id, kind.value, chosen, chosen, limit),
            ).fetchall()
        return [_finding(dict(zip(FINDING_FIELDS, row, strict=True))) for row in rows]

    @contextmanager
    def keeping(self, check_id: UUID, clock: Clock) -> Iterator[Keeper]:
        """Write down what the check in this block finds; if the block fails, that it did."""
        keeper = Keeper(self._database, check_id, clock)
        try:
            yield keeper
        except BaseException as error:
            keeper.fail(error)
            raise

    def _insert(self, connection: Connection, asked: Asked, by: str, state: str, now: datetime) -> UUID:
        check_id = new_id()
        companies = None if asked.companies is None else list(asked.companies)
        connection.execute(
            "INSERT INTO completeness_check (check_id, state, until, today, grace, companies, asked_by,"
            " asked_at, heard_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (check_id, state, asked.until, asked.today, asked.grace, companies, by, now, now),
        )
        old = connection.execute(_DROP_OLD, [KEPT_CHECKS]).fetchall()
        connection.execute(
            "DELETE FROM completeness_finding WHERE check_id = ANY(%s)", [[id for (id,) in old]]
        )
        return check_id

    def _read(self, rest: str, values: list[Any]) -> list[CheckRow]:
        with self._database.connection() as connection:
            rows = connection.execute(
                "SELECT check_id, state, until, today, companies, grace, asked_by, asked_at, heard_at,"  # noqa: S608
                f" finished_at, done, total, summary FROM completeness_check {rest}".encode(),
                values,
            ).fetchall()
        return [
            CheckRow(
                id,
                state,
                Asked(until=until, today=today, companies=None if c is None else tuple(c), grace=grace),
                *others,
            )
            for id, state, until, today, c, grace, *others in rows
        ]


@dataclass(slots=True)
class Keeper:
    """Writes one check down as it goes, in blocks."""

    database: Database
    check_id: UUID
    clock: Clock
    _waiting: list[tuple[Any, ...]] = field(default_factory=list)
    _kept: dict[Reason, int] = field(default_factory=dict)
    _number: int = 0

    def add(self, finding: Finding) -> None:
        """Keep a finding, unless there are many of its reason already."""
        count = self._kept.get(finding.reason, 0)
        if count >= KEPT_FINDINGS:
            return
        self._kept[finding.reason] = count + 1
        self._number += 1
        values = (getattr(finding, name) for name in FINDING_FIELDS)
        self._waiting.append((self.check_id, self._number, *values))
        if len(self._waiting) >= _BLOCK:
            self._write()

    def report(self, done: int, total: int) -> None:
        """How far it is."""
        with self.database.connection() as connection:
            connection.execute(
                "UPDATE completeness_check SET done = %s, total = %s, heard_at = %s WHERE check_id = %s",
                (done, total, self.clock(), self.check_id),
            )

    def finish(self, tally: Tally) -> None:
        """The sums."""
        self._write()
        self._end("done", summary(tally))

    def fail(self, error: BaseException) -> None:
        """It came to no end, and why."""
        self._end("failed", {"error": type(error).__name__})

    def _end(self, state: str, said: dict[str, Any]) -> None:
        with self.database.connection() as connection:
            connection.execute(
                "UPDATE completeness_check SET state = %s, summary = %s, finished_at = %s, heard_at = %s"
                " WHERE check_id = %s",
                (state, Jsonb(said), self.clock(), self.clock(), self.check_id),
            )

    def _write(self) -> None:
        marks = ", ".join(["%s"] * (len(FINDING_FIELDS) + 2))
        with self.database.connection() as connection, connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO completeness_finding (check_id, number, {_FINDING}) VALUES ({marks})",  # noqa: S608
                self._waiting,
            )
        self._waiting.clear()


def _twice(companies: Sequence[UUID] | None) -> list[Any]:
    return [None if companies is None else list(companies)] * 2


def summary(tally: Tally) -> dict[str, Any]:
    """The sums as the page reads them."""
    return {
        "position": tally.position,
        "contracts": tally.contracts,
        "events": tally.events,
        "expected": tally.expected,
        "billed": tally.billed,
        "explained": tally.waiting,
        "outside": tally.outside,
        "complete": tally.is_complete,
        "counts": [
            {
                "kind": kind.value,
                "reason": reason.value,
                "count": count,
                "amount": str(tally.amounts[kind, reason]),
            }
            for (kind, reason), count in sorted(tally.counts.items())
        ],
    }


def _finding(values: dict[str, Any]) -> Finding:
    due_on: date | None = values["due_on"]
    amount: Decimal = values["amount"]
    kind, reason = Kind(values.pop("kind")), Reason(values.pop("reason"))
    return Finding(kind=kind, reason=reason, **{**values, "due_on": due_on, "amount": amount})
