CREATE TABLE {receivables} (
    invoice_id uuid NOT NULL,
    instalment integer NOT NULL,
    company_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    account_id uuid NOT NULL,
    contract_id uuid,
    ordinal integer,
    amount numeric(15, 2) NOT NULL,
    due_on date NOT NULL,
    payable_until date NOT NULL,
    settled_amount numeric(15, 2) NOT NULL,
    paid_amount numeric(15, 2) NOT NULL,
    open_amount numeric(15, 2) NOT NULL,
    state text NOT NULL,
    nosso_numero text COLLATE "C",
    boleto_version integer,
    boleto_state text NOT NULL,
    version integer NOT NULL,
    position bigint NOT NULL,
    -- What the fold itself remembers of the whole invoice, on its first instalment; see apply.sql.
    memory jsonb,
    receipts jsonb,
    PRIMARY KEY (invoice_id, instalment)
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

-- Every boleto ever numbered, by the version of its invoice that numbered it: another account of the same bank may
-- give an invoice the same nosso número again.
CREATE TABLE {receivable_boletos} (
    nosso_numero text NOT NULL COLLATE "C",
    invoice_id uuid NOT NULL,
    version integer NOT NULL,
    instalment integer NOT NULL,
    printed text NOT NULL,
    linha_digitavel text NOT NULL,
    PRIMARY KEY (nosso_numero, invoice_id, version)
);
