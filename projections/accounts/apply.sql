-- Facts are patches upon the row, laid upon each other in their order. Of an account that was never registered the
-- table refuses the row.
WITH news AS (
    SELECT stream_id, min(company_id::text) AS company_id, max(version) AS version, max(position) AS position,
        jsonb_overlay(CASE topic
            WHEN 'account.registered.v1' THEN state || '{"closed": false}'
            WHEN 'account.boleto_agreement_set.v1' THEN state || jsonb_build_object(
                'bank_code', state->'agreement'->'bank_code', 'portfolio', state->'agreement'->'portfolio')
            WHEN 'account.pix_key_set.v1' THEN state
            WHEN 'account.late_charges_set.v1' THEN state
            WHEN 'account.closed.v1' THEN '{"closed": true}'
        END ORDER BY version) AS patch
    FROM {page} AS page
    GROUP BY stream_id
)
INSERT INTO {accounts}
SELECT new.*
FROM news
LEFT JOIN {accounts} AS row ON row.account_id = stream_id
CROSS JOIN LATERAL jsonb_populate_record(NULL::{accounts}, coalesce(to_jsonb(row), '{}') || patch
    || jsonb_build_object('account_id', stream_id, 'company_id', news.company_id,
                          'version', news.version, 'position', news.position)) AS new
WHERE news.version > coalesce(row.version, 0)
ON CONFLICT (account_id) DO UPDATE SET
    bank_code = excluded.bank_code, portfolio = excluded.portfolio, agreement = excluded.agreement,
    pix_key = excluded.pix_key, fine_percent = excluded.fine_percent,
    interest_percent_month = excluded.interest_percent_month, closed = excluded.closed,
    version = excluded.version, position = excluded.position;
