INSERT INTO {accounts}
SELECT stream_id, company_id, state->>'code', state->>'name', state->>'kind', NULL, NULL, NULL, NULL, NULL, NULL,
       false, version, position
FROM {page} AS page
WHERE topic = 'account.registered.v1'
ON CONFLICT (account_id) DO NOTHING;

UPDATE {accounts} AS row
SET bank_code = coalesce(last.agreement->>'bank_code', row.bank_code),
    portfolio = coalesce(last.agreement->>'portfolio', row.portfolio),
    agreement = coalesce(last.agreement, row.agreement),
    pix_key = coalesce(last.pix->>'pix_key', row.pix_key),
    fine_percent = coalesce((last.charges->>'fine_percent')::numeric, row.fine_percent),
    interest_percent_month = coalesce((last.charges->>'interest_percent_month')::numeric,
                                      row.interest_percent_month),
    closed = row.closed OR last.closed,
    version = last.version,
    position = last.position
FROM (SELECT stream_id, max(version) AS version, max(position) AS position,
             (array_agg(state->'agreement' ORDER BY version DESC)
                 FILTER (WHERE topic = 'account.boleto_agreement_set.v1'))[1] AS agreement,
             (array_agg(state ORDER BY version DESC)
                 FILTER (WHERE topic = 'account.pix_key_set.v1'))[1] AS pix,
             (array_agg(state ORDER BY version DESC)
                 FILTER (WHERE topic = 'account.late_charges_set.v1'))[1] AS charges,
             bool_or(topic = 'account.closed.v1') AS closed
      FROM {page} AS page
      GROUP BY stream_id) AS last
WHERE row.account_id = last.stream_id AND row.version < last.version;
