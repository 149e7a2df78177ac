-- Facts are patches upon the row, laid upon each other in their order. Of a company that was never registered the
-- table refuses the row.
WITH news AS (
    SELECT stream_id, max(version) AS version, max(position) AS position,
        jsonb_overlay(CASE topic
            WHEN 'company.registered.v1' THEN state || '{"automatic_billing": false, "year_end_rule": true}'
            WHEN 'company.automatic_billing_switched.v1' THEN jsonb_build_object('automatic_billing', state->'on')
            WHEN 'company.late_charges_set.v1' THEN state
            WHEN 'company.year_end_rule_set.v1' THEN jsonb_build_object('year_end_rule', state->'on')
        END ORDER BY version) AS patch
    FROM {page} AS page
    GROUP BY stream_id
)
INSERT INTO {companies}
SELECT new.*
FROM news
LEFT JOIN {companies} AS row ON row.company_id = stream_id
CROSS JOIN LATERAL jsonb_populate_record(NULL::{companies}, coalesce(to_jsonb(row), '{}') || patch
    || jsonb_build_object('company_id', stream_id, 'version', news.version, 'position', news.position)) AS new
WHERE news.version > coalesce(row.version, 0)
ON CONFLICT (company_id) DO UPDATE SET
    automatic_billing = excluded.automatic_billing, fine_percent = excluded.fine_percent,
    interest_percent_month = excluded.interest_percent_month, year_end_rule = excluded.year_end_rule,
    version = excluded.version, position = excluded.position;
