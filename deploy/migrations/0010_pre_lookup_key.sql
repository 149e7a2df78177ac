-- Finds what must be unique (a CPF, a CNPJ, a code, a login) without deriving any id from it.
SET LOCAL lock_timeout = '5s';

CREATE TABLE lookup_key (
    kind text NOT NULL,
    mac bytea NOT NULL,
    id uuid NOT NULL,
    PRIMARY KEY (kind, mac)
);

CREATE INDEX lookup_key_id ON lookup_key (id);
