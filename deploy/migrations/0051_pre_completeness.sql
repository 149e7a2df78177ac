-- The last checks of completeness, for their page: working tables, made again by the next check.
SET LOCAL lock_timeout = '5s';

CREATE TABLE completeness_check (
    check_id uuid CONSTRAINT completeness_check_pkey PRIMARY KEY,
    state text NOT NULL CONSTRAINT completeness_check_state CHECK (state IN ('asked', 'running', 'done', 'failed')),
    until date NOT NULL,
    today date NOT NULL,
    grace integer NOT NULL,
    companies uuid[],
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    heard_at timestamptz NOT NULL,
    finished_at timestamptz,
    done integer NOT NULL DEFAULT 0,
    total integer NOT NULL DEFAULT 0,
    summary jsonb
);

CREATE TABLE completeness_finding (
    check_id uuid NOT NULL,
    number integer NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    company_id uuid,
    contract_id uuid,
    contract_code text,
    ordinal integer,
    attempt integer,
    invoice_id uuid,
    due_on date,
    amount numeric(15, 2) NOT NULL,
    detail text NOT NULL,
    CONSTRAINT completeness_finding_pkey PRIMARY KEY (check_id, number)
);
