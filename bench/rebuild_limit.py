"""A rebuild of the listing against one bare statement that reads the same events once and folds nothing."""

from __future__ import annotations

import time

from application.database import Connection
from bench.rebuild_house import House, house, rebuilt
from bench.rows import Row
from projections.invoice_grid.model import INVOICE_GRID

# Every column of the listing, read out of the fact that has it, with no thought of any other fact.
_BARE = """
CREATE TABLE bare AS
SELECT stream_id AS invoice_id, version, company_id, (state->>'customer_id')::uuid AS customer_id,
    (state->>'account_id')::uuid AS account_id, (state->>'contract_id')::uuid AS contract_id, position,
    (occurred_at AT TIME ZONE 'America/Sao_Paulo')::date AS created_on,
    coalesce(state->>'due_on', state->'instalments'->0->>'due_on')::date AS due_on,
    (state->'instalments'->0->>'due_on')::date AS forecast_on, (state->>'billed_on')::date AS billed_on,
    NULL::date AS sent_on, (state->'instalments'->0->>'due_on')::date AS next_open_due_on,
    (state->'instalments'->0->>'payable_until')::date AS next_open_payable_until,
    jsonb_array_length(state->'instalments') AS instalments_total, (state->>'instalment')::integer AS paid,
    (state->>'value_pending')::boolean AS value_pending, (state->>'forecast')::boolean AS forecast,
    coalesce(state->>'amount', state->'instalments'->0->>'amount')::numeric(15, 2) AS amount,
    (state->>'amount')::numeric(15, 2) AS paid_amount,
    (state->>'principal')::numeric(15, 2) AS settled_amount,
    topic AS situacao, state->>'kind' AS kind, state->>'origin' AS origin, state->>'value_type' AS value_type,
    state->>'payment_method' AS payment_method, state->>'department' AS department,
    state->>'competencia' AS competencia, state->'documents' AS documents,
    state->>'nosso_numero' AS nosso_numero, state->>'reason' AS error_reason,
    state->>'detail' AS error_detail,
    (state->>'service_id')::uuid AS error_service_id
FROM event
WHERE topic = ANY(%s)
"""
_INDEXES = (
    "CREATE UNIQUE INDEX ON bare (invoice_id, version)",
    "CREATE INDEX ON bare (company_id, due_on, invoice_id)",
    "CREATE INDEX ON bare (company_id, created_on, invoice_id)",
    "CREATE INDEX ON bare (customer_id, due_on, invoice_id)",
    "CREATE INDEX ON bare (company_id, sent_on, invoice_id) WHERE sent_on IS NOT NULL",
)


def run(scale: str) -> list[Row]:
    """The whole of both, indexes and statistics too."""
    with house(30_000 if scale == "small" else 1_000_000) as where:
        return [_measured(where)]


def _measured(where: House) -> Row:
    with where.database.dedicated() as connection:
        bare, read = _bare(connection)
    ours = rebuilt(where.database)
    note = (
        f"{where.events:,} events: {ours.whole:.1f} s (rows {ours.loading:.1f}, indexes and rest"
        f" {ours.indexing:.1f}); bare statement {bare:.1f} s (rows {read:.1f})"
    )
    return Row("rebuild_limit", ours.whole / bare, 3.0, "lower", note)


def _bare(connection: Connection) -> tuple[float, float]:
    """Seconds of the bare table with its indexes, and of its rows alone."""
    connection.execute("SET synchronous_commit = off")
    connection.execute("SET maintenance_work_mem = '256MB'")
    start = time.perf_counter()
    connection.execute(_BARE, (list(INVOICE_GRID.topics),))
    read = time.perf_counter() - start
    for index in _INDEXES:
        connection.execute(index)
    connection.execute("ANALYZE bare")
    whole = time.perf_counter() - start
    connection.execute("DROP TABLE bare")
    return whole, read
