-- The pages of the listing are read in the order of its date (F7), from any row on; it leaves out what emits nothing.
CREATE INDEX {invoice_grid}_due ON {invoice_grid} (company_id, due_on, invoice_id) WHERE origin <> 'silent_sale';
CREATE INDEX {invoice_grid}_created ON {invoice_grid} (company_id, created_on, invoice_id) WHERE origin <> 'silent_sale';
CREATE INDEX {invoice_grid}_customer ON {invoice_grid} (customer_id, due_on, invoice_id);
CREATE INDEX {invoice_grid}_sent ON {invoice_grid} (company_id, sent_on, invoice_id) WHERE sent_on IS NOT NULL;
