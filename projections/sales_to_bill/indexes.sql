-- What is open is a small part of all that was ever sold.
CREATE INDEX {sales_to_bill}_open ON {sales_to_bill} (company_id, due_on) WHERE open_amount > 0;
CREATE INDEX {sales_to_bill}_customer ON {sales_to_bill} (customer_id, due_on);
CREATE INDEX {sales_to_bill}_due ON {sales_to_bill} (company_id, due_on, sale_id);
CREATE INDEX {sales_to_bill}_code ON {sales_to_bill} (company_id, code_key);
