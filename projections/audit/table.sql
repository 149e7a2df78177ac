-- Which facts a key finds: bit `position & 63` of `hits` in block `position >> 6`. `kind` says of what the key is one.
CREATE TABLE {audit} (
    kind "char" NOT NULL,
    key uuid NOT NULL,
    block bigint NOT NULL,
    hits bigint NOT NULL,
    PRIMARY KEY (kind, key, block)
) WITH (fillfactor = 90);

-- The times of the facts of each 4,096 positions: where none can fall into an interval, nothing is looked through.
CREATE TABLE {audit_spans} (
    span bigint PRIMARY KEY,
    occurred_from timestamptz NOT NULL,
    occurred_until timestamptz NOT NULL,
    recorded_from timestamptz NOT NULL,
    recorded_until timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Whom a stream is about, as its first fact says: later facts do not repeat it.
CREATE TABLE {audit_customers} (
    stream_id uuid PRIMARY KEY,
    customer_id uuid NOT NULL
);

-- The streams that a printed number leads to. `linha_digitavel` is empty for what is no boleto.
CREATE TABLE {audit_numbers} (
    number text COLLATE "C" NOT NULL,
    stream_id uuid NOT NULL,
    printed text NOT NULL,
    linha_digitavel text NOT NULL,
    PRIMARY KEY (number, stream_id, printed)
);
