-- Working tables of billing runs: what was planned, and how far it has come. The facts are events.
SET LOCAL lock_timeout = '5s';

-- Hash and plan are NULL while the plan is being made. `open`: confirmed and not closed, so not to be swept.
CREATE TABLE billing_run (
    run_id uuid PRIMARY KEY,
    planned_at timestamptz NOT NULL,
    plan_hash text COLLATE "C",
    filter_key text,
    chunk_size integer,
    previous_run_id uuid,
    planned jsonb,
    open boolean NOT NULL DEFAULT false
);

CREATE INDEX billing_run_planned_at ON billing_run (planned_at);
CREATE INDEX billing_run_plan_hash ON billing_run (plan_hash);
CREATE INDEX billing_run_filter_key ON billing_run (filter_key, planned_at);

-- `digest`: SHA-256 over the item and its facts; the plan's hash is made of these.
-- `facts`: what the item's billing was decided to record, personal data sealed, numbers still to come.
CREATE TABLE billing_run_item (
    run_id uuid NOT NULL,
    ordinal integer NOT NULL,
    invoice_id uuid NOT NULL,
    version integer NOT NULL,
    company_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    customer_version integer NOT NULL,
    account_id uuid NOT NULL,
    amount numeric(15, 2) NOT NULL,
    due_on date NOT NULL,
    boletos integer NOT NULL,
    number_offset integer NOT NULL,
    expected text NOT NULL,
    expected_detail text NOT NULL,
    facts bytea NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (run_id, ordinal)
);

CREATE INDEX billing_run_item_invoice ON billing_run_item (run_id, invoice_id);

CREATE TABLE billing_run_exclusion (
    run_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    company_id uuid NOT NULL,
    amount numeric(15, 2) NOT NULL,
    due_on date NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    PRIMARY KEY (run_id, invoice_id)
);

-- Registries that many items share: accounts and services.
CREATE TABLE billing_run_rest (
    run_id uuid NOT NULL,
    stream_id uuid NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (run_id, stream_id)
);

-- The nosso número range of the run, per account: an item takes first + its number_offset.
CREATE TABLE billing_run_numbers (
    run_id uuid NOT NULL,
    account_id uuid NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    PRIMARY KEY (run_id, account_id)
);

-- One row per chunk of a confirmed run; done in the transaction that bills its items.
CREATE TABLE billing_run_chunk (
    run_id uuid NOT NULL,
    chunk integer NOT NULL,
    first_ordinal integer NOT NULL,
    last_ordinal integer NOT NULL,
    done boolean NOT NULL DEFAULT false,
    reported boolean NOT NULL DEFAULT false,
    billed integer NOT NULL DEFAULT 0,
    with_failures integer NOT NULL DEFAULT 0,
    refused integer NOT NULL DEFAULT 0,
    failed integer NOT NULL DEFAULT 0,
    amount numeric(15, 2) NOT NULL DEFAULT 0,
    PRIMARY KEY (run_id, chunk)
);

-- Items of a done chunk that were not billed, or billed with a failure. No row: billed.
CREATE TABLE billing_run_outcome (
    run_id uuid NOT NULL,
    ordinal integer NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('with_failures', 'refused', 'failed')),
    reason text NOT NULL,
    detail text NOT NULL,
    stream_id uuid,
    PRIMARY KEY (run_id, ordinal)
);
