-- Where each webhook endpoint has got to, the secrets that sign for it, and every attempt to deliver.
SET LOCAL lock_timeout = '5s';

-- `position` and `event_id` are of the last fact whose messages were delivered or given up. What is delivered
-- under another `generation` (before a replay, a skip) no longer counts. `head_*` is the message that fails now.
CREATE TABLE webhook_endpoint (
    endpoint_id uuid CONSTRAINT webhook_endpoint_pkey PRIMARY KEY,
    generation bigint NOT NULL DEFAULT 1,
    position bigint NOT NULL,
    event_id uuid,
    tries integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    next_attempt_at timestamptz,
    head_position bigint,
    head_event_id uuid,
    head_message_id uuid,
    head_type text,
    last_status integer,
    last_reason text,
    last_delivered_at timestamptz,
    ping_id uuid
);

CREATE TABLE webhook_secret (
    secret_id uuid CONSTRAINT webhook_secret_pkey PRIMARY KEY,
    endpoint_id uuid NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    valid_until timestamptz
);
CREATE INDEX webhook_secret_endpoint ON webhook_secret (endpoint_id, created_at);

-- Ids are version 7: they sort by time. Rows are kept for thirty days.
CREATE TABLE webhook_delivery (
    delivery_id uuid CONSTRAINT webhook_delivery_pkey PRIMARY KEY,
    endpoint_id uuid NOT NULL,
    kind text NOT NULL CONSTRAINT webhook_delivery_kind CHECK (kind IN ('message', 'ping')),
    message_id uuid NOT NULL,
    message_type text NOT NULL,
    position bigint,
    attempt integer NOT NULL,
    outcome text NOT NULL CONSTRAINT webhook_delivery_outcome
        CHECK (outcome IN ('delivered', 'failed', 'skipped')),
    status integer,
    reason text,
    latency_ms integer NOT NULL,
    at timestamptz NOT NULL,
    next_attempt_at timestamptz,
    excerpt text NOT NULL
);
CREATE INDEX webhook_delivery_endpoint ON webhook_delivery (endpoint_id, delivery_id);
CREATE INDEX webhook_delivery_outcome_idx ON webhook_delivery (endpoint_id, outcome, delivery_id);
CREATE INDEX webhook_delivery_at ON webhook_delivery (at);
