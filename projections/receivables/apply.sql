-- Each fact is a patch upon what its invoice remembers, as in invoice_grid: laid upon each other in the order of the
-- facts they give the same memory however the log is cut into pages, and by whatever streams. Every row follows from it:
--   memory    who owes to whom, the instalments as a fact gave them last, and
--             shaped         the version of that fact
--             ordinal        the first contract period charged; `periods`, by how many instalments it was born with
--             moved.N        instalment N falls due elsewhere since: [version, due_on, payable_until]
--             boleto.N       its valid boleto: [version, nosso_numero]; null since that was cancelled
--             failed.N       the version in which its boleto failed; over once `asked_at` is later
--             wanted         whether a boleto is wanted
--   receipts  by payment: [instalment, amount, principal and discount], null since it was reversed
WITH news AS MATERIALIZED (
    SELECT page.stream_id AS invoice_id, max(page.version) AS version, max(page.position) AS position,
        min(page.company_id::text)::uuid AS company_id,
        jsonb_overlay(CASE topic
            WHEN 'invoice.opened.v1' THEN jsonb_build_object(
                'customer_id', state->'customer_id', 'account_id', state->'account_id',
                'contract_id', state->'contract_id', 'instalments', state->'instalments',
                'ordinal', state->'lines'->0->'source'->'ordinal',
                'periods', jsonb_array_length(state->'instalments'), 'wanted', state->'documents' ? 'boleto')
            WHEN 'invoice.line_added.v1' THEN jsonb_build_object(
                'instalments', state->'instalments', 'shaped', page.version)
            WHEN 'invoice.definitive_value_set.v1' THEN jsonb_build_object(
                'instalments', state->'instalments', 'shaped', page.version)
            WHEN 'invoice.installment_repriced.v1' THEN jsonb_build_object(
                'instalments', state->'instalments', 'shaped', page.version)
            WHEN 'invoice.installment_rescheduled.v1' THEN jsonb_build_object(
                'moved.' || (state->>'instalment'),
                jsonb_build_array(page.version, state->'due_on', state->'payable_until'))
            WHEN 'invoice.payment_revised.v1' THEN jsonb_build_object(
                'account_id', state->'account_id', 'wanted', state->'documents' ? 'boleto', 'asked_at', page.version)
            WHEN 'invoice.billing_requested.v1' THEN
                CASE WHEN state->'documents' ? 'boleto' THEN jsonb_build_object('asked_at', page.version) END
            WHEN 'invoice.documents_waived.v1' THEN
                CASE WHEN state->'documents' ? 'boleto' THEN '{"wanted": false}'::jsonb END
            WHEN 'invoice.boleto_issued.v1' THEN jsonb_build_object(
                'boleto.' || (state->>'instalment'), jsonb_build_array(page.version, state->'nosso_numero'))
            WHEN 'invoice.boleto_failed.v1' THEN jsonb_build_object(
                'failed.' || (state->>'instalment'), page.version)
            WHEN 'invoice.boleto_cancelled.v1' THEN jsonb_build_object('boleto.' || (state->>'instalment'), NULL)
            WHEN 'invoice.cancelled.v1' THEN '{"cancelled": true, "wanted": false}'
        END ORDER BY page.version) AS memory,
        jsonb_overlay(CASE topic
            WHEN 'invoice.installment_paid.v1' THEN jsonb_build_object(
                state->>'payment_id', jsonb_build_array(
                    state->'instalment', (state->>'amount')::numeric,
                    (state->>'principal')::numeric + (state->>'discount')::numeric))
            WHEN 'invoice.payment_reversed.v1' THEN jsonb_build_object(state->>'payment_id', NULL)
        END ORDER BY page.version) AS receipts
    FROM {page} AS page
    GROUP BY page.stream_id
),
merged AS MATERIALIZED (
    SELECT news.invoice_id, news.version, news.position,
        coalesce(row.company_id, news.company_id) AS company_id,
        coalesce(row.memory || news.memory, news.memory) AS memory,
        coalesce(row.receipts || news.receipts, news.receipts) AS receipts,
        row.invoice_id IS NOT NULL AND news.memory ? 'instalments' AS reshaped
    FROM news
    LEFT JOIN {receivables} AS row ON row.invoice_id = news.invoice_id AND row.instalment = 1
    WHERE news.version > coalesce(row.version, 0)
),
-- Of an invoice that was never opened there is one row without a number, which the table refuses.
unfolded AS MATERIALIZED (
    SELECT merged.*, number, amount,
        CASE WHEN receipts = '{}' THEN 0 ELSE (
            SELECT coalesce(sum((value->>1)::numeric), 0) FROM jsonb_each(receipts)
            WHERE value->0 = given->'number') END AS paid,
        CASE WHEN receipts = '{}' THEN 0 ELSE (
            SELECT coalesce(sum((value->>2)::numeric), 0) FROM jsonb_each(receipts)
            WHERE value->0 = given->'number') END AS settled,
        (memory->>'ordinal')::integer + least(number, (memory->>'periods')::integer) - 1 AS ordinal,
        CASE WHEN moved THEN move->>1 ELSE given->>'due_on' END::date AS due_on,
        CASE WHEN moved THEN move->>2 ELSE given->>'payable_until' END::date AS payable_until,
        memory ? 'cancelled' AS cancelled, memory->('boleto.' || number) AS boleto,
        (memory->'wanted')::boolean AS wanted,
        coalesce(memory->('failed.' || number) > coalesce(memory->'asked_at', '0'), false) AS failed
    FROM merged
    LEFT JOIN LATERAL jsonb_array_elements(memory->'instalments') AS given ON true
    CROSS JOIN LATERAL (
        SELECT (given->>'number')::integer AS number, (given->>'amount')::numeric AS amount,
            memory->('moved.' || (given->>'number')) AS move) AS as_given
    CROSS JOIN LATERAL (SELECT coalesce(move->0 > coalesce(memory->'shaped', '1'), false) AS moved) AS latest
),
dropped AS (
    DELETE FROM {receivables} AS row USING merged
    WHERE reshaped AND row.invoice_id = merged.invoice_id AND row.instalment > jsonb_array_length(merged.memory->'instalments')
)
INSERT INTO {receivables}
SELECT invoice_id, number, company_id, (memory->>'customer_id')::uuid, (memory->>'account_id')::uuid,
    (memory->>'contract_id')::uuid, ordinal, amount, due_on, payable_until, settled, paid,
    CASE WHEN cancelled THEN 0 ELSE amount - settled END,
    CASE WHEN cancelled THEN 'cancelled' WHEN settled >= amount THEN 'paid' WHEN settled > 0 THEN 'partly_paid'
         ELSE 'open' END,
    boleto->>1, (boleto->>0)::integer,
    CASE WHEN failed AND wanted THEN 'failed'
         WHEN boleto <> 'null' THEN 'requested'
         WHEN boleto = 'null' THEN 'cancelled'
         WHEN wanted AND settled < amount THEN 'waiting'
         ELSE 'not_wanted' END,
    version, position, CASE WHEN number = 1 THEN memory END, CASE WHEN number = 1 THEN receipts END
FROM unfolded
ON CONFLICT (invoice_id, instalment) DO UPDATE SET
    account_id = excluded.account_id, amount = excluded.amount, due_on = excluded.due_on,
    payable_until = excluded.payable_until, settled_amount = excluded.settled_amount,
    paid_amount = excluded.paid_amount, open_amount = excluded.open_amount, state = excluded.state,
    nosso_numero = excluded.nosso_numero, boleto_version = excluded.boleto_version,
    boleto_state = excluded.boleto_state, version = excluded.version, position = excluded.position,
    memory = excluded.memory, receipts = excluded.receipts;

-- Printed as the bank wants it (domain/boleto/numbering.py): Itaú with carteira and digit, Banco do Brasil with the
-- digit up to eleven digits and bare from seventeen on.
INSERT INTO {receivable_boletos}
SELECT state->>'nosso_numero', stream_id, version, (state->>'instalment')::integer,
    CASE WHEN state->>'bank_code' = '341'
         THEN lpad(state->>'portfolio', greatest(3, length(state->>'portfolio')), '0') || '/'
              || (state->>'nosso_numero') || '-' || (state->>'nosso_numero_digit')
         WHEN length(state->>'nosso_numero') >= 17 THEN state->>'nosso_numero'
         ELSE (state->>'nosso_numero') || '-' || (state->>'nosso_numero_digit') END,
    state->>'linha_digitavel'
FROM {page} AS page
WHERE topic = 'invoice.boleto_issued.v1'
ON CONFLICT DO NOTHING;
