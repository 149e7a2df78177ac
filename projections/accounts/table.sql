CREATE TABLE {accounts} (
    account_id uuid PRIMARY KEY,
    company_id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    bank_code text,
    portfolio text,
    agreement jsonb,
    pix_key text,
    fine_percent numeric(12, 4),
    interest_percent_month numeric(12, 4),
    closed boolean NOT NULL,
    version integer NOT NULL,
    position bigint NOT NULL
);
