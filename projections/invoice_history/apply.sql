-- What the modal may say: all of the fact but its lines, of which it says the sales that they are from, and whatever
-- is sealed with a person's key.
INSERT INTO {invoice_history} AS row
SELECT stream_id, version, position, company_id, topic, occurred_at, recorded_at, actor, correlation_id,
       state - ARRAY['lines', 'payer', 'customer_id', 'barcode', 'calendar']
       || CASE WHEN state->'lines' @? '$[*].source.sale_id'
               THEN jsonb_build_object('sales', jsonb_path_query_array(state->'lines', '$[*].source.sale_id'))
               ELSE '{}'::jsonb END
FROM {page} AS page
ON CONFLICT (stream_id, version) DO NOTHING;
