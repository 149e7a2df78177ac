INSERT INTO {contracts}
SELECT stream_id, company_id, (state->>'customer_id')::uuid, state->>'code',
    (occurred_at AT TIME ZONE 'America/Sao_Paulo')::date, actor,
    (terms->>'starts_on')::date, (terms->>'ends_on')::date, (terms->>'instalment_count')::integer, NULL, NULL,
    terms->>'value_type', (terms->>'variable')::boolean, terms->>'periodicity', (terms->>'due_day')::integer,
    terms->>'payment_method', (terms->>'account_id')::uuid, terms->>'department',
    terms->'adjustment'->>'index', NULL, NULL, terms->>'notes', search_key(terms->>'notes'), terms, version, position
FROM {page} AS page
CROSS JOIN LATERAL (SELECT state->'terms' AS terms) AS agreed
WHERE topic = 'contract.signed.v1'
ON CONFLICT (contract_id) DO NOTHING;

-- Terms, end and adjustment change independently: of each, the last fact of the page has the say.
UPDATE {contracts} AS row
SET starts_on = (now.terms->>'starts_on')::date, value_type = now.terms->>'value_type',
    variable = (now.terms->>'variable')::boolean, periodicity = now.terms->>'periodicity',
    due_day = (now.terms->>'due_day')::integer, payment_method = now.terms->>'payment_method',
    account_id = (now.terms->>'account_id')::uuid, department = now.terms->>'department',
    index_code = now.terms->'adjustment'->>'index', notes = now.terms->>'notes',
    notes_key = search_key(now.terms->>'notes'), terms = now.terms,
    ends_on = now.ends_on, instalment_count = now.instalment_count,
    ended_on = now.ended_on, end_reason = now.end_reason, adjusted_on = now.adjusted_on,
    generated_until = now.generated_until,
    version = now.version, position = now.position
FROM (
    SELECT known.contract_id, last.version, last.position, coalesce(last.terms, known.terms) AS terms,
        CASE WHEN term_fact IS NULL THEN known.ends_on ELSE (term_fact->>'ends_on')::date END AS ends_on,
        CASE WHEN extended IS NULL THEN known.instalment_count
             ELSE (extended->>'instalment_count')::integer END AS instalment_count,
        CASE WHEN term_fact IS NULL THEN known.ended_on WHEN term_topic = 'contract.ended.v1'
             THEN (term_fact->>'ends_on')::date END AS ended_on,
        CASE WHEN term_fact IS NULL THEN known.end_reason ELSE term_fact->>'reason' END AS end_reason,
        coalesce(last.adjusted_on, known.adjusted_on) AS adjusted_on,
        greatest(last.generated_until, known.generated_until) AS generated_until
    FROM (
        SELECT stream_id, max(version) AS version, max(position) AS position,
            (array_agg(state->'terms' ORDER BY version DESC) FILTER (WHERE topic IN (
                'contract.revised.v1', 'contract.adjusted.v1')))[1] AS terms,
            (array_agg(state ORDER BY version DESC) FILTER (WHERE topic IN (
                'contract.extended.v1', 'contract.ended.v1')))[1] AS term_fact,
            (array_agg(topic ORDER BY version DESC) FILTER (WHERE topic IN (
                'contract.extended.v1', 'contract.ended.v1')))[1] AS term_topic,
            (array_agg(state ORDER BY version DESC) FILTER (WHERE topic = 'contract.extended.v1'))[1] AS extended,
            (array_agg((state->>'effective_on')::date ORDER BY version DESC) FILTER (
                WHERE topic = 'contract.adjusted.v1'
                    AND state->>'outcome' IN ('applied', 'floored', 'last_known')))[1] AS adjusted_on,
            max((state->>'due_on')::date) FILTER (WHERE topic = 'contract.installment_generated.v1')
                AS generated_until
        FROM {page} AS page
        GROUP BY stream_id
    ) AS last
    JOIN {contracts} AS known ON known.contract_id = last.stream_id AND known.version < last.version
) AS now
WHERE row.contract_id = now.contract_id;

INSERT INTO {contract_periods}
SELECT stream_id, (state->>'ordinal')::integer, (state->>'attempt')::integer, (state->>'invoice_id')::uuid,
    state->>'competencia', (state->>'period_from')::date, (state->>'period_until')::date,
    (state->>'due_on')::date, (state->>'amount')::numeric, (state->>'value_pending')::boolean,
    (state->>'forecast')::boolean, false, version
FROM {page} AS page
WHERE topic = 'contract.installment_generated.v1'
ON CONFLICT (contract_id, ordinal, attempt) DO NOTHING;

UPDATE {contract_periods} AS row
SET released = true, version = page.version
FROM {page} AS page
WHERE topic = 'contract.installment_released.v1' AND row.contract_id = stream_id
    AND row.ordinal = (state->>'ordinal')::integer AND row.attempt = (state->>'attempt')::integer
    AND row.version < page.version;
