SET LOCAL lock_timeout = '5s';

-- One row per read model and version: how far it has come. `live` is the version that readers see. Moved with every
-- page, so its pages are nearly empty: the dead versions of a row are cleared in place.
CREATE TABLE projection (
    name text NOT NULL,
    version integer NOT NULL,
    position bigint NOT NULL DEFAULT 0,
    live boolean NOT NULL DEFAULT false,
    indexed boolean NOT NULL DEFAULT false,
    PRIMARY KEY (name, version)
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
CREATE UNIQUE INDEX projection_one_live ON projection (name) WHERE live;

-- A stream that one model could not take further: the first event that failed, and how many wait behind it.
CREATE TABLE projection_parked (
    projection text NOT NULL,
    projection_version integer NOT NULL,
    stream_id uuid NOT NULL,
    position bigint NOT NULL,
    topic text NOT NULL,
    reason text NOT NULL,
    events integer NOT NULL DEFAULT 1,
    parked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (projection, projection_version, stream_id)
);

-- Lays objects upon each other in the order given: of a key that several have, the last one has the say.
CREATE AGGREGATE jsonb_overlay(jsonb) (SFUNC = jsonb_concat, STYPE = jsonb, INITCOND = '{}');

-- Text as it is searched: lower case, without the accents of Latin letters. Independent of the database's locale;
-- the Python function of the same name agrees with it (tested).
CREATE FUNCTION search_key(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    translate(given,
        'ABCDEFGHIJKLMNOPQRSTUVWXYZáàâãäåéèêëíìîïóòôõöúùûüçñýÿÁÀÂÃÄÅÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÇÑÝ',
        'abcdefghijklmnopqrstuvwxyzaaaaaaeeeeiiiiooooouuuucnyyaaaaaaeeeeiiiiooooouuuucny');
