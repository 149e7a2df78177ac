INSERT INTO {companies}
SELECT stream_id, state->>'code', state->>'legal_name', state->>'trade_name', state->>'cnpj', state->>'city_ibge',
       false, NULL, NULL, true, version, position
FROM {page} AS page
WHERE topic = 'company.registered.v1'
ON CONFLICT (company_id) DO NOTHING;

UPDATE {companies} AS row
SET automatic_billing = coalesce((last.automatic->>'on')::boolean, row.automatic_billing),
    fine_percent = coalesce((last.charges->>'fine_percent')::numeric, row.fine_percent),
    interest_percent_month = coalesce((last.charges->>'interest_percent_month')::numeric,
                                      row.interest_percent_month),
    year_end_rule = coalesce((last.year_end->>'on')::boolean, row.year_end_rule),
    version = last.version,
    position = last.position
FROM (SELECT stream_id, max(version) AS version, max(position) AS position,
             (array_agg(state ORDER BY version DESC)
                 FILTER (WHERE topic = 'company.automatic_billing_switched.v1'))[1] AS automatic,
             (array_agg(state ORDER BY version DESC)
                 FILTER (WHERE topic = 'company.late_charges_set.v1'))[1] AS charges,
             (array_agg(state ORDER BY version DESC)
                 FILTER (WHERE topic = 'company.year_end_rule_set.v1'))[1] AS year_end
      FROM {page} AS page
      GROUP BY stream_id) AS last
WHERE row.company_id = last.stream_id AND row.version < last.version;
