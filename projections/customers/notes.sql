-- The last word on each contract's notes, opened in Python.
INSERT INTO {contract_notes}
SELECT * FROM jsonb_populate_recordset(NULL::{contract_notes}, %(rows)s)
ON CONFLICT (contract_id) DO UPDATE SET
    notes = excluded.notes, notes_key = excluded.notes_key,
    version = excluded.version, position = excluded.position
WHERE {contract_notes}.version < excluded.version;
