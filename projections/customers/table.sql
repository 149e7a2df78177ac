CREATE TABLE {customers} (
    customer_id uuid PRIMARY KEY,
    code text,
    kind text NOT NULL,
    name text,
    name_key text COLLATE "C",
    sort_key text NOT NULL COLLATE "C",
    trade_name text,
    trade_name_key text COLLATE "C",
    document text COLLATE "C",
    address jsonb,
    contacts jsonb NOT NULL,
    collection_email text,
    registered_on date NOT NULL,
    version integer NOT NULL,
    position bigint NOT NULL
);

-- What people noted on contracts is said about their customer, and is erased with the customer.
CREATE TABLE {contract_notes} (
    contract_id uuid PRIMARY KEY,
    company_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    notes text,
    notes_key text COLLATE "C",
    version integer NOT NULL,
    position bigint NOT NULL
);
