-- Facts are patches upon the row, laid upon each other in their order; `terms` are those that a fact stated last, the
-- term itself (`ends_on`, `instalment_count`) is its own. Of a contract that was never signed the table refuses the row.
WITH news AS (
    SELECT stream_id, min(company_id::text) AS company_id, max(version) AS version, max(position) AS position,
        max(state->>'due_on') FILTER (WHERE topic = 'contract.installment_generated.v1') AS generated_until,
        jsonb_overlay(CASE topic
            WHEN 'contract.signed.v1' THEN state || jsonb_build_object(
                'signed_on', (occurred_at AT TIME ZONE 'America/Sao_Paulo')::date, 'signed_by', actor,
                'ends_on', state->'terms'->'ends_on',
                'instalment_count', state->'terms'->'instalment_count')
            WHEN 'contract.revised.v1' THEN jsonb_build_object('terms', state->'terms')
            WHEN 'contract.adjusted.v1' THEN
                CASE WHEN state->>'outcome' IN ('applied', 'floored', 'last_known')
                     THEN jsonb_build_object('adjusted_on', state->'effective_on', 'terms', state->'terms')
                     ELSE jsonb_build_object('terms', state->'terms') END
            WHEN 'contract.extended.v1' THEN state || '{"ended_on": null, "end_reason": null}'
            WHEN 'contract.ended.v1' THEN jsonb_build_object(
                'ends_on', state->'ends_on', 'ended_on', state->'ends_on', 'end_reason', state->'reason')
        END ORDER BY version) AS patch
    FROM {page} AS page
    GROUP BY stream_id
)
INSERT INTO {contracts}
SELECT new.*
FROM news
LEFT JOIN {contracts} AS row ON row.contract_id = stream_id
CROSS JOIN LATERAL (SELECT coalesce(to_jsonb(row), '{}') || patch AS memory) AS merged
CROSS JOIN LATERAL (SELECT memory->'terms' AS terms) AS agreed
CROSS JOIN LATERAL jsonb_populate_record(NULL::{contracts}, memory || jsonb_build_object(
    'contract_id', stream_id, 'company_id', news.company_id, 'version', news.version, 'position', news.position,
    'starts_on', agreed.terms->'starts_on', 'value_type', agreed.terms->'value_type', 'variable', agreed.terms->'variable',
    'periodicity', agreed.terms->'periodicity', 'due_day', agreed.terms->'due_day',
    'payment_method', agreed.terms->'payment_method', 'account_id', agreed.terms->'account_id',
    'department', agreed.terms->'department', 'index_code', agreed.terms->'adjustment'->'index',
    'generated_until', greatest(row.generated_until, news.generated_until::date))) AS new
WHERE news.version > coalesce(row.version, 0)
ON CONFLICT (contract_id) DO UPDATE SET
    starts_on = excluded.starts_on, ends_on = excluded.ends_on, instalment_count = excluded.instalment_count,
    ended_on = excluded.ended_on, end_reason = excluded.end_reason, value_type = excluded.value_type,
    variable = excluded.variable, periodicity = excluded.periodicity, due_day = excluded.due_day,
    payment_method = excluded.payment_method, account_id = excluded.account_id,
    department = excluded.department, index_code = excluded.index_code, adjusted_on = excluded.adjusted_on,
    generated_until = excluded.generated_until, terms = excluded.terms, version = excluded.version, position = excluded.position;

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
