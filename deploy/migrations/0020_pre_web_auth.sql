-- Passwords, sessions, login attempts and API tokens. None of them is a fact: they are secrets or traces that expire.
SET LOCAL lock_timeout = '5s';

CREATE TABLE user_password (
    user_id uuid PRIMARY KEY,
    hash text NOT NULL,
    set_at timestamptz NOT NULL
);

CREATE TABLE user_session (
    token_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL,
    opened_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    address text NOT NULL,
    agent text NOT NULL
);
CREATE INDEX user_session_user ON user_session (user_id);
CREATE INDEX user_session_opened ON user_session (opened_at);

CREATE TABLE login_attempt (
    kind text NOT NULL CHECK (kind IN ('account', 'address')),
    subject bytea NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX login_attempt_subject ON login_attempt (kind, subject, at);
CREATE INDEX login_attempt_at ON login_attempt (at);

CREATE TABLE api_token (
    prefix text PRIMARY KEY,
    secret_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL,
    companies uuid[],
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_token_user ON api_token (user_id);
