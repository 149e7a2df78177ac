-- A row for each state that an invoice was in or was known to be in. Of an invoice, one row at most is in force at
-- an instant, as known up to a position:
--   happened_from <= instant AND known_from <= position, and what comes next was not yet there. Where the facts
--   took effect in the order in which they became known (in_order), next is one later fact, and it is there once
--   it has happened and is known. Where money was told late, a row is a rectangle of the two times.
CREATE TABLE {invoice_as_of} (
    invoice_id uuid NOT NULL,
    company_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    account_id uuid NOT NULL,
    happened_from timestamptz NOT NULL,
    known_from bigint NOT NULL,
    next_happened timestamptz NOT NULL,
    next_known bigint NOT NULL,
    position bigint NOT NULL,
    version integer NOT NULL,
    created_on date NOT NULL,
    due_on date NOT NULL,
    forecast_on date NOT NULL,
    instalments_total integer NOT NULL,
    instalments_paid integer NOT NULL,
    in_order boolean NOT NULL,
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
    competencia text NOT NULL,
    boleto_state text NOT NULL,
    pix_state text NOT NULL,
    nfse_state text NOT NULL,
    pdf_state text NOT NULL,
    email_state text NOT NULL,
    contract_id uuid,
    billed_on date,
    sent_on date,
    next_open_due_on date,
    next_open_payable_until date,
    department text,
    nosso_numero text COLLATE "C",
    error_document text,
    error_reason text,
    error_detail text,
    error_service_id uuid,
    PRIMARY KEY (invoice_id, known_from, happened_from)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);

-- Every boleto ever numbered, with the two times of its number.
CREATE TABLE {invoice_as_of_boletos} (
    nosso_numero text NOT NULL COLLATE "C",
    invoice_id uuid NOT NULL,
    happened_from timestamptz NOT NULL,
    known_from bigint NOT NULL,
    PRIMARY KEY (nosso_numero, invoice_id)
);
