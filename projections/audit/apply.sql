INSERT INTO {audit_customers}
SELECT stream_id, (state->>'customer_id')::uuid FROM {page} AS page WHERE version = 1 AND state ? 'customer_id'
ON CONFLICT (stream_id) DO NOTHING;

INSERT INTO {audit_numbers}
SELECT state->>'nosso_numero', stream_id,
    concat(state->>'portfolio', '/', state->>'nosso_numero', '-' || nullif(state->>'nosso_numero_digit', '')),
    state->>'linha_digitavel'
FROM {page} AS page WHERE topic = 'invoice.boleto_issued.v1'
ON CONFLICT DO NOTHING;

INSERT INTO {audit_numbers}
SELECT search_key(state->>'code'), stream_id, '', '' FROM {page} AS page WHERE topic = 'contract.signed.v1'
ON CONFLICT DO NOTHING;

-- 'c' correlation, 'e' company, 'a' actor, 't' topic, 'k' customer, 'v' amount.
INSERT INTO {audit} AS row
SELECT kind, key, position >> 6, bit_or(1::bigint << (position & 63)::integer)
FROM {page} AS page
LEFT JOIN {audit_customers} AS known USING (stream_id)
CROSS JOIN LATERAL (VALUES
    ('c'::"char", correlation_id), ('e', company_id), ('a', md5(actor)::uuid), ('t', md5(topic)::uuid),
    ('k', coalesce(customer_id, (state->>'customer_id')::uuid, (state->>'subject_id')::uuid,
        CASE WHEN topic LIKE 'customer.%%' THEN stream_id END)),
    ('v', md5(coalesce(state->>'amount', state->'instalments'->0->>'amount'))::uuid)) AS found (kind, key)
WHERE key IS NOT NULL
GROUP BY 1, 2, 3
ON CONFLICT (kind, key, block) DO UPDATE SET hits = row.hits | excluded.hits;

-- Of several instalments each amount is looked for, and their total.
INSERT INTO {audit} AS row
SELECT 'v', md5(amount)::uuid, position >> 6, bit_or(1::bigint << (position & 63)::integer)
FROM {page} AS page
CROSS JOIN LATERAL (
    SELECT instalment->>'amount' AS amount FROM jsonb_array_elements(state->'instalments') AS instalment
    UNION SELECT sum((instalment->>'amount')::numeric)::text
    FROM jsonb_array_elements(state->'instalments') AS instalment) AS stated
WHERE jsonb_array_length(state->'instalments') > 1
GROUP BY 2, 3
ON CONFLICT (kind, key, block) DO UPDATE SET hits = row.hits | excluded.hits;

INSERT INTO {audit_spans} AS row
SELECT position >> 12, min(occurred_at), max(occurred_at), min(recorded_at), max(recorded_at)
FROM {page} AS page GROUP BY 1
ON CONFLICT (span) DO UPDATE SET
    occurred_from = least(row.occurred_from, excluded.occurred_from),
    occurred_until = greatest(row.occurred_until, excluded.occurred_until),
    recorded_from = least(row.recorded_from, excluded.recorded_from),
    recorded_until = greatest(row.recorded_until, excluded.recorded_until);
