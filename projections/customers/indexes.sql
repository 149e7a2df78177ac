CREATE INDEX {customers}_name ON {customers} (sort_key, customer_id);
CREATE INDEX {customers}_document ON {customers} (document);
