-- Each fact is a patch upon what its invoice remembers. Patches laid upon each other in the order of the facts
-- give the same memory however the log is cut into pages, and everything on the row follows from the memory:
--   memory    the first fact without its lines, and of later ones:
--             instalments, shaped     as the last fact gave them, and that fact's version
--             moved.N                 instalment N falls due elsewhere since: [version, due_on, payable_until]
--             documents, wanted_at    the documents wanted, and since which version
--             waived.D, failed.D      the version that waived document D; why D failed, null once that is over
--   boletos   by instalment: its nosso_numero, null since it was cancelled
--   receipts  by payment: [instalment, amount, principal and discount], null since it was reversed
WITH news AS MATERIALIZED (
    SELECT page.stream_id AS invoice_id, max(page.version) AS version, max(page.position) AS position,
        min(page.company_id::text)::uuid AS company_id,
        min((occurred_at AT TIME ZONE 'America/Sao_Paulo')::date) FILTER (WHERE page.version = 1) AS created_on,
        jsonb_overlay(CASE topic
            WHEN 'invoice.opened.v1' THEN state - ARRAY['lines', 'late_charges', 'calendar']
            WHEN 'invoice.billing_requested.v1' THEN
                CASE WHEN state->'documents' ? 'boleto' THEN '{"failed.boleto": null}'::jsonb ELSE '{}' END
                || CASE WHEN state->'documents' ? 'nfse' THEN '{"failed.nfse": null}'::jsonb ELSE '{}' END
                || CASE WHEN state->'documents' ? 'pix' THEN '{"failed.pix": null, "pix_asked": true}'::jsonb
                        ELSE '{}' END
            WHEN 'invoice.billed.v1' THEN state
            WHEN 'invoice.nfse_failed.v1' THEN jsonb_build_object('failed.nfse', state)
            WHEN 'invoice.boleto_failed.v1' THEN jsonb_build_object('failed.boleto', state)
            WHEN 'invoice.pix_charge_failed.v1' THEN jsonb_build_object('failed.pix', state)
            WHEN 'invoice.line_added.v1' THEN jsonb_build_object(
                'instalments', state->'instalments', 'shaped', page.version)
            WHEN 'invoice.definitive_value_set.v1' THEN jsonb_build_object(
                'instalments', state->'instalments', 'shaped', page.version,
                'value_pending', false, 'forecast', false)
            WHEN 'invoice.installment_repriced.v1' THEN jsonb_build_object(
                'instalments', state->'instalments', 'shaped', page.version,
                'value_pending', state->'value_pending', 'forecast', state->'forecast')
            WHEN 'invoice.installment_rescheduled.v1' THEN jsonb_build_object(
                'moved.' || (state->>'instalment'),
                jsonb_build_array(page.version, state->'due_on', state->'payable_until'))
            WHEN 'invoice.payment_revised.v1' THEN state - ARRAY['late_charges', 'reason']
                || jsonb_build_object('wanted_at', page.version, 'pix_asked', false,
                                      'failed.boleto', NULL, 'failed.pix', NULL)
                || CASE WHEN state->'documents' ? 'nfse' THEN '{}'::jsonb ELSE '{"failed.nfse": null}' END
            WHEN 'invoice.documents_waived.v1' THEN (
                SELECT jsonb_object_agg('waived.' || document, page.version)
                       || jsonb_object_agg('failed.' || document, NULL)
                FROM jsonb_array_elements_text(state->'documents') AS document)
            WHEN 'invoice.cancelled.v1' THEN
                '{"cancelled": true, "value_pending": false, "documents": [],
                  "failed.boleto": null, "failed.pix": null, "failed.nfse": null}'
        END ORDER BY page.version) AS memory,
        jsonb_overlay(CASE topic
            WHEN 'invoice.boleto_issued.v1' THEN jsonb_build_object(
                state->>'instalment', state->'nosso_numero')
            WHEN 'invoice.boleto_cancelled.v1' THEN jsonb_build_object(state->>'instalment', NULL)
        END ORDER BY page.version) AS boletos,
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
        coalesce(row.created_on, news.created_on) AS created_on,
        coalesce(row.memory || news.memory, news.memory) AS memory,
        coalesce(row.boletos || news.boletos, news.boletos) AS boletos,
        coalesce(row.receipts || news.receipts, news.receipts) AS receipts,
        row.ctid AS place,
        row.due_on AS was_due_on, row.situacao AS was_situacao, row.payment_method AS was_payment_method,
        row.amount AS was_amount, row.settled_amount AS was_settled_amount, row.paid_amount AS was_paid_amount
    FROM news
    LEFT JOIN {invoice_grid} AS row ON row.invoice_id = news.invoice_id
    WHERE news.version > coalesce(row.version, 0)
),
-- Instalment by instalment: what is open of it, when it falls due, how its boleto stands. Nearly every invoice has
-- one that never moved and is not unfolded. What was never opened has none, and the table refuses its row.
unfolded AS MATERIALIZED (
    SELECT merged.*,
        CASE WHEN single THEN 1 ELSE instalments_total END AS instalments_total,
        CASE WHEN single THEN (settled >= first_amount)::integer ELSE instalments_paid END
            AS instalments_paid,
        CASE WHEN single THEN first_amount ELSE total END AS amount,
        settled AS settled_amount, paid AS paid_amount,
        CASE WHEN single THEN first_due_on ELSE current_due_on END AS due_on,
        CASE WHEN NOT single THEN open_due_on
             WHEN settled < first_amount THEN first_due_on END AS next_open_due_on,
        CASE WHEN NOT single THEN open_payable_until
             WHEN settled < first_amount THEN first_payable_until END
            AS next_open_payable_until,
        CASE WHEN single THEN boletos->'1' ELSE current_boleto END AS boleto,
        CASE WHEN single THEN settled < first_amount AND NOT boletos ? '1' ELSE unmade END
            AS boleto_unmade,
        CASE WHEN single THEN settled < first_amount AND boletos->'1' = 'null' ELSE withdrawn END
            AS boleto_withdrawn,
        coalesce(memory->'failed.boleto' <> 'null', false) AS boleto_failed,
        coalesce(memory->'failed.pix' <> 'null', false) AS pix_failed,
        coalesce(memory->'failed.nfse' <> 'null', false) AS nfse_failed,
        CASE
            WHEN memory ?| ARRAY['waived.boleto', 'waived.pix', 'waived.nfse', 'waived.pdf', 'waived.email']
            THEN (memory->'documents') - ARRAY(
                SELECT substr(key, 8) FROM jsonb_each(memory)
                WHERE key LIKE 'waived.%%' AND value > coalesce(memory->'wanted_at', '1'))
            ELSE memory->'documents'
        END AS documents
    FROM (
        SELECT merged.*,
            (memory->'instalments'->0->>'amount')::numeric AS first_amount,
            (memory->'instalments'->0->>'due_on')::date AS first_due_on,
            (memory->'instalments'->0->>'payable_until')::date AS first_payable_until,
            CASE WHEN receipts = '{}' THEN 0
                 ELSE (SELECT coalesce(sum((value->>1)::numeric), 0) FROM jsonb_each(receipts)) END AS paid,
            CASE WHEN receipts = '{}' THEN 0
                 ELSE (SELECT coalesce(sum((value->>2)::numeric), 0) FROM jsonb_each(receipts)) END AS settled,
            coalesce(jsonb_array_length(memory->'instalments') = 1, true) AND NOT memory ? 'moved.1'
                AND (boletos = '{}' OR boletos - '1'::text = '{}') AS single
        FROM merged
        OFFSET 0
    ) AS merged
    LEFT JOIN LATERAL (
        SELECT count(*)::integer AS instalments_total,
            (count(*) FILTER (WHERE open = 0))::integer AS instalments_paid, sum(amount) AS total,
            coalesce((array_agg(due_on ORDER BY number) FILTER (WHERE open > 0))[1],
                     (array_agg(due_on ORDER BY number DESC))[1]) AS current_due_on,
            min(due_on) FILTER (WHERE open > 0) AS open_due_on,
            min(payable_until) FILTER (WHERE open > 0) AS open_payable_until,
            CASE WHEN max(open) > 0 THEN (array_agg(boleto ORDER BY number) FILTER (WHERE open > 0))[1]
                 ELSE (array_agg(boleto ORDER BY number DESC))[1] END AS current_boleto,
            coalesce(bool_or(open > 0 AND boleto IS NULL), false) AS unmade,
            coalesce(bool_or(open > 0 AND boleto = 'null'), false) AS withdrawn
        FROM (
            SELECT (given->>'number')::integer AS number, (given->>'amount')::numeric AS amount,
                CASE WHEN moved THEN move->>1 ELSE given->>'due_on' END::date AS due_on,
                CASE WHEN moved THEN move->>2 ELSE given->>'payable_until' END::date AS payable_until,
                boletos->(given->>'number') AS boleto,
                (given->>'amount')::numeric - (
                    SELECT coalesce(sum((value->>2)::numeric), 0) FROM jsonb_each(receipts)
                    WHERE value->0 = given->'number') AS open
            FROM jsonb_array_elements(memory->'instalments') AS given
            CROSS JOIN LATERAL (SELECT memory->('moved.' || (given->>'number')) AS move) AS moves
            CROSS JOIN LATERAL (
                SELECT coalesce(move->0 > coalesce(memory->'shaped', '1'), false) AS moved) AS latest
        ) AS instalment
        WHERE NOT single
    ) AS each ON NOT single
),
folded AS MATERIALIZED (
    SELECT invoice_id, place, version, position, company_id, created_on, memory, boletos, receipts, due_on,
        first_due_on, instalments_total, amount, paid_amount, settled_amount,
        was_due_on, was_situacao, was_payment_method, was_amount, was_settled_amount, was_paid_amount,
        CASE WHEN NOT memory ? 'cancelled' THEN next_open_due_on END AS next_open_due_on,
        CASE WHEN NOT memory ? 'cancelled' THEN next_open_payable_until END AS next_open_payable_until,
        CASE WHEN memory ? 'cancelled' THEN 0 ELSE instalments_paid END AS instalments_paid,
        NOT memory ? 'cancelled' AND settled_amount > 0 AND settled_amount < amount AS partly_paid,
        (memory->>'account_id')::uuid AS account_id,
        memory->>'payment_method' AS payment_method,
        (memory->>'billed_on')::date AS billed_on,
        (memory->'value_pending')::boolean AS value_pending,
        (memory->'forecast')::boolean AS forecast,
        CASE
            WHEN memory ? 'cancelled' THEN 'cancelled'
            WHEN boleto_failed OR pix_failed OR nfse_failed THEN 'error'
            WHEN (memory->'value_pending')::boolean THEN 'value_pending'
            WHEN memory ? 'billed_on' THEN 'billed'
            ELSE 'pending'
        END AS situacao,
        CASE
            WHEN boleto_failed THEN 'failed'
            WHEN boleto_unmade AND documents ? 'boleto' THEN 'waiting'
            WHEN boleto_withdrawn AND documents ? 'boleto' THEN 'cancelled'
            WHEN boletos = '{}' THEN 'not_wanted'
            WHEN jsonb_strip_nulls(boletos) = '{}' THEN 'cancelled'
            ELSE 'requested'
        END AS boleto_state,
        CASE
            WHEN pix_failed THEN 'failed'
            WHEN documents ? 'pix' AND (settled_amount < amount OR (memory->'pix_asked')::boolean) THEN 'waiting'
            ELSE 'not_wanted'
        END AS pix_state,
        CASE WHEN nfse_failed THEN 'failed' WHEN documents ? 'nfse' THEN 'waiting' ELSE 'not_wanted' END
            AS nfse_state,
        CASE WHEN documents ? 'pdf' THEN 'waiting' ELSE 'not_wanted' END AS pdf_state,
        CASE WHEN documents ? 'email' THEN 'waiting' ELSE 'not_wanted' END AS email_state,
        boleto #>> '{}' AS nosso_numero,
        CASE WHEN boleto_failed THEN 'boleto' WHEN pix_failed THEN 'pix' WHEN nfse_failed THEN 'nfse' END
            AS error_document,
        CASE WHEN boleto_failed THEN memory->'failed.boleto' WHEN pix_failed THEN memory->'failed.pix'
             WHEN nfse_failed THEN memory->'failed.nfse' END AS error
    FROM unfolded
),
changed AS (
    UPDATE {invoice_grid} AS row SET
        version = folded.version, position = folded.position, account_id = folded.account_id,
        due_on = folded.due_on, forecast_on = first_due_on, billed_on = folded.billed_on,
        next_open_due_on = folded.next_open_due_on, next_open_payable_until = folded.next_open_payable_until,
        instalments_total = folded.instalments_total, instalments_paid = folded.instalments_paid,
        partly_paid = folded.partly_paid, value_pending = folded.value_pending, forecast = folded.forecast,
        amount = folded.amount, paid_amount = folded.paid_amount, settled_amount = folded.settled_amount,
        situacao = folded.situacao, payment_method = folded.payment_method,
        boleto_state = folded.boleto_state, pix_state = folded.pix_state, nfse_state = folded.nfse_state,
        pdf_state = folded.pdf_state, email_state = folded.email_state,
        nosso_numero = folded.nosso_numero,
        error_document = folded.error_document, error_reason = error->>'reason', error_detail = error->>'detail',
        error_service_id = (error->>'service_id')::uuid,
        memory = folded.memory, boletos = folded.boletos, receipts = folded.receipts
    FROM folded
    WHERE row.ctid = place
),
added AS (
    INSERT INTO {invoice_grid} (
        invoice_id, company_id, customer_id, account_id, contract_id, version, position, created_on, due_on,
        forecast_on, billed_on, next_open_due_on, next_open_payable_until, instalments_total, instalments_paid,
        partly_paid, value_pending, forecast, amount, paid_amount, settled_amount, situacao, kind, origin,
        value_type, payment_method, department, competencia, boleto_state, pix_state, nfse_state, pdf_state,
        email_state, nosso_numero, error_document, error_reason, error_detail,
        error_service_id, memory, boletos, receipts
    )
    SELECT invoice_id, company_id, (memory->>'customer_id')::uuid, account_id, (memory->>'contract_id')::uuid,
        version, position, created_on, due_on, first_due_on, billed_on, next_open_due_on,
        next_open_payable_until, instalments_total, instalments_paid, partly_paid, value_pending, forecast,
        amount, paid_amount, settled_amount, situacao, memory->>'kind', memory->>'origin',
        memory->>'value_type', payment_method, memory->>'department', memory->>'competencia', boleto_state,
        pix_state, nfse_state, pdf_state, email_state, nosso_numero, error_document,
        error->>'reason', error->>'detail', (error->>'service_id')::uuid,
        memory - ARRAY['customer_id', 'contract_id', 'kind', 'origin', 'value_type', 'department', 'competencia'],
        boletos, receipts
    FROM folded
    WHERE place IS NULL
),
noticed AS (
    INSERT INTO {invoice_attention}
    SELECT invoice_id FROM folded WHERE situacao IN ('error', 'value_pending')
    ON CONFLICT DO NOTHING
),
resolved AS (
    DELETE FROM {invoice_attention} AS row USING folded
    WHERE row.invoice_id = folded.invoice_id
        AND was_situacao IN ('error', 'value_pending') AND situacao NOT IN ('error', 'value_pending')
)
INSERT INTO {daily_rollup} AS total
SELECT company_id, due_on, situacao, payment_method, sum(invoices), sum(amount), sum(settled_amount), sum(paid_amount)
FROM (
    SELECT company_id, due_on, situacao, payment_method, 1 AS invoices, amount, settled_amount, paid_amount
    FROM folded
    UNION ALL
    SELECT company_id, was_due_on, was_situacao, was_payment_method, -1, -was_amount, -was_settled_amount,
        -was_paid_amount
    FROM folded WHERE place IS NOT NULL
) AS difference
GROUP BY company_id, due_on, situacao, payment_method
ON CONFLICT (company_id, due_on, situacao, payment_method) DO UPDATE SET
    invoices = total.invoices + excluded.invoices, amount = total.amount + excluded.amount,
    settled_amount = total.settled_amount + excluded.settled_amount,
    paid_amount = total.paid_amount + excluded.paid_amount;

DELETE FROM {daily_rollup} WHERE invoices = 0;

WITH found AS MATERIALIZED (
    SELECT topic, company_id, stream_id, state->>'billed_on' AS billed_on,
        state->>'nosso_numero' AS nosso_numero, state->>'linha_digitavel' AS linha_digitavel
    FROM {page} AS page
    WHERE topic IN ('invoice.billed.v1', 'invoice.boleto_issued.v1')
),
billed AS (
    INSERT INTO {invoice_billings}
    SELECT company_id, billed_on::date, stream_id FROM found WHERE topic = 'invoice.billed.v1'
    ON CONFLICT DO NOTHING
)
INSERT INTO {invoice_boletos}
SELECT nosso_numero, stream_id, linha_digitavel FROM found WHERE topic = 'invoice.boleto_issued.v1'
ON CONFLICT DO NOTHING;
