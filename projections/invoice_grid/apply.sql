-- What the page's facts lay upon what each row remembers (patches.sql), the columns that follow (fold.sql), and where
-- they go: the row, the few that wait for a person, the totals.
-- What is read once is a subquery that stands for itself (OFFSET 0): kept as a table of its own it would be copied.
WITH news AS NOT MATERIALIZED (
    SELECT stream_id AS invoice_id, max(version) AS version, max(position) AS position,
        min(company_id::text) FILTER (WHERE version = 1)::uuid AS company_id,
        min((occurred_at AT TIME ZONE 'America/Sao_Paulo')::date) FILTER (WHERE version = 1) AS created_on,
        jsonb_overlay(memory ORDER BY version) AS memory,
        jsonb_overlay(boletos ORDER BY version) AS boletos,
        jsonb_overlay(receipts ORDER BY version) AS receipts,
        min(billed_on) AS first_billed_on, max(billed_on) AS last_billed_on
    FROM (
        SELECT page.stream_id, page.version, page.position, page.company_id, page.occurred_at,
            CASE topic WHEN 'invoice.billed.v1' THEN (state->>'billed_on')::date END AS billed_on,
            {patches}
        FROM {page} AS page
        OFFSET 0  -- The patches are sorted, not the facts, which are wider.
    ) AS patch
    GROUP BY stream_id
    OFFSET 0
),
merged AS NOT MATERIALIZED (
    SELECT news.invoice_id, news.version, news.position,
        coalesce(row.company_id, news.company_id) AS company_id,
        coalesce(row.created_on, news.created_on) AS created_on,
        coalesce(row.memory || news.memory, news.memory) AS memory,
        coalesce(row.boletos || news.boletos, news.boletos) AS boletos,
        coalesce(row.receipts || news.receipts, news.receipts) AS receipts,
        news.first_billed_on, news.last_billed_on, row.billed_on AS was_billed_on, row.ctid AS place,
        row.due_on AS was_due_on, row.situacao AS was_situacao, row.payment_method AS was_payment_method,
        row.amount AS was_amount, row.settled_amount AS was_settled_amount, row.paid_amount AS was_paid_amount
    FROM news
    LEFT JOIN {invoice_grid} AS row ON row.invoice_id = news.invoice_id
    WHERE news.version > coalesce(row.version, 0)
    OFFSET 0
),
{fold},
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
billed AS (
    INSERT INTO {invoice_billings}
    SELECT company_id, first_billed_on, invoice_id FROM folded
    WHERE was_billed_on IS NULL AND first_billed_on = last_billed_on
),
billed_again AS (  -- Whichever days there are; looking for those that are known costs a billing as much as writing it.
    INSERT INTO {invoice_billings}
    SELECT folded.company_id, days.billed_on, invoice_id
    FROM folded
    CROSS JOIN LATERAL (
        SELECT DISTINCT (state->>'billed_on')::date AS billed_on FROM {page} AS page
        WHERE stream_id = invoice_id AND topic = 'invoice.billed.v1'
    ) AS days
    WHERE was_billed_on IS NOT NULL AND first_billed_on IS NOT NULL OR first_billed_on < last_billed_on
    ON CONFLICT DO NOTHING
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
ORDER BY company_id, due_on, situacao, payment_method  -- Shards that share rows lock them in one order.
ON CONFLICT (company_id, due_on, situacao, payment_method) DO UPDATE SET
    invoices = total.invoices + excluded.invoices, amount = total.amount + excluded.amount,
    settled_amount = total.settled_amount + excluded.settled_amount,
    paid_amount = total.paid_amount + excluded.paid_amount;

DELETE FROM {daily_rollup} WHERE invoices = 0;
