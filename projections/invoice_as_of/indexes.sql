-- As those of the listing of today; both beginnings are in the entry, so that later states are passed over there.
CREATE INDEX {invoice_as_of}_due ON {invoice_as_of} (company_id, due_on, invoice_id, happened_from, known_from);
CREATE INDEX {invoice_as_of}_created
    ON {invoice_as_of} (company_id, created_on, invoice_id, happened_from, known_from);
CREATE INDEX {invoice_as_of}_billed
    ON {invoice_as_of} (company_id, billed_on, invoice_id, happened_from, known_from) WHERE billed_on IS NOT NULL;
CREATE INDEX {invoice_as_of}_customer
    ON {invoice_as_of} (customer_id, due_on, invoice_id, happened_from, known_from);
CREATE INDEX {invoice_as_of}_attention
    ON {invoice_as_of} (company_id, due_on, invoice_id, happened_from, known_from)
    WHERE situacao IN ('error', 'value_pending');
