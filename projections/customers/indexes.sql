CREATE INDEX {customers}_name ON {customers} (name_key, customer_id);
CREATE INDEX {customers}_document ON {customers} (document);
