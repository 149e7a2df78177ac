-- Keys of persons that were destroyed, counted, so that a process sees at once that keys it holds are gone.
SET LOCAL lock_timeout = '5s';

-- As in 0001: functions keep this path.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

CREATE TABLE key_erasure (
    number bigint CONSTRAINT key_erasure_pkey PRIMARY KEY,
    subject_id uuid NOT NULL,
    purpose text NOT NULL,
    erased_at timestamptz NOT NULL
);

CREATE INDEX subject_key_erased_idx ON subject_key (subject_id) WHERE erased_at IS NOT NULL;

-- Called first in a transaction that records words sealed with these persons' keys: which keys are destroyed.
-- Shared with others that seal; a destruction waits for them, and they for it. Two statements: the second sees
-- what was committed while the first waited.
CREATE FUNCTION erased_among(subjects uuid[]) RETURNS TABLE (subject_id uuid, purpose text)
    LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('lastro erasure'), 'event'::regclass::oid::integer);
    RETURN QUERY SELECT subject_key.subject_id, subject_key.purpose FROM subject_key
        WHERE subject_key.subject_id = ANY (subjects) AND subject_key.erased_at IS NOT NULL;
END
$$;

-- Destroys one key. A row is left in its place, so that no later fact makes a new one. False if it was gone.
CREATE FUNCTION erase_key(subject uuid, purpose_of text, at timestamptz) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $$
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
