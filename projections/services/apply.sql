INSERT INTO {services}
SELECT stream_id, company_id, state->>'code', state->>'description', state->>'kind',
       (state->>'list_price')::numeric, state->>'lc116', state->>'ctribnac', false, version, position
FROM {page} AS page
WHERE topic = 'service.registered.v1'
ON CONFLICT (service_id) DO NOTHING;

UPDATE {services} AS row
SET list_price = coalesce((last.priced->>'list_price')::numeric, row.list_price),
    lc116 = CASE WHEN last.fiscal IS NULL THEN row.lc116 ELSE last.fiscal->>'lc116' END,
    ctribnac = CASE WHEN last.fiscal IS NULL THEN row.ctribnac ELSE last.fiscal->>'ctribnac' END,
    retired = row.retired OR last.retired,
    version = last.version,
    position = last.position
FROM (SELECT stream_id, max(version) AS version, max(position) AS position,
             (array_agg(state ORDER BY version DESC)
                 FILTER (WHERE topic = 'service.fiscal_code_assigned.v1'))[1] AS fiscal,
             (array_agg(state ORDER BY version DESC)
                 FILTER (WHERE topic = 'service.priced.v1'))[1] AS priced,
             bool_or(topic = 'service.retired.v1') AS retired
      FROM {page} AS page
      GROUP BY stream_id) AS last
WHERE row.service_id = last.stream_id AND row.version < last.version;
