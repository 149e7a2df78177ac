"""Where plans and their progress are kept while they are worked off: SQL over the working tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection, sql
from psycopg.rows import class_row

from application.billing.plan_rows import (
    Chunk,
    Difference,
    DueItem,
    Exclusion,
    ItemReport,
    ItemResult,
    PlanItem,
    PlanUnknownError,
    RunRow,
    digest_of,
    values,
)
from domain.billing_run.events import BillingConfirmed, BillingPlanned

type Db = Connection[Any]

_LISTED = 50


_ITEM: LiteralString = (
    "ordinal, invoice_id, version, company_id, customer_id, customer_version, account_id, amount, due_on,"
    " boletos, number_offset, expected, expected_detail"
)
_DUE: LiteralString = (
    "SELECT ordinal, invoice_id, version, company_id, customer_id, customer_version, account_id, amount,"
    " due_on, boletos, number_offset, expected, expected_detail, facts, digest,"
    " {}, (SELECT max(event.version) FROM event WHERE stream_id = customer_id)"
    " FROM billing_run_item WHERE run_id = %s AND ordinal BETWEEN %s AND %s ORDER BY ordinal"
)
_INVOICE_NOW: LiteralString = (
    "coalesce((SELECT max(event.version) FROM event WHERE stream_id = invoice_id), 0)"
)
_CHUNK: LiteralString = (
    "chunk, first_ordinal, last_ordinal, done, reported, billed, with_failures, refused, failed, amount"
)


def add_items(db: Db, run_id: UUID, items: Iterable[tuple[PlanItem, bytes]]) -> None:
    """Write items, with their facts, of a plan in the making; they count only once `keep` is committed."""
    statement = f"COPY billing_run_item (run_id, {_ITEM}, facts, digest) FROM STDIN"
    with db.cursor() as cursor, cursor.copy(statement) as copy:
        for item, facts in items:
            copy.write_row((run_id, *values(item), facts, digest_of(item, facts)))


def add_exclusions(db: Db, run_id: UUID, exclusions: Iterable[Exclusion]) -> None:
    """Write what a plan in the making leaves out."""
    columns = "run_id, invoice_id, company_id, amount, due_on, reason, detail"
    with db.cursor() as cursor, cursor.copy(f"COPY billing_run_exclusion ({columns}) FROM STDIN") as copy:
        for exclusion in exclusions:
            copy.write_row((run_id, *values(exclusion)))


def add_rests(db: Db, run_id: UUID, versions: dict[UUID, int]) -> None:
    """Write the versions of the registries that the items share."""
    db.execute(
        "INSERT INTO billing_run_rest SELECT %s, * FROM unnest(%s::uuid[], %s::int[])",
        (run_id, list(versions), list(versions.values())),
    )


def begin(db: Db, run_id: UUID, now: datetime) -> None:
    """Note that a plan is being made, so that what a crash leaves of it is swept one day."""
    db.execute("INSERT INTO billing_run (run_id, planned_at) VALUES (%s, %s)", (run_id, now))


def keep(db: Db, planned: BillingPlanned, chunk_size: int) -> None:
    """The plan exists from here on, compared with the last one of the same filter."""
    db.execute(
        "UPDATE billing_run SET plan_hash = %(hash)s, filter_key = %(key)s, chunk_size = %(size)s,"
        " planned = %(planned)s::jsonb, previous_run_id = (SELECT run_id FROM billing_run"
        " WHERE filter_key = %(key)s ORDER BY planned_at DESC, run_id DESC LIMIT 1)"
        " WHERE run_id = %(run)s",
        {
            "run": planned.originator_id,
            "hash": planned.plan_hash,
            "key": planned.filter.model_dump_json(),
            "size": chunk_size,
            "planned": planned.model_dump_json(),
        },
    )


def find_run(db: Db, plan_hash: str) -> RunRow:
    """The run with this hash, which may be cut to its first eight characters or more."""
    if len(plan_hash) < 8 or not set(plan_hash) <= set("0123456789abcdef"):
        raise PlanUnknownError(plan_hash=plan_hash)
    found = _runs(db, "WHERE plan_hash >= %s AND plan_hash < %s", (plan_hash, f"{plan_hash}g"))
    if len({run.plan_hash for run in found}) != 1:
        raise PlanUnknownError(plan_hash=plan_hash)
    return found[0]


def run_of(db: Db, run_id: UUID) -> RunRow:
    """A run by its id."""
    found = _runs(db, "WHERE run_id = %s", (run_id,))
    if not found:
        raise PlanUnknownError(run_id=run_id)
    return found[0]


def newest_runs(db: Db) -> Iterator[RunRow]:
    """The plans made, newest first, read some at a time."""
    found = _runs(db, "WHERE planned IS NOT NULL", (), _LISTED)
    while found:
        yield from found
        last = found[-1]
        where: LiteralString = "WHERE planned IS NOT NULL AND (planned_at, run_id) < (%s, %s)"
        found = _runs(db, where, (last.planned.occurred_at, last.run_id), _LISTED)


def is_kept(db: Db, run_id: UUID) -> bool:
    """Whether the working rows of a plan are still there."""
    return bool(db.execute("SELECT FROM billing_run WHERE run_id = %s", (run_id,)).rowcount)


def unclosed(db: Db, mode: str) -> list[RunRow]:
    """The confirmed runs of a mode that are not closed, newest first."""
    return _runs(db, "WHERE open AND planned->>'mode' = %s", (mode,), limit=1_000)


def _runs(db: Db, where: LiteralString, values: tuple[object, ...], limit: int = 10) -> list[RunRow]:
    rows = db.execute(
        f"SELECT run_id, plan_hash, chunk_size, previous_run_id, planned FROM billing_run {where}"  # noqa: S608
        " ORDER BY planned_at DESC, run_id DESC LIMIT %s",
        (*values, limit),
    ).fetchall()
    return [
        RunRow(run_id, found, size, previous, BillingPlanned.model_validate(planned))
        for run_id, found, size, previous, planned in rows
    ]


def items(db: Db, run_id: UUID, first: int, last: int) -> list[PlanItem]:
    """The items from one ordinal to another, both included."""
    return (
        db.cursor(row_factory=class_row(PlanItem))
        .execute(
            f"SELECT {_ITEM} FROM billing_run_item"  # noqa: S608 - our own constant
            " WHERE run_id = %s AND ordinal BETWEEN %s AND %s ORDER BY ordinal",
            (run_id, first, last),
        )
        .fetchall()
    )


def due_items(db: Db, run_id: UUID, first: int, last: int, *, look: bool) -> list[DueItem]:
    """The items to bill from one ordinal to another, with the present versions of their own streams.

    Without `look` the invoices are taken to be where the plan saw them: recording tells if not.
    """
    query = _DUE.format(_INVOICE_NOW if look else "version")
    return [DueItem(*row) for row in db.execute(query, (run_id, first, last), binary=True)]


def exclusions(db: Db, run_id: UUID, limit: int) -> list[Exclusion]:
    """The first exclusions, by reason."""
    return (
        db.cursor(row_factory=class_row(Exclusion))
        .execute(
            "SELECT invoice_id, company_id, amount, due_on, reason, detail FROM billing_run_exclusion"
            " WHERE run_id = %s ORDER BY reason, company_id, due_on, invoice_id LIMIT %s",
            (run_id, limit),
        )
        .fetchall()
    )


def rests(db: Db, run_id: UUID) -> dict[UUID, int]:
    """The versions of the registries that the plan rests on."""
    rows = db.execute("SELECT stream_id, version FROM billing_run_rest WHERE run_id = %s", (run_id,))
    return dict(rows.fetchall())


def versions(db: Db, streams: Iterable[UUID]) -> dict[UUID, int]:
    """The present versions of some streams."""
    rows = db.execute(
        "SELECT stream_id, max(version) FROM event WHERE stream_id = ANY(%b) GROUP BY stream_id",
        (list(streams),),
    )
    return dict(rows.fetchall())


def boletos_by_account(db: Db, run_id: UUID) -> dict[UUID, int]:
    """How many nosso números the plan needs of each account."""
    rows = db.execute(
        "SELECT account_id, sum(boletos) FROM billing_run_item WHERE run_id = %s"
        " GROUP BY 1 HAVING sum(boletos) > 0 ORDER BY 1",
        (run_id,),
    )
    return {account: int(count) for account, count in rows.fetchall()}


def add_numbers(db: Db, run_id: UUID, ranges: dict[UUID, tuple[int, int]]) -> None:
    """Keep the range that the run may use of each account."""
    for account_id, (first, last) in ranges.items():
        db.execute(
            "INSERT INTO billing_run_numbers VALUES (%s, %s, %s, %s)", (run_id, account_id, first, last)
        )


def numbers(db: Db, run_id: UUID) -> dict[UUID, int]:
    """The first number of the run's range, per account."""
    rows = db.execute("SELECT account_id, first FROM billing_run_numbers WHERE run_id = %s", (run_id,))
    return dict(rows.fetchall())


def open_run(db: Db, run_id: UUID) -> None:
    """The run is confirmed: its rows are needed until it is closed, however long it is stopped."""
    db.execute("UPDATE billing_run SET open = true WHERE run_id = %s", (run_id,))


def close_run(db: Db, run_id: UUID) -> None:
    """Everything that became of the run is on its stream."""
    db.execute("UPDATE billing_run SET open = false WHERE run_id = %s", (run_id,))


def confirmation(db: Db, run_id: UUID) -> UUID | None:
    """The event_id of the fact that confirmed the run: what its items' facts follow from."""
    row = db.execute(
        "SELECT event_id FROM event WHERE stream_id = %s AND topic = %s", (run_id, BillingConfirmed.TOPIC)
    ).fetchone()
    return None if row is None else row[0]


def add_chunks(db: Db, run_id: UUID, chunk_size: int) -> None:
    """Cut the plan into chunks."""
    db.execute(
        "INSERT INTO billing_run_chunk (run_id, chunk, first_ordinal, last_ordinal)"
        " SELECT %(run)s, chunk, (chunk - 1) * %(size)s + 1, least(chunk * %(size)s, items)"
        " FROM (SELECT max(ordinal) AS items FROM billing_run_item WHERE run_id = %(run)s) AS plan,"
        " generate_series(1, (items + %(size)s - 1) / %(size)s) AS chunk",
        {"run": run_id, "size": chunk_size},
    )


def chunks(db: Db, run_id: UUID) -> list[Chunk]:
    """Every chunk of a confirmed run, in order."""
    return (
        db.cursor(row_factory=class_row(Chunk))
        .execute(
            f"SELECT {_CHUNK} FROM billing_run_chunk WHERE run_id = %s ORDER BY chunk",  # noqa: S608
            (run_id,),
        )
        .fetchall()
    )


def forgotten_payers(db: Db, run_id: UUID, first: int, last: int) -> set[UUID]:
    """Who of the items' payers has lost a key; until the transaction ends, nobody loses one more."""
    rows = db.execute(
        "SELECT subject_id FROM erased_among(ARRAY(SELECT customer_id FROM billing_run_item"
        " WHERE run_id = %s AND ordinal BETWEEN %s AND %s))",
        (run_id, first, last),
    )
    return {subject for (subject,) in rows}


def finish_chunk(db: Db, run_id: UUID, chunk: Chunk, results: Sequence[ItemResult]) -> bool:
    """Mark a chunk done with its outcomes; False when it had been done already."""
    marked = db.execute(
        "UPDATE billing_run_chunk SET done = true, billed = %s, with_failures = %s, refused = %s,"
        " failed = %s, amount = %s WHERE run_id = %s AND chunk = %s AND NOT done",
        (chunk.billed, chunk.with_failures, chunk.refused, chunk.failed, chunk.amount, run_id, chunk.chunk),
    ).rowcount
    if not marked:
        return False
    if results:
        with db.cursor() as cursor, cursor.copy("COPY billing_run_outcome FROM STDIN") as copy:
            for result in results:
                copy.write_row((run_id, *values(result)))
    return True


def mark_reported(db: Db, run_id: UUID, chunk: int) -> None:
    """The chunk's fact is on the run's stream."""
    db.execute(
        "UPDATE billing_run_chunk SET reported = true WHERE run_id = %s AND chunk = %s", (run_id, chunk)
    )


def reports(db: Db, run_id: UUID, after: int, limit: int) -> list[ItemReport]:
    """A page of the outcomes that were not plain billing, in the plan's order."""
    return (
        db.cursor(row_factory=class_row(ItemReport))
        .execute(
            "SELECT ordinal, invoice_id, company_id, customer_id, item.amount, outcome, reason, detail,"
            " stream_id FROM billing_run_outcome JOIN billing_run_item AS item USING (run_id, ordinal)"
            " WHERE run_id = %s AND ordinal > %s ORDER BY ordinal LIMIT %s",
            (run_id, after, limit),
        )
        .fetchall()
    )


_DIFFERENCE = """
SELECT count(*) FILTER (WHERE before.invoice_id IS NULL AND now.invoice_id IS NOT NULL),
       count(*) FILTER (WHERE before.invoice_id IS NOT NULL AND now.invoice_id IS NOT NULL
                        AND (before.version, before.amount, before.account_id, before.expected)
                            IS DISTINCT FROM (now.version, now.amount, now.account_id, now.expected)),
       count(*) FILTER (WHERE now.invoice_id IS NULL AND excluded.invoice_id IS NULL),
       count(*) FILTER (WHERE now.invoice_id IS NULL AND excluded.invoice_id IS NOT NULL)
FROM (SELECT * FROM billing_run_item WHERE run_id = %(before)s) AS before
FULL JOIN (SELECT * FROM billing_run_item WHERE run_id = %(now)s) AS now
  ON now.invoice_id = before.invoice_id
LEFT JOIN billing_run_exclusion AS excluded
  ON excluded.run_id = %(now)s AND excluded.invoice_id = before.invoice_id
"""


def difference(db: Db, run_id: UUID, previous: UUID) -> Difference:
    """Compare two plans: new, changed, dropped (no longer open), blocked (open, but excluded now)."""
    row = db.execute(_DIFFERENCE, {"before": previous, "now": run_id}).fetchone()
    assert row is not None
    return Difference(*row)


def sweep(db: Db, before: datetime, long_before: datetime) -> None:
    """Forget the working rows of old plans that were closed or never confirmed. Their facts stay, and,
    until it is very old too, the newest of each filter that a person may ask for again, to compare with."""
    old = db.execute(
        "DELETE FROM billing_run WHERE planned_at < %s AND NOT open AND run_id NOT IN"
        " (SELECT DISTINCT ON (filter_key) run_id FROM billing_run WHERE planned->>'mode' = 'contractual'"
        " AND planned_at >= %s ORDER BY filter_key, planned_at DESC, run_id DESC) RETURNING run_id",
        (before, long_before),
    ).fetchall()
    forget(db, [run_id for (run_id,) in old])


def forget(db: Db, run_ids: list[UUID]) -> None:
    """Remove every working row of these plans."""
    for table in ("item", "sale", "exclusion", "rest", "numbers", "chunk", "outcome"):
        name = sql.Identifier(f"billing_run_{table}")
        db.execute(sql.SQL("DELETE FROM {} WHERE run_id = ANY(%s)").format(name), (run_ids,))
    db.execute("DELETE FROM billing_run WHERE run_id = ANY(%s)", (run_ids,))
