CREATE TABLE {invoice_grid} (
    invoice_id uuid PRIMARY KEY,
    company_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    account_id uuid NOT NULL,
    contract_id uuid,
    version integer NOT NULL,
    position bigint NOT NULL,
    created_on date NOT NULL,
    due_on date NOT NULL,
    forecast_on date NOT NULL,
    billed_on date,
    sent_on date,
    next_open_due_on date,
    next_open_payable_until date,
    instalments_total integer NOT NULL,
    instalments_paid integer NOT NULL,
    partly_paid boolean NOT NULL,
    value_pending boolean NOT NULL,
    forecast boolean NOT NULL,
    amount numeric(15, 2) NOT NULL,
    paid_amount numeric(15, 2) NOT NULL,
    settled_amount numeric(15, 2) NOT NULL,
    situacao text NOT NULL,
    kind text NOT NULL,
    origin text NOT NULL,
    value_type text NOT NULL,
    payment_method text NOT NULL,
    department text,
    competencia text NOT NULL,
    boleto_state text NOT NULL,
    pix_state text NOT NULL,
    nfse_state text NOT NULL,
    pdf_state text NOT NULL,
    email_state text NOT NULL,
    nosso_numero text COLLATE "C",
    error_document text,
    error_reason text,
    error_detail text,
    error_service_id uuid,
    -- What the fold itself remembers, see apply.sql.
    memory jsonb NOT NULL,
    boletos jsonb NOT NULL,
    receipts jsonb NOT NULL
) WITH (fillfactor = 45, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

-- What billing changes is in no index of the listing, and its pages have room: a billed row is updated in place,
-- its other indexes are left alone (HOT). What is looked for by a value that billing sets has a table of its own.

-- The days on which an invoice was billed; the one that its row shows counts.
CREATE TABLE {invoice_billings} (
    company_id uuid NOT NULL,
    billed_on date NOT NULL,
    invoice_id uuid NOT NULL,
    PRIMARY KEY (company_id, billed_on, invoice_id)
);

-- The few invoices that wait for a person: Erro and Valor Pendente.
CREATE TABLE {invoice_attention} (
    invoice_id uuid PRIMARY KEY
);

-- Each invoice counts, whole, on the due date that its row shows.
CREATE TABLE {daily_rollup} (
    company_id uuid NOT NULL,
    due_on date NOT NULL,
    situacao text NOT NULL,
    payment_method text NOT NULL,
    invoices bigint NOT NULL,
    amount numeric(17, 2) NOT NULL,
    settled_amount numeric(17, 2) NOT NULL,
    paid_amount numeric(17, 2) NOT NULL,
    PRIMARY KEY (company_id, due_on, situacao, payment_method)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX {daily_rollup}_empty ON {daily_rollup} (company_id) WHERE invoices = 0;
