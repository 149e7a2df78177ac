CREATE TABLE {companies} (
    company_id uuid PRIMARY KEY,
    code text NOT NULL,
    legal_name text NOT NULL,
    trade_name text NOT NULL,
    cnpj text NOT NULL,
    city_ibge text NOT NULL,
    automatic_billing boolean NOT NULL,
    fine_percent numeric(12, 4),
    interest_percent_month numeric(12, 4),
    year_end_rule boolean NOT NULL,
    version integer NOT NULL,
    position bigint NOT NULL
);
