-- Where each consumer group goes on in each partition, moved with the effect of what was read; and what was set aside.
SET LOCAL lock_timeout = '5s';

CREATE TABLE consumer_offset (
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    -- NULL: from the beginning of what the topic holds.
    next_offset bigint,
    -- Kafka's own id of the topic: one of the same name that was made anew has another.
    topic_id uuid,
    moved_at timestamptz,
    -- How many messages in a row were set aside as poison, up to the last one read.
    poison_in_a_row integer NOT NULL DEFAULT 0,
    -- What the consumer that holds the partition saw last; it says so every few seconds.
    end_offset bigint,
    member text,
    seen_at timestamptz,
    -- Why nothing is read from it now.
    paused_reason text,
    paused_detail text,
    paused_since timestamptz,
    retry_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    -- Who had it read anew, or go on after a stop, and why.
    moved_by text,
    moved_reason text,
    CONSTRAINT consumer_offset_pkey PRIMARY KEY (consumer_group, topic, partition)
);

CREATE TABLE dead_letter (
    dead_letter_id uuid CONSTRAINT dead_letter_pkey PRIMARY KEY,
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    topic_id uuid NOT NULL,
    kind text NOT NULL CONSTRAINT dead_letter_kind CHECK (kind IN ('poison', 'refused')),
    state text NOT NULL DEFAULT 'open' CONSTRAINT dead_letter_state CHECK (state IN ('open', 'applied', 'discarded')),
    code text NOT NULL,
    reason text NOT NULL,
    details jsonb NOT NULL,
    -- What the sender calls it, where that could be read.
    source_id text,
    sent_at timestamptz,
    set_aside_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 1,
    tried_at timestamptz NOT NULL,
    settled_at timestamptz,
    settled_by text,
    settled_reason text,
    size integer NOT NULL,
    sha256 bytea NOT NULL,
    -- Key, headers and value, sealed; NULL once erased, or where the message is larger than what is kept.
    sealed bytea,
    erased_at timestamptz,
    CONSTRAINT dead_letter_place UNIQUE (consumer_group, topic, topic_id, partition, message_offset)
);
CREATE INDEX dead_letter_set_aside_idx ON dead_letter (set_aside_at, dead_letter_id);
CREATE INDEX dead_letter_open_idx ON dead_letter (topic, set_aside_at) WHERE state = 'open';

CREATE TABLE dead_letter_correction (
    dead_letter_id uuid NOT NULL REFERENCES dead_letter,
    number integer NOT NULL,
    corrected_by text NOT NULL,
    corrected_at timestamptz NOT NULL,
    reason text NOT NULL,
    sha256 bytea NOT NULL,
    sealed bytea,
    CONSTRAINT dead_letter_correction_pkey PRIMARY KEY (dead_letter_id, number)
);
