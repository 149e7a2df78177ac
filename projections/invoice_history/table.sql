CREATE TABLE {invoice_history} (
    stream_id uuid NOT NULL,
    version integer NOT NULL,
    position bigint NOT NULL,
    company_id uuid NOT NULL,
    topic text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor text NOT NULL,
    correlation_id uuid NOT NULL,
    facts jsonb NOT NULL,
    PRIMARY KEY (stream_id, version)
);
