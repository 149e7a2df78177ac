-- One per date type of the listing (F7): the pages are read in their order, from any row on.
CREATE INDEX {invoice_grid}_due ON {invoice_grid} (company_id, due_on, invoice_id)
    INCLUDE (situacao, kind, value_type, payment_method, amount);
CREATE INDEX {invoice_grid}_created ON {invoice_grid} (company_id, created_on, invoice_id);
CREATE INDEX {invoice_grid}_billed ON {invoice_grid} (company_id, billed_on, invoice_id) WHERE billed_on IS NOT NULL;
CREATE INDEX {invoice_grid}_sent ON {invoice_grid} (company_id, sent_on, invoice_id) WHERE sent_on IS NOT NULL;
CREATE INDEX {invoice_grid}_customer ON {invoice_grid} (customer_id, due_on, invoice_id);
CREATE INDEX {invoice_grid}_attention ON {invoice_grid} (company_id, due_on, invoice_id)
    WHERE situacao IN ('error', 'value_pending');
CREATE INDEX {invoice_grid}_nosso_numero ON {invoice_grid} (nosso_numero) WHERE nosso_numero IS NOT NULL;
