CREATE TABLE {services} (
    service_id uuid PRIMARY KEY,
    company_id uuid NOT NULL,
    code text NOT NULL,
    description text NOT NULL,
    kind text NOT NULL,
    list_price numeric(15, 2),
    lc116 text,
    ctribnac text,
    retired boolean NOT NULL,
    version integer NOT NULL,
    position bigint NOT NULL
);
