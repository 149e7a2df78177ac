INSERT INTO {billing_runs}
SELECT stream_id, state->>'mode', 'planned', state->'filter',
       ARRAY(SELECT (total->>'company_id')::uuid FROM jsonb_array_elements(state->'totals') AS total),
       state->>'plan_hash', (state->>'log_position')::bigint, (state->>'invoices')::integer,
       (SELECT coalesce(sum((total->>'amount')::numeric), 0) FROM jsonb_array_elements(state->'totals') AS total),
       state->'totals', state->'exclusions', actor, occurred_at, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0,
       version, position
FROM {page} AS page
WHERE topic = 'billing_run.planned.v1'
ON CONFLICT (run_id) DO NOTHING;

-- Chunks add up; of status the last fact of the page has the say; a fact seen before adds nothing.
UPDATE {billing_runs} AS row
SET status = coalesce(last.status, row.status),
    confirmed_by = coalesce(row.confirmed_by, last.confirmed_by),
    confirmed_at = coalesce(row.confirmed_at, last.confirmed_at),
    closed_at = coalesce(row.closed_at, last.closed_at),
    chunks = row.chunks + last.chunks,
    billed = row.billed + last.billed,
    with_failures = row.with_failures + last.with_failures,
    refused = row.refused + last.refused,
    failed = row.failed + last.failed,
    billed_amount = row.billed_amount + last.amount,
    version = last.version,
    position = last.position
FROM (SELECT page.stream_id, max(page.version) AS version, max(page.position) AS position,
             (array_agg(CASE page.topic
                            WHEN 'billing_run.confirmed.v1' THEN 'running'
                            WHEN 'billing_run.resumed.v1' THEN 'running'
                            WHEN 'billing_run.stopped.v1' THEN 'stopped'
                            WHEN 'billing_run.closed.v1' THEN 'closed'
                        END ORDER BY page.version DESC)
                 FILTER (WHERE page.topic IN ('billing_run.confirmed.v1', 'billing_run.resumed.v1',
                                              'billing_run.stopped.v1', 'billing_run.closed.v1')))[1] AS status,
             min(actor) FILTER (WHERE topic = 'billing_run.confirmed.v1') AS confirmed_by,
             min(occurred_at) FILTER (WHERE topic = 'billing_run.confirmed.v1') AS confirmed_at,
             min(occurred_at) FILTER (WHERE topic = 'billing_run.closed.v1') AS closed_at,
             count(*) FILTER (WHERE is_chunk) AS chunks,
             coalesce(sum((state->>'billed')::integer) FILTER (WHERE is_chunk), 0) AS billed,
             coalesce(sum((state->>'with_failures')::integer) FILTER (WHERE is_chunk), 0) AS with_failures,
             coalesce(sum((state->>'refused')::integer) FILTER (WHERE is_chunk), 0) AS refused,
             coalesce(sum((state->>'failed')::integer) FILTER (WHERE is_chunk), 0) AS failed,
             coalesce(sum((state->>'amount')::numeric) FILTER (WHERE is_chunk), 0) AS amount
      FROM (SELECT *, topic = 'billing_run.chunk_done.v1' AS is_chunk FROM {page} AS source) AS page
      JOIN {billing_runs} AS known ON known.run_id = page.stream_id AND known.version < page.version
      GROUP BY page.stream_id) AS last
WHERE row.run_id = last.stream_id;
