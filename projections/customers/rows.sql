-- The rows as folded in Python, as one document: SQL cannot open what is sealed.
INSERT INTO {customers}
SELECT * FROM jsonb_populate_recordset(NULL::{customers}, %(rows)s)
ON CONFLICT (customer_id) DO UPDATE SET
    code = excluded.code, kind = excluded.kind, name = excluded.name, name_key = excluded.name_key,
    sort_key = excluded.sort_key, trade_name = excluded.trade_name,
    trade_name_key = excluded.trade_name_key, document = excluded.document, address = excluded.address,
    contacts = excluded.contacts, collection_email = excluded.collection_email,
    version = excluded.version, position = excluded.position;
