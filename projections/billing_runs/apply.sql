-- Facts are patches upon the row, laid upon each other in their order; chunks add up, those the row knows aside. Of a
-- run that was never planned the table refuses the row.
WITH news AS (
    SELECT page.stream_id, max(page.version) AS version, max(page.position) AS position,
        jsonb_overlay(CASE topic
            WHEN 'billing_run.planned.v1' THEN state || jsonb_build_object(
                'status', 'planned', 'planned_by', actor, 'planned_at', occurred_at)
            WHEN 'billing_run.sales_planned.v1' THEN jsonb_build_object('sales', state)
            WHEN 'billing_run.confirmed.v1' THEN jsonb_build_object(
                'status', 'running', 'confirmed_by', actor, 'confirmed_at', occurred_at)
            WHEN 'billing_run.stopped.v1' THEN '{"status": "stopped"}'
            WHEN 'billing_run.resumed.v1' THEN '{"status": "running"}'
            WHEN 'billing_run.closed.v1' THEN jsonb_build_object('status', 'closed', 'closed_at', occurred_at)
        END ORDER BY page.version) AS patch,
        count(chunk) AS chunks,
        sum((chunk->>'billed')::integer) AS billed,
        sum((chunk->>'with_failures')::integer) AS with_failures,
        sum((chunk->>'refused')::integer) AS refused,
        sum((chunk->>'failed')::integer) AS failed,
        sum((chunk->>'amount')::numeric) AS amount
    FROM {page} AS page
    LEFT JOIN {billing_runs} AS row ON row.run_id = page.stream_id
    CROSS JOIN LATERAL (
        SELECT CASE topic WHEN 'billing_run.chunk_done.v1' THEN state END AS chunk) AS done
    WHERE page.version > coalesce(row.version, 0)
    GROUP BY page.stream_id
)
INSERT INTO {billing_runs}
SELECT new.*
FROM news
LEFT JOIN {billing_runs} AS row ON row.run_id = stream_id
CROSS JOIN LATERAL (SELECT coalesce(to_jsonb(row), '{}') || patch AS memory) AS merged
CROSS JOIN LATERAL jsonb_populate_record(NULL::{billing_runs}, memory || jsonb_build_object(
    'run_id', stream_id, 'version', news.version, 'position', news.position,
    'companies', (SELECT coalesce(jsonb_agg(total->'company_id'), '[]')
                  FROM jsonb_array_elements(memory->'totals') AS total),
    'amount', (SELECT coalesce(sum((total->>'amount')::numeric), 0)
               FROM jsonb_array_elements(memory->'totals') AS total),
    'chunks', coalesce(row.chunks, 0) + news.chunks,
    'billed', coalesce(row.billed, 0) + coalesce(news.billed, 0),
    'with_failures', coalesce(row.with_failures, 0) + coalesce(news.with_failures, 0),
    'refused', coalesce(row.refused, 0) + coalesce(news.refused, 0),
    'failed', coalesce(row.failed, 0) + coalesce(news.failed, 0),
    'billed_amount', coalesce(row.billed_amount, 0) + coalesce(news.amount, 0))) AS new
ON CONFLICT (run_id) DO UPDATE SET
    status = excluded.status, sales = excluded.sales, confirmed_by = excluded.confirmed_by, confirmed_at = excluded.confirmed_at,
    closed_at = excluded.closed_at, chunks = excluded.chunks, billed = excluded.billed,
    with_failures = excluded.with_failures, refused = excluded.refused, failed = excluded.failed,
    billed_amount = excluded.billed_amount, version = excluded.version, position = excluded.position;
