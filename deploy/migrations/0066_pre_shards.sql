SET LOCAL lock_timeout = '5s';

-- By how many shards a build is fed. With several, each has a checkpoint of its own, and `projection.position` is where
-- the one farthest behind stands: what a reader may rely on. A build fed whole has no row in projection_shard.
ALTER TABLE projection ADD COLUMN shards integer NOT NULL DEFAULT 1;
CREATE TABLE projection_shard (
    name text NOT NULL,
    version integer NOT NULL,
    shard integer NOT NULL,
    of integer NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (name, version, shard),
    CHECK (shard BETWEEN 1 AND of)
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- By how many shards read models are to be fed: one row, none until somebody has said so (then it is one shard).
CREATE TABLE worker_shards (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    shards integer NOT NULL CHECK (shards BETWEEN 1 AND 64),
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
