-- What the migrations amount to, written by `python -m tests.support.schema`; nothing runs it.

SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

CREATE FUNCTION announce_positions() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path FROM CURRENT
    AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared((('event'::regclass::oid::bigint & 32767) << 48) | last_value)
    FROM event_position WHERE is_called;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'event_position was reset: its last value is not taken'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION erase_key(subject uuid, purpose_of text, at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path FROM CURRENT
    AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('lastro erasure'), 'event'::regclass::oid::integer);
    INSERT INTO subject_key (subject_id, purpose, erased_at) VALUES (subject, purpose_of, at)
        ON CONFLICT (subject_id, purpose) DO UPDATE SET sealed = NULL, erased_at = excluded.erased_at
        WHERE subject_key.erased_at IS NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO key_erasure (number, subject_id, purpose, erased_at)
        SELECT coalesce(max(number), 0) + 1, subject, purpose_of, at FROM key_erasure;
    RETURN true;
END
$$;

CREATE FUNCTION erased_among(subjects uuid[]) RETURNS TABLE(subject_id uuid, purpose text)
    LANGUAGE plpgsql
    SET search_path FROM CURRENT
    AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('lastro erasure'), 'event'::regclass::oid::integer);
    RETURN QUERY SELECT subject_key.subject_id, subject_key.purpose FROM subject_key
        WHERE subject_key.subject_id = ANY (subjects) AND subject_key.erased_at IS NOT NULL;
END
$$;

CREATE FUNCTION refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path FROM CURRENT
    AS $$
BEGIN
    RAISE EXCEPTION 'facts are kept for ever: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE FUNCTION safe_position() RETURNS bigint
    LANGUAGE plpgsql
    SET search_path FROM CURRENT
    AS $$
DECLARE
    last bigint;
    called boolean;
    held bigint;
BEGIN
    IF pg_is_in_recovery() THEN
        RAISE EXCEPTION 'safe_position() cannot see the writers of a standby''s primary'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'safe_position() needs READ COMMITTED, not %', current_setting('transaction_isolation')
            USING ERRCODE = 'active_sql_transaction';
    END IF;
    SELECT last_value, is_called INTO last, called FROM event_position;
    IF NOT called THEN
        RAISE EXCEPTION 'event_position was reset: its last value is not taken'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    SELECT min(((classid::bigint & 65535) << 32) | objid::bigint) INTO held
    FROM pg_locks
    WHERE locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND classid::bigint >> 16 = 'event'::regclass::oid::bigint & 32767
        AND objsubid = 1
        AND mode = 'ShareLock'
        AND granted;
    RETURN least(last, held);
END
$$;

CREATE FUNCTION search_key(given text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN translate(given, 'ABCDEFGHIJKLMNOPQRSTUVWXYZáàâãäåéèêëíìîïóòôõöúùûüçñýÿÁÀÂÃÄÅÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÇÑÝ'::text, 'abcdefghijklmnopqrstuvwxyzaaaaaaeeeeiiiiooooouuuucnyyaaaaaaeeeeiiiiooooouuuucny'::text);

CREATE FUNCTION write_watermark() RETURNS bigint
    LANGUAGE plpgsql
    SET search_path FROM CURRENT
    AS $$
DECLARE
    safe bigint;
    reached bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('lastro watermark'), 'event'::regclass::oid::integer) THEN
        RETURN NULL;
    END IF;
    safe := safe_position();
    SELECT max(position) INTO reached FROM event WHERE position <= safe;
    IF reached IS NULL OR reached <= coalesce((SELECT max(position) FROM watermark), 0) THEN
        RETURN NULL;
    END IF;
    INSERT INTO watermark (position, at) VALUES (reached, clock_timestamp());
    RETURN reached;
END
$$;

CREATE AGGREGATE jsonb_overlay(jsonb) (
    SFUNC = jsonb_concat,
    STYPE = jsonb,
    INITCOND = '{}'
);

CREATE TABLE api_token (
    prefix text NOT NULL,
    secret_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL,
    companies uuid[],
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone
);

CREATE TABLE billing_run (
    run_id uuid NOT NULL,
    planned_at timestamp with time zone NOT NULL,
    plan_hash text COLLATE pg_catalog."C",
    filter_key text,
    chunk_size integer,
    previous_run_id uuid,
    planned jsonb,
    open boolean DEFAULT false NOT NULL
);

CREATE TABLE billing_run_chunk (
    run_id uuid NOT NULL,
    chunk integer NOT NULL,
    first_ordinal integer NOT NULL,
    last_ordinal integer NOT NULL,
    done boolean DEFAULT false NOT NULL,
    reported boolean DEFAULT false NOT NULL,
    billed integer DEFAULT 0 NOT NULL,
    with_failures integer DEFAULT 0 NOT NULL,
    refused integer DEFAULT 0 NOT NULL,
    failed integer DEFAULT 0 NOT NULL,
    amount numeric(15,2) DEFAULT 0 NOT NULL
);

CREATE TABLE billing_run_exclusion (
    run_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    company_id uuid NOT NULL,
    amount numeric(15,2) NOT NULL,
    due_on date NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL
);

CREATE TABLE billing_run_item (
    run_id uuid NOT NULL,
    ordinal integer NOT NULL,
    invoice_id uuid NOT NULL,
    version integer NOT NULL,
    company_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    customer_version integer NOT NULL,
    account_id uuid NOT NULL,
    amount numeric(15,2) NOT NULL,
    due_on date NOT NULL,
    boletos integer NOT NULL,
    number_offset integer NOT NULL,
    expected text NOT NULL,
    expected_detail text NOT NULL,
    facts bytea NOT NULL,
    digest bytea NOT NULL
);

CREATE TABLE billing_run_numbers (
    run_id uuid NOT NULL,
    account_id uuid NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL
);

CREATE TABLE billing_run_outcome (
    run_id uuid NOT NULL,
    ordinal integer NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    stream_id uuid,
    CONSTRAINT billing_run_outcome_outcome_check CHECK ((outcome = ANY (ARRAY['with_failures'::text, 'refused'::text, 'failed'::text])))
);

CREATE TABLE billing_run_rest (
    run_id uuid NOT NULL,
    stream_id uuid NOT NULL,
    version integer NOT NULL
);

CREATE TABLE billing_run_sale (
    run_id uuid NOT NULL,
    ordinal integer NOT NULL,
    sale_id uuid NOT NULL,
    version integer NOT NULL,
    joins boolean NOT NULL,
    amount numeric(15,2) NOT NULL
);

CREATE TABLE completeness_check (
    check_id uuid NOT NULL,
    state text NOT NULL,
    until date NOT NULL,
    today date NOT NULL,
    grace integer NOT NULL,
    companies uuid[],
    asked_by text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    heard_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    done integer DEFAULT 0 NOT NULL,
    total integer DEFAULT 0 NOT NULL,
    summary jsonb,
    CONSTRAINT completeness_check_state CHECK ((state = ANY (ARRAY['asked'::text, 'running'::text, 'done'::text, 'failed'::text])))
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
    amount numeric(15,2) NOT NULL,
    detail text NOT NULL
);

CREATE TABLE consumer_offset (
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint,
    topic_id uuid,
    moved_at timestamp with time zone,
    poison_in_a_row integer DEFAULT 0 NOT NULL,
    end_offset bigint,
    member text,
    seen_at timestamp with time zone,
    paused_reason text,
    paused_detail text,
    paused_since timestamp with time zone,
    retry_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    moved_by text,
    moved_reason text
);

CREATE TABLE dead_letter (
    dead_letter_id uuid NOT NULL,
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    topic_id uuid NOT NULL,
    kind text NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    code text NOT NULL,
    reason text NOT NULL,
    details jsonb NOT NULL,
    source_id text,
    sent_at timestamp with time zone,
    set_aside_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 1 NOT NULL,
    tried_at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    settled_by text,
    settled_reason text,
    size integer NOT NULL,
    sha256 bytea NOT NULL,
    sealed bytea,
    erased_at timestamp with time zone,
    CONSTRAINT dead_letter_kind CHECK ((kind = ANY (ARRAY['poison'::text, 'refused'::text]))),
    CONSTRAINT dead_letter_state CHECK ((state = ANY (ARRAY['open'::text, 'applied'::text, 'discarded'::text])))
);

CREATE TABLE dead_letter_correction (
    dead_letter_id uuid NOT NULL,
    number integer NOT NULL,
    corrected_by text NOT NULL,
    corrected_at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    sha256 bytea NOT NULL,
    sealed bytea
);

CREATE SEQUENCE event_position
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    MAXVALUE 281474976710655
    CACHE 1;

CREATE TABLE event (
    "position" bigint DEFAULT nextval('event_position'::regclass) NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    version integer NOT NULL,
    stream_id uuid NOT NULL,
    event_id uuid NOT NULL,
    correlation_id uuid NOT NULL,
    causation_id uuid,
    company_id uuid,
    topic text NOT NULL,
    actor text NOT NULL,
    release text NOT NULL,
    digest bytea NOT NULL,
    state jsonb NOT NULL
);

CREATE TABLE key_erasure (
    number bigint NOT NULL,
    subject_id uuid NOT NULL,
    purpose text NOT NULL,
    erased_at timestamp with time zone NOT NULL
);

CREATE TABLE login_attempt (
    kind text NOT NULL,
    subject bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT login_attempt_kind_check CHECK ((kind = ANY (ARRAY['account'::text, 'address'::text])))
);

CREATE TABLE lookup_key (
    kind text NOT NULL,
    mac bytea NOT NULL,
    id uuid NOT NULL
);

CREATE TABLE projection (
    name text NOT NULL,
    version integer NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    live boolean DEFAULT false NOT NULL,
    indexed boolean DEFAULT false NOT NULL,
    shards integer DEFAULT 1 NOT NULL
)
WITH (fillfactor='10', autovacuum_vacuum_threshold='200', autovacuum_vacuum_scale_factor='0');

CREATE TABLE projection_build (
    name text NOT NULL,
    version integer NOT NULL,
    state text NOT NULL,
    fingerprint text,
    definition jsonb,
    asked_by text NOT NULL,
    asked_at timestamp with time zone DEFAULT now() NOT NULL,
    promote text DEFAULT 'no'::text NOT NULL,
    base bigint,
    events bigint,
    started_at timestamp with time zone,
    loaded_at timestamp with time zone,
    ready_at timestamp with time zone,
    promoted_at timestamp with time zone,
    failure text,
    comparison jsonb,
    compared_at timestamp with time zone,
    CONSTRAINT projection_build_promote CHECK ((promote = ANY (ARRAY['no'::text, 'if_equal'::text, 'upgrade'::text, 'shadow'::text]))),
    CONSTRAINT projection_build_state CHECK ((state = ANY (ARRAY['asked'::text, 'loading'::text, 'indexing'::text, 'catching_up'::text, 'comparing'::text, 'ready'::text, 'live'::text, 'kept'::text, 'failed'::text])))
);

CREATE TABLE projection_parked (
    projection text NOT NULL,
    projection_version integer NOT NULL,
    stream_id uuid NOT NULL,
    "position" bigint NOT NULL,
    topic text NOT NULL,
    reason text NOT NULL,
    events integer DEFAULT 1 NOT NULL,
    parked_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE projection_range (
    name text NOT NULL,
    version integer NOT NULL,
    number integer NOT NULL,
    first_stream uuid NOT NULL,
    last_stream uuid NOT NULL,
    events bigint NOT NULL,
    done_at timestamp with time zone
);

CREATE TABLE projection_shard (
    name text NOT NULL,
    version integer NOT NULL,
    shard integer NOT NULL,
    of integer NOT NULL,
    "position" bigint NOT NULL,
    CONSTRAINT projection_shard_check CHECK (((shard >= 1) AND (shard <= of)))
)
WITH (fillfactor='10', autovacuum_vacuum_threshold='200', autovacuum_vacuum_scale_factor='0');

CREATE TABLE reaction_position (
    reaction text NOT NULL,
    "position" bigint NOT NULL,
    event_id uuid,
    moved_at timestamp with time zone NOT NULL
);

CREATE TABLE subject_key (
    subject_id uuid NOT NULL,
    purpose text NOT NULL,
    sealed bytea,
    erased_at timestamp with time zone,
    CONSTRAINT subject_key_erased CHECK (((sealed IS NULL) = (erased_at IS NOT NULL))),
    CONSTRAINT subject_key_purpose CHECK ((purpose = ANY (ARRAY['subject'::text, 'fiscal'::text])))
);

CREATE TABLE user_password (
    user_id uuid NOT NULL,
    hash text NOT NULL,
    set_at timestamp with time zone NOT NULL
);

CREATE TABLE user_session (
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    address text NOT NULL,
    agent text NOT NULL
);

CREATE TABLE watermark (
    "position" bigint NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE webhook_delivery (
    delivery_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    kind text NOT NULL,
    message_id uuid NOT NULL,
    message_type text NOT NULL,
    "position" bigint,
    attempt integer NOT NULL,
    outcome text NOT NULL,
    status integer,
    reason text,
    latency_ms integer NOT NULL,
    at timestamp with time zone NOT NULL,
    next_attempt_at timestamp with time zone,
    excerpt text NOT NULL,
    CONSTRAINT webhook_delivery_kind CHECK ((kind = ANY (ARRAY['message'::text, 'ping'::text]))),
    CONSTRAINT webhook_delivery_outcome CHECK ((outcome = ANY (ARRAY['delivered'::text, 'failed'::text, 'skipped'::text])))
);

CREATE TABLE webhook_endpoint (
    endpoint_id uuid NOT NULL,
    generation bigint DEFAULT 1 NOT NULL,
    "position" bigint NOT NULL,
    event_id uuid,
    tries integer DEFAULT 0 NOT NULL,
    failing_since timestamp with time zone,
    next_attempt_at timestamp with time zone,
    head_position bigint,
    head_event_id uuid,
    head_message_id uuid,
    head_type text,
    last_status integer,
    last_reason text,
    last_delivered_at timestamp with time zone,
    ping_id uuid
);

CREATE TABLE webhook_secret (
    secret_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    valid_until timestamp with time zone
);

CREATE TABLE worker_shards (
    single boolean DEFAULT true NOT NULL,
    shards integer NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT worker_shards_shards_check CHECK (((shards >= 1) AND (shards <= 64))),
    CONSTRAINT worker_shards_single_check CHECK (single)
);

ALTER TABLE ONLY api_token
    ADD CONSTRAINT api_token_pkey PRIMARY KEY (prefix);

ALTER TABLE ONLY billing_run_chunk
    ADD CONSTRAINT billing_run_chunk_pkey PRIMARY KEY (run_id, chunk);

ALTER TABLE ONLY billing_run_exclusion
    ADD CONSTRAINT billing_run_exclusion_pkey PRIMARY KEY (run_id, invoice_id);

ALTER TABLE ONLY billing_run_item
    ADD CONSTRAINT billing_run_item_pkey PRIMARY KEY (run_id, ordinal);

ALTER TABLE ONLY billing_run_numbers
    ADD CONSTRAINT billing_run_numbers_pkey PRIMARY KEY (run_id, account_id);

ALTER TABLE ONLY billing_run_outcome
    ADD CONSTRAINT billing_run_outcome_pkey PRIMARY KEY (run_id, ordinal);

ALTER TABLE ONLY billing_run
    ADD CONSTRAINT billing_run_pkey PRIMARY KEY (run_id);

ALTER TABLE ONLY billing_run_rest
    ADD CONSTRAINT billing_run_rest_pkey PRIMARY KEY (run_id, stream_id);

ALTER TABLE ONLY billing_run_sale
    ADD CONSTRAINT billing_run_sale_pkey PRIMARY KEY (run_id, ordinal, sale_id);

ALTER TABLE ONLY completeness_check
    ADD CONSTRAINT completeness_check_pkey PRIMARY KEY (check_id);

ALTER TABLE ONLY completeness_finding
    ADD CONSTRAINT completeness_finding_pkey PRIMARY KEY (check_id, number);

ALTER TABLE ONLY consumer_offset
    ADD CONSTRAINT consumer_offset_pkey PRIMARY KEY (consumer_group, topic, partition);

ALTER TABLE ONLY dead_letter_correction
    ADD CONSTRAINT dead_letter_correction_pkey PRIMARY KEY (dead_letter_id, number);

ALTER TABLE ONLY dead_letter
    ADD CONSTRAINT dead_letter_pkey PRIMARY KEY (dead_letter_id);

ALTER TABLE ONLY dead_letter
    ADD CONSTRAINT dead_letter_place UNIQUE (consumer_group, topic, topic_id, partition, message_offset);

ALTER TABLE ONLY event
    ADD CONSTRAINT event_stream_version UNIQUE (stream_id, version);

ALTER TABLE ONLY key_erasure
    ADD CONSTRAINT key_erasure_pkey PRIMARY KEY (number);

ALTER TABLE ONLY lookup_key
    ADD CONSTRAINT lookup_key_pkey PRIMARY KEY (kind, mac);

ALTER TABLE ONLY projection_build
    ADD CONSTRAINT projection_build_pkey PRIMARY KEY (name, version);

ALTER TABLE ONLY projection_parked
    ADD CONSTRAINT projection_parked_pkey PRIMARY KEY (projection, projection_version, stream_id);

ALTER TABLE ONLY projection
    ADD CONSTRAINT projection_pkey PRIMARY KEY (name, version);

ALTER TABLE ONLY projection_range
    ADD CONSTRAINT projection_range_pkey PRIMARY KEY (name, version, number);

ALTER TABLE ONLY projection_shard
    ADD CONSTRAINT projection_shard_pkey PRIMARY KEY (name, version, shard);

ALTER TABLE ONLY reaction_position
    ADD CONSTRAINT reaction_position_pkey PRIMARY KEY (reaction);

ALTER TABLE ONLY subject_key
    ADD CONSTRAINT subject_key_pkey PRIMARY KEY (subject_id, purpose);

ALTER TABLE ONLY user_password
    ADD CONSTRAINT user_password_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY user_session
    ADD CONSTRAINT user_session_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY watermark
    ADD CONSTRAINT watermark_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY webhook_delivery
    ADD CONSTRAINT webhook_delivery_pkey PRIMARY KEY (delivery_id);

ALTER TABLE ONLY webhook_endpoint
    ADD CONSTRAINT webhook_endpoint_pkey PRIMARY KEY (endpoint_id);

ALTER TABLE ONLY webhook_secret
    ADD CONSTRAINT webhook_secret_pkey PRIMARY KEY (secret_id);

ALTER TABLE ONLY worker_shards
    ADD CONSTRAINT worker_shards_pkey PRIMARY KEY (single);

CREATE INDEX api_token_user ON api_token USING btree (user_id);

CREATE INDEX billing_run_filter_key ON billing_run USING btree (filter_key, planned_at);

CREATE INDEX billing_run_item_invoice ON billing_run_item USING btree (run_id, invoice_id);

CREATE INDEX billing_run_plan_hash ON billing_run USING btree (plan_hash);

CREATE INDEX billing_run_planned_at ON billing_run USING btree (planned_at);

CREATE INDEX dead_letter_open_idx ON dead_letter USING btree (topic, set_aside_at) WHERE (state = 'open'::text);

CREATE INDEX dead_letter_set_aside_idx ON dead_letter USING btree (set_aside_at, dead_letter_id);

CREATE INDEX event_event_id_idx ON event USING btree (event_id);

CREATE INDEX event_position_idx ON event USING btree ("position");

CREATE INDEX login_attempt_at ON login_attempt USING btree (at);

CREATE INDEX login_attempt_subject ON login_attempt USING btree (kind, subject, at);

CREATE INDEX lookup_key_id ON lookup_key USING btree (id);

CREATE UNIQUE INDEX projection_build_one_at_work ON projection_build USING btree (name) WHERE (state = ANY (ARRAY['asked'::text, 'loading'::text, 'indexing'::text, 'catching_up'::text, 'comparing'::text]));

CREATE UNIQUE INDEX projection_one_live ON projection USING btree (name) WHERE live;

CREATE INDEX subject_key_erased_idx ON subject_key USING btree (subject_id) WHERE (erased_at IS NOT NULL);

CREATE INDEX user_session_opened ON user_session USING btree (opened_at);

CREATE INDEX user_session_user ON user_session USING btree (user_id);

CREATE INDEX watermark_at_idx ON watermark USING btree (at);

CREATE INDEX webhook_delivery_at ON webhook_delivery USING btree (at);

CREATE INDEX webhook_delivery_endpoint ON webhook_delivery USING btree (endpoint_id, delivery_id);

CREATE INDEX webhook_delivery_outcome_idx ON webhook_delivery USING btree (endpoint_id, outcome, delivery_id);

CREATE INDEX webhook_secret_endpoint ON webhook_secret USING btree (endpoint_id, created_at);

CREATE TRIGGER event_announces_positions BEFORE INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION announce_positions();

ALTER TABLE event ENABLE ALWAYS TRIGGER event_announces_positions;

CREATE TRIGGER event_is_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE event ENABLE ALWAYS TRIGGER event_is_kept;

ALTER TABLE ONLY dead_letter_correction
    ADD CONSTRAINT dead_letter_correction_dead_letter_id_fkey FOREIGN KEY (dead_letter_id) REFERENCES dead_letter(dead_letter_id);

SELECT nextval('event_position');
