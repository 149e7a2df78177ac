-- Facts are patches upon the row, laid upon each other in their order; what is open follows from the items and the
-- invoices that they are on. Of a sale that was never recorded the table refuses the row.
WITH news AS (
    SELECT stream_id, min(company_id::text) AS company_id, max(version) AS version, max(position) AS position,
        jsonb_overlay(CASE topic
            WHEN 'sale.recorded.v1' THEN state || jsonb_build_object(
                'code_key', lower(state->>'code'),
                'recorded_on', (occurred_at AT TIME ZONE 'America/Sao_Paulo')::date, 'recorded_by', actor)
            WHEN 'sale.cancelled.v1' THEN jsonb_build_object('cancel_reason', state->'reason')
        END ORDER BY version) AS patch,
        jsonb_overlay(CASE topic
            WHEN 'sale.items_billed.v1' THEN (
                SELECT jsonb_object_agg(item, state->'invoice_id') FROM jsonb_array_elements_text(state->'items') AS item)
            WHEN 'sale.items_released.v1' THEN (
                SELECT jsonb_object_agg(item, NULL) FROM jsonb_array_elements_text(state->'items') AS item)
        END ORDER BY version) AS billed
    FROM {page} AS page
    GROUP BY stream_id
),
merged AS (
    SELECT news.stream_id, news.company_id, news.version, news.position,
        coalesce(to_jsonb(row), '{}') || coalesce(news.patch, '{}') AS memory,
        coalesce(row.billed, '{}') || coalesce(news.billed, '{}') AS billed
    FROM news
    LEFT JOIN {sales_to_bill} AS row ON row.sale_id = news.stream_id
    WHERE news.version > coalesce(row.version, 0)
),
totalled AS (
    SELECT merged.*, worth.*, coalesce(memory->>'cancel_reason', '') <> '' AS cancelled
    FROM merged
    CROSS JOIN LATERAL (
        SELECT sum((item->>'amount')::numeric) AS amount,
            sum((item->>'amount')::numeric) FILTER (
                WHERE coalesce(billed->(item->>'number'), 'null') = 'null') AS unbilled,
            bool_or(billed->(item->>'number') <> 'null') AS any_billed
        FROM jsonb_array_elements(memory->'items') AS item) AS worth
)
INSERT INTO {sales_to_bill}
SELECT new.*
FROM totalled
CROSS JOIN LATERAL jsonb_populate_record(NULL::{sales_to_bill}, memory || jsonb_build_object(
    'sale_id', stream_id, 'company_id', totalled.company_id, 'version', totalled.version, 'position', totalled.position,
    'amount', totalled.amount, 'billed', totalled.billed,
    'open_amount', CASE WHEN cancelled THEN 0 ELSE coalesce(unbilled, 0) END,
    'state', CASE WHEN cancelled THEN 'cancelled' WHEN coalesce(unbilled, 0) = 0 THEN 'billed'
                  WHEN any_billed THEN 'partly_billed' ELSE 'open' END)) AS new
ON CONFLICT (sale_id) DO UPDATE SET
    open_amount = excluded.open_amount, state = excluded.state, cancel_reason = excluded.cancel_reason,
    billed = excluded.billed, version = excluded.version, position = excluded.position;
