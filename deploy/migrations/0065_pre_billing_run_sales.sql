-- The sales that an item of a plan bills, and the version of each that the plan rests on.
SET LOCAL lock_timeout = '5s';

-- `joins`: its items become lines of an invoice that is there already, else of one that is opened for them.
CREATE TABLE billing_run_sale (
    run_id uuid NOT NULL,
    ordinal integer NOT NULL,
    sale_id uuid NOT NULL,
    version integer NOT NULL,
    joins boolean NOT NULL,
    amount numeric(15, 2) NOT NULL,
    PRIMARY KEY (run_id, ordinal, sale_id)
);
