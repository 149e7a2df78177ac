SET LOCAL lock_timeout = '5s';

-- Every function below keeps this path (FROM CURRENT): it finds its own schema's tables whatever path its
-- caller has, and no temporary table of the caller's stands before them.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- Positions. CACHE 1: a cached range would hand out low positions late. 48 bits: see announce_positions().
CREATE SEQUENCE event_position AS bigint MAXVALUE 281474976710655 CACHE 1;

-- On a fresh sequence last_value is the next value, not the last one; this makes it the last one.
SELECT nextval('event_position');

CREATE TABLE event (
    position bigint NOT NULL DEFAULT nextval('event_position'),
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
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
    state jsonb NOT NULL,
    CONSTRAINT event_stream_version UNIQUE (stream_id, version)
);

CREATE INDEX event_position_idx ON event (position);
CREATE INDEX event_event_id_idx ON event (event_id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
BEGIN
    RAISE EXCEPTION 'facts are kept for ever: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE TRIGGER event_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- ALWAYS: a session that replicates or restores (session_replication_role = replica) passes it by no more.
ALTER TABLE event ENABLE ALWAYS TRIGGER event_is_kept;

-- Every statement that appends announces itself before it takes positions: a shared lock on
-- (namespace, last value) tells readers that positions above that value may still be uncommitted.
-- Writers never wait for each other. The lock and the statement's nextval belong to one
-- subtransaction; a lock kept from an earlier statement could be gone with its savepoint.
CREATE FUNCTION announce_positions() RETURNS trigger LANGUAGE plpgsql VOLATILE
    SET search_path FROM CURRENT AS $$
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

CREATE TRIGGER event_announces_positions BEFORE INSERT ON event
    FOR EACH STATEMENT EXECUTE FUNCTION announce_positions();

ALTER TABLE event ENABLE ALWAYS TRIGGER event_announces_positions;

-- Up to where the log may be read without missing a late commit. Call it in a statement of its own,
-- before the statement that reads the page, whose snapshot must be younger. Two statements inside:
-- the sequence first, the locks second; the other order overlooks a writer that began in between.
CREATE FUNCTION safe_position() RETURNS bigint LANGUAGE plpgsql VOLATILE
    SET search_path FROM CURRENT AS $$
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

-- What was known when: every fact up to `position` was committed at `at`.
CREATE TABLE watermark (
    position bigint NOT NULL CONSTRAINT watermark_pkey PRIMARY KEY,
    at timestamptz NOT NULL
);

CREATE INDEX watermark_at_idx ON watermark (at);

-- Called about once a second. Returns the position written, NULL if the log has not moved.
CREATE FUNCTION write_watermark() RETURNS bigint LANGUAGE plpgsql VOLATILE
    SET search_path FROM CURRENT AS $$
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

-- A subject's keys, wrapped by the master key. An erased key leaves its row, so that no later fact
-- makes a new one.
CREATE TABLE subject_key (
    subject_id uuid NOT NULL,
    purpose text NOT NULL CONSTRAINT subject_key_purpose CHECK (purpose IN ('subject', 'fiscal')),
    sealed bytea,
    erased_at timestamptz,
    CONSTRAINT subject_key_pkey PRIMARY KEY (subject_id, purpose),
    CONSTRAINT subject_key_erased CHECK ((sealed IS NULL) = (erased_at IS NOT NULL))
);
