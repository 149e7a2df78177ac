-- What the modal may say: all of the fact but its lines and whatever is sealed with a person's key.
INSERT INTO {invoice_history} AS row
SELECT stream_id, version, position, company_id, topic, occurred_at, recorded_at, actor, correlation_id,
       state - ARRAY['lines', 'payer', 'customer_id', 'barcode', 'calendar']
FROM {page} AS page
ON CONFLICT (stream_id, version) DO NOTHING;
