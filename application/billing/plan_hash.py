"""The hash of a plan as it lies in the working tables: what was shown is what is billed."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import LiteralString
from uuid import UUID

import orjson

from application.database import Database
from domain.billing_run.events import PlanFilter

_STREAMED = 5_000
_AT_ONCE = 10_000
_READERS = 2
"""Reading a hundred thousand items keeps one processor busy for a sixth of a second."""

_ITEMS: LiteralString = (
    "SELECT coalesce(string_agg('[\"' || encode(digest, 'hex') || E'\"]\\n', '' ORDER BY ordinal), '')"
    " FROM billing_run_item WHERE run_id = %s AND ordinal > %s AND ordinal <= %s"
)
"""A line of JSON for each item, as of the other rows, but many of them made where they lie, in the order
of the key: nothing is sorted."""

_EXTENT: LiteralString = (
    "SELECT coalesce(min(ordinal), 1), coalesce(max(ordinal), 0) FROM billing_run_item WHERE run_id = %s"
)

_OTHERS: tuple[LiteralString, ...] = (
    "SELECT invoice_id, company_id, amount, due_on, reason, detail FROM billing_run_exclusion"
    " WHERE run_id = %s ORDER BY invoice_id",
    "SELECT stream_id, version FROM billing_run_rest WHERE run_id = %s ORDER BY stream_id",
    "SELECT ordinal, sale_id, version, joins, amount FROM billing_run_sale WHERE run_id = %s"
    " ORDER BY ordinal, sale_id",
)


def hash_of(database: Database, run_id: UUID, filter: PlanFilter) -> str:
    """SHA-256 over a plan as it lies here: run, filter, items with their facts, exclusions, shared versions.

    The run is in it, so that two plans of the same content are told apart. Items are in it by their
    digests, which `is_altered` holds against them one by one when they are billed. All of it is committed.
    """
    digest = hashlib.sha256(f"{run_id}\n{filter.model_dump_json()}\n".encode())

    def lines(start: int) -> str:
        with database.connection() as db:
            row = db.execute(_ITEMS, (run_id, start, start + _AT_ONCE)).fetchone()
        assert row is not None
        text: str = row[0]
        return text

    with database.connection() as db:
        extent = db.execute(_EXTENT, (run_id,)).fetchone()
    assert extent is not None
    first, last = extent
    with ThreadPoolExecutor(_READERS) as readers:
        for text in readers.map(lines, range(first - 1, last, _AT_ONCE)):
            digest.update(text.encode())
    with database.connection() as db:
        for statement in _OTHERS:
            with db.cursor("hashed") as cursor:
                cursor.itersize = _STREAMED
                for row in cursor.execute(statement, (run_id,)):
                    digest.update(orjson.dumps(row, default=_plain) + b"\n")
    return digest.hexdigest()


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
