-- Facts are patches upon the row, laid upon each other in their order. Of a service that was never registered the
-- table refuses the row.
WITH news AS (
    SELECT stream_id, min(company_id::text) AS company_id, max(version) AS version, max(position) AS position,
        jsonb_overlay(CASE topic
            WHEN 'service.registered.v1' THEN state || '{"retired": false}'
            WHEN 'service.fiscal_code_assigned.v1' THEN state
            WHEN 'service.priced.v1' THEN state
            WHEN 'service.retired.v1' THEN '{"retired": true}'
        END ORDER BY version) AS patch
    FROM {page} AS page
    GROUP BY stream_id
)
INSERT INTO {services}
SELECT new.*
FROM news
LEFT JOIN {services} AS row ON row.service_id = stream_id
CROSS JOIN LATERAL jsonb_populate_record(NULL::{services}, coalesce(to_jsonb(row), '{}') || patch
    || jsonb_build_object('service_id', stream_id, 'company_id', news.company_id,
                          'version', news.version, 'position', news.position)) AS new
WHERE news.version > coalesce(row.version, 0)
ON CONFLICT (service_id) DO UPDATE SET
    list_price = excluded.list_price, lc116 = excluded.lc116, ctribnac = excluded.ctribnac,
    retired = excluded.retired, version = excluded.version, position = excluded.position;
