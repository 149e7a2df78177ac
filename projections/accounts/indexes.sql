CREATE INDEX {accounts}_company ON {accounts} (company_id, code);
