"""What open pages have to know of the read models: how far they show, and which streams moved since."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from application.database import Database
from projections.reading import reading

ON_PAGES = (
    "invoice_grid",
    "invoice_history",
    "contracts",
    "customers",
    "receivables",
    "settlements",
    "sales_to_bill",
)


def shown_position(database: Database) -> int:
    """The position that every read model of the pages has reached; 0 before there is one."""
    with database.connection() as connection:
        row = connection.execute(
            "SELECT coalesce(min(position), 0) FROM projection WHERE live AND name = ANY(%s)",
            (list(ON_PAGES),),
        ).fetchone()
    return 0 if row is None else int(row[0])


def moved_streams(
    database: Database, after: int, until: int, most: int
) -> frozenset[tuple[UUID, UUID | None]] | None:
    """The streams with a fact in the interval, each with its company; None for more than `most` facts."""
    with database.connection() as connection:
        rows = connection.execute(
            "SELECT stream_id, company_id FROM event WHERE position > %s AND position <= %s LIMIT %s",
            (after, until, most + 1),
        ).fetchall()
    return None if len(rows) > most else frozenset((stream, company) for stream, company in rows)


def watermark_age(database: Database) -> float:
    """How long the oldest fact above the last watermark has been there, in seconds; 0 when there is none."""
    with database.connection() as connection:
        row = connection.execute(
            "SELECT greatest(extract(epoch FROM clock_timestamp() - recorded_at), 0)::float8 FROM event"
            " WHERE position > coalesce((SELECT max(position) FROM watermark), 0) ORDER BY position LIMIT 1"
        ).fetchone()
    return 0.0 if row is None else float(row[0])


def customers_within(
    database: Database, customer_ids: Collection[UUID], companies: Collection[UUID] | None
) -> frozenset[UUID]:
    """Those of the customers who have an invoice in one of the companies (None: all of them).

    Customers belong to no company; a person of one company is shown only those it deals with.
    """
    if companies is None:
        return frozenset(customer_ids)
    query = (
        "SELECT id FROM unnest(%s::uuid[]) AS asked (id) WHERE EXISTS"
        " (SELECT FROM invoice_grid WHERE customer_id = id AND company_id = ANY(%s))"
    )
    with database.connection() as connection:
        rows = connection.execute(query, (list(customer_ids), list(companies))).fetchall()
    return frozenset(row[0] for row in rows)


# Hundreds of thousands of contracts name a dozen departments: each is found by an index from the one before.
_DEPARTMENTS = """
SELECT DISTINCT found.department
FROM (SELECT company_id AS id FROM companies WHERE %(chosen)s::uuid[] IS NULL OR company_id = ANY(%(chosen)s))
    AS company
CROSS JOIN LATERAL (
    WITH RECURSIVE hop (department) AS (
        (SELECT department FROM contracts
         WHERE company_id = company.id AND department IS NOT NULL ORDER BY department LIMIT 1)
        UNION ALL
        SELECT (SELECT later.department FROM contracts AS later
                WHERE company_id = company.id AND later.department > hop.department
                ORDER BY later.department LIMIT 1)
        FROM hop WHERE hop.department IS NOT NULL
    )
    SELECT department FROM hop WHERE department IS NOT NULL LIMIT %(most)s
) AS found
ORDER BY department LIMIT %(most)s
"""
_MOST_DEPARTMENTS = 100


def departments(database: Database, companies: Collection[UUID] | None) -> list[str]:
    """The departments that contracts of the companies (None: of all) name, for a choice (F23)."""
    chosen = None if companies is None else list(companies)
    with reading(database) as connection:
        rows = connection.execute(_DEPARTMENTS, {"chosen": chosen, "most": _MOST_DEPARTMENTS})
        return [department for (department,) in rows]
