CREATE INDEX {contracts}_code ON {contracts} (company_id, code, contract_id);
CREATE INDEX {contracts}_customer ON {contracts} (customer_id);
