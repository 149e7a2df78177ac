-- Up to where each reaction to our own facts has been told of them from the event table.
SET LOCAL lock_timeout = '5s';

-- `event_id` is of the fact at `position`, NULL where none was there when the reaction began.
CREATE TABLE reaction_position (
    reaction text CONSTRAINT reaction_position_pkey PRIMARY KEY,
    position bigint NOT NULL,
    event_id uuid,
    moved_at timestamptz NOT NULL
);
