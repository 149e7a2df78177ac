-- Nothing is remembered but the rows: whatever the page touches is folded from its first fact on, and what differs is
-- written. What a row says follows from its two beginnings alone, so of a row that stays only the ends can move.
WITH facts AS NOT MATERIALIZED (
    SELECT page.stream_id, page.version, page.position, page.company_id, page.topic, page.occurred_at,
        page.recorded_at, page.correlation_id,
        CASE WHEN topic IN ('invoice.installment_paid.v1', 'invoice.payment_reversed.v1')
            THEN state->>'payment_id' END AS payment_id,
        CASE WHEN topic = 'invoice.boleto_issued.v1' THEN state->>'nosso_numero' END AS nosso_numero,
        {patches}
    FROM {streams} AS page
),
effective AS MATERIALIZED (
    SELECT stream_id, version, position, company_id, occurred_at, nosso_numero, memory, boletos, receipts,
        {effects}
    FROM facts
),
ordered AS MATERIALIZED (
    SELECT effective.*,
        bool_and(in_place) OVER (PARTITION BY stream_id) AS in_order,
        first_value((occurred_at AT TIME ZONE 'America/Sao_Paulo')::date) OVER later AS created_on,
        row_number() OVER (PARTITION BY stream_id, happened_from, known_from ORDER BY version DESC) = 1 AS latest,
        jsonb_overlay(memory) OVER later AS memory_then,
        jsonb_overlay(boletos) OVER later AS boletos_then,
        jsonb_overlay(receipts) OVER later AS receipts_then
    FROM (
        SELECT effective.*, coalesce(happened_from >= lag(happened_from) OVER later
            AND known_from >= lag(known_from) OVER later, true) AS in_place
        FROM effective
        WINDOW later AS (PARTITION BY stream_id ORDER BY version)
    ) AS effective
    WINDOW later AS (PARTITION BY stream_id ORDER BY version)
),
-- Each stream whose facts are out of order, in one row: its states are few and made of what is at hand.
disordered AS MATERIALIZED (
    SELECT stream_id, min(company_id::text)::uuid AS company_id, min(created_on) AS created_on,
        array_agg(happened_from ORDER BY version) AS happened, array_agg(known_from ORDER BY version) AS known,
        array_agg(version ORDER BY version) AS versions, array_agg(position ORDER BY version) AS positions,
        array_agg(memory ORDER BY version) AS memories, array_agg(boletos ORDER BY version) AS boletos,
        array_agg(receipts ORDER BY version) AS receipts
    FROM ordered
    WHERE NOT in_order
    GROUP BY stream_id
),
states AS MATERIALIZED (
    SELECT stream_id AS invoice_id, version, position, company_id, created_on, in_order,
        happened_from, known_from,
        lead(happened_from, 1, 'infinity') OVER later AS next_happened,
        lead(known_from, 1, 9223372036854775807) OVER later AS next_known,
        memory_then AS memory, boletos_then AS boletos, receipts_then AS receipts
    FROM ordered
    WHERE in_order AND latest
    WINDOW later AS (PARTITION BY stream_id ORDER BY version)
    UNION ALL
    SELECT stream_id, state.version, state.position, company_id, created_on, false,
        happened_from, known_from, next_happened, next_known, state.memory, state.boletos, state.receipts
    FROM disordered
    CROSS JOIN LATERAL (
        SELECT instant AS happened_from, lead(instant, 1, 'infinity') OVER (ORDER BY instant) AS next_happened
        FROM (SELECT DISTINCT unnest(happened) AS instant) AS instants
    ) AS instants
    CROSS JOIN LATERAL (
        SELECT place AS known_from,
            lead(place, 1, 9223372036854775807) OVER (ORDER BY place) AS next_known
        FROM (
            SELECT DISTINCT fact.place FROM unnest(happened, known) AS fact (instant, place)
            WHERE fact.instant <= happened_from
        ) AS places
    ) AS places
    CROSS JOIN LATERAL (
        SELECT max(fact.version) AS version, max(fact.position) AS position,
            jsonb_overlay(fact.memory ORDER BY fact.version) AS memory,
            jsonb_overlay(fact.boletos ORDER BY fact.version) AS boletos,
            jsonb_overlay(fact.receipts ORDER BY fact.version) AS receipts
        FROM unnest(happened, known, versions, positions, memories, disordered.boletos, disordered.receipts)
            AS fact (instant, place, version, position, memory, boletos, receipts)
        WHERE fact.instant <= happened_from AND fact.place <= known_from
    ) AS state
),
-- A page can end between two facts of one commit; the next one brings the rest, and moves what was known from there.
cut AS (
    DELETE FROM {invoice_as_of} AS row USING effective
    WHERE effective.known_from > effective.position
        AND row.invoice_id = effective.stream_id AND row.known_from = effective.position
),
ended AS (
    UPDATE {invoice_as_of} AS row SET
        next_happened = states.next_happened, next_known = states.next_known, in_order = states.in_order
    FROM states
    WHERE (states.next_known > %(after)s OR NOT states.in_order)
        AND row.invoice_id = states.invoice_id AND row.known_from = states.known_from
        AND row.happened_from = states.happened_from
        AND (row.next_happened <> states.next_happened OR row.next_known <> states.next_known
            OR row.in_order <> states.in_order)
),
-- What was known before the page has its rows, unless it is the page that brings disorder.
merged AS MATERIALIZED (
    SELECT states.*
    FROM states
    LEFT JOIN {invoice_as_of} AS row ON row.invoice_id = states.invoice_id
        AND row.known_from = states.known_from AND row.happened_from = states.happened_from
    WHERE (states.known_from > %(after)s OR NOT states.in_order) AND row.invoice_id IS NULL
),
{fold},
numbered AS (
    INSERT INTO {invoice_as_of_boletos} AS boleto
    SELECT nosso_numero, stream_id, min(happened_from), min(known_from)
    FROM effective WHERE nosso_numero IS NOT NULL GROUP BY nosso_numero, stream_id
    ON CONFLICT (nosso_numero, invoice_id) DO UPDATE SET known_from = excluded.known_from
    WHERE boleto.known_from <> excluded.known_from
)
INSERT INTO {invoice_as_of} (
    invoice_id, company_id, customer_id, account_id, contract_id, happened_from, known_from, next_happened, next_known,
    in_order, version, position, created_on, due_on, forecast_on, billed_on, next_open_due_on,
    next_open_payable_until, instalments_total, instalments_paid, partly_paid, value_pending, forecast, amount,
    paid_amount, settled_amount, situacao, kind, origin, value_type, payment_method, department, competencia,
    boleto_state, pix_state, nfse_state, pdf_state, email_state, nosso_numero, error_document, error_reason,
    error_detail, error_service_id
)
SELECT invoice_id, company_id, (memory->>'customer_id')::uuid, account_id, (memory->>'contract_id')::uuid,
    happened_from, known_from, next_happened, next_known, in_order, version, position, created_on, due_on,
    first_due_on, billed_on, next_open_due_on, next_open_payable_until, instalments_total, instalments_paid,
    partly_paid, value_pending, forecast, amount, paid_amount, settled_amount, situacao, memory->>'kind',
    memory->>'origin', memory->>'value_type', payment_method, memory->>'department', memory->>'competencia',
    boleto_state, pix_state, nfse_state, pdf_state, email_state, nosso_numero, error_document,
    error->>'reason', error->>'detail', (error->>'service_id')::uuid
FROM folded
ORDER BY known_from;
