SET LOCAL lock_timeout = '5s';

-- A build is one set of tables of a read model, `name__vN`: who asked for it, from which definition it was made, how
-- far its making has come. Apart from `projection`, whose rows move with every page and stay small. A build that was
-- there before has no definition: nobody knows which code made it.
CREATE TABLE projection_build (
    name text NOT NULL,
    version integer NOT NULL,
    state text NOT NULL,
    fingerprint text,
    definition jsonb,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now(),
    promote text NOT NULL DEFAULT 'no',
    base bigint,
    events bigint,
    started_at timestamptz,
    loaded_at timestamptz,
    ready_at timestamptz,
    promoted_at timestamptz,
    failure text,
    comparison jsonb,
    compared_at timestamptz,
    CONSTRAINT projection_build_pkey PRIMARY KEY (name, version),
    CONSTRAINT projection_build_state CHECK (state IN
        ('asked', 'loading', 'indexing', 'catching_up', 'comparing', 'ready', 'live', 'kept', 'failed')),
    CONSTRAINT projection_build_promote CHECK (promote IN ('no', 'if_equal', 'upgrade', 'shadow'))
);
CREATE UNIQUE INDEX projection_build_one_at_work ON projection_build (name)
    WHERE state IN ('asked', 'loading', 'indexing', 'catching_up', 'comparing');

INSERT INTO projection_build (name, version, state, asked_by)
SELECT name, version, CASE WHEN live THEN 'live' ELSE 'kept' END, 'system' FROM projection;

-- The parts of a bulk load: streams between two ids, each written whole with its mark, on one of several lanes.
CREATE TABLE projection_range (
    name text NOT NULL,
    version integer NOT NULL,
    number integer NOT NULL,
    first_stream uuid NOT NULL,
    last_stream uuid NOT NULL,
    events bigint NOT NULL,
    done_at timestamptz,
    CONSTRAINT projection_range_pkey PRIMARY KEY (name, version, number)
);
