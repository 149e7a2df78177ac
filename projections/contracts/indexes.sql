CREATE INDEX {contracts}_code ON {contracts} (company_id, code, contract_id);
-- Of several companies the list is read in one order of codes.
CREATE INDEX {contracts}_order ON {contracts} (code, contract_id);
CREATE INDEX {contracts}_customer ON {contracts} (customer_id);
CREATE INDEX {contracts}_growing ON {contracts} (generated_until) WHERE ends_on IS NULL AND instalment_count IS NULL;
-- The choice of departments hops from one to the next.
CREATE INDEX {contracts}_department ON {contracts} (company_id, department) WHERE department IS NOT NULL;
