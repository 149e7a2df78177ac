CREATE INDEX {services}_company ON {services} (company_id, code);
