CREATE TABLE {settlements} (
    settlement_id uuid PRIMARY KEY,
    -- Null where nobody knows which of ours the money reached.
    company_id uuid,
    source text NOT NULL,
    reference text NOT NULL COLLATE "C",
    -- applied, unidentified, reversed, void (told after its reversal) or awaited (its reversal alone was told).
    state text NOT NULL,
    amount numeric(15, 2),
    paid_on date,
    credited_on date,
    method text,
    account_id uuid,
    -- What the receipt itself makes known of both, whatever it was placed on.
    known_company_id uuid,
    known_account_id uuid,
    customer_id uuid,
    invoice_id uuid,
    instalment integer,
    excess numeric(15, 2),
    -- How its debt was found: invoice, boleto or person. Why not, while it waits.
    found_by text,
    why text,
    named jsonb,
    -- What it names, as a later boleto is compared with it.
    named_invoice uuid,
    nosso_key text COLLATE "C",
    campo_livre text COLLATE "C",
    reversed_on date,
    reversal_reason text,
    release_reason text,
    -- The day that the list goes by: when it was paid, or when its reversal was told.
    listed_on date NOT NULL,
    told_at timestamptz NOT NULL,
    placed_at timestamptz,
    placed_by text,
    version integer NOT NULL,
    position bigint NOT NULL
) WITH (fillfactor = 85);
