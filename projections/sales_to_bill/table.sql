CREATE TABLE {sales_to_bill} (
    sale_id uuid PRIMARY KEY,
    company_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    account_id uuid,
    code text NOT NULL COLLATE "C",
    code_key text NOT NULL COLLATE "C",
    source text NOT NULL,
    payment_method text NOT NULL,
    sold_on date NOT NULL,
    due_on date NOT NULL,
    mode text NOT NULL,
    emits_documents boolean NOT NULL,
    department text,
    amount numeric(15, 2) NOT NULL,
    open_amount numeric(15, 2) NOT NULL,
    -- open, partly_billed, billed or cancelled; what was given away alone is not open.
    state text NOT NULL,
    cancel_reason text,
    recorded_on date NOT NULL,
    recorded_by text NOT NULL,
    items jsonb NOT NULL,
    -- The invoice of each item by the item's number, null since it was released.
    billed jsonb NOT NULL,
    version integer NOT NULL,
    position bigint NOT NULL
) WITH (fillfactor = 85);
