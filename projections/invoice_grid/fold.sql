-- From `merged`, what each row remembers in three parts, to `folded`, every column that follows from it.
-- Instalment by instalment: what is open of it, when it falls due, how its boleto stands. Nearly every invoice has
-- one that never moved and is not unfolded. What was never opened has none, and the table refuses its row.
unfolded AS NOT MATERIALIZED (
    SELECT merged.*, settled AS settled_amount, paid AS paid_amount,
        CASE WHEN single THEN 1 ELSE (of_many->'total')::integer END AS instalments_total,
        CASE WHEN single THEN (settled >= first_amount)::integer ELSE (of_many->'paid')::integer END
            AS instalments_paid,
        CASE WHEN single THEN first_amount ELSE (of_many->'amount')::numeric END AS amount,
        CASE WHEN single THEN first_due_on ELSE (of_many->>'due_on')::date END AS due_on,
        CASE WHEN NOT single THEN (of_many->>'open_due_on')::date
             WHEN settled < first_amount THEN first_due_on END AS next_open_due_on,
        CASE WHEN NOT single THEN (of_many->>'open_payable_until')::date
             WHEN settled < first_amount THEN (first->>'payable_until')::date END AS next_open_payable_until,
        CASE WHEN single THEN boletos->'1' ELSE of_many->'boleto' END AS boleto,
        CASE WHEN single THEN settled < first_amount AND NOT boletos ? '1'
             ELSE (of_many->'unmade')::boolean END AS boleto_unmade,
        CASE WHEN single THEN settled < first_amount AND boletos->'1' = 'null'
             ELSE (of_many->'withdrawn')::boolean END AS boleto_withdrawn,
        memory->>'failed.boleto' IS NOT NULL AS boleto_failed,
        memory->>'failed.pix' IS NOT NULL AS pix_failed,
        memory->>'failed.nfse' IS NOT NULL AS nfse_failed,
        memory ? 'cancelled' AS cancelled,
        CASE
            WHEN memory ?| ARRAY['waived.boleto', 'waived.pix', 'waived.nfse', 'waived.pdf', 'waived.email']
            THEN (memory->'documents') - ARRAY(
                SELECT substr(key, 8) FROM jsonb_each(memory)
                WHERE key LIKE 'waived.%%' AND value > coalesce(memory->'wanted_at', '1'))
            ELSE memory->'documents'
        END AS documents
    FROM (
        SELECT merged.*, (first->>'amount')::numeric AS first_amount, (first->>'due_on')::date AS first_due_on,
            -- One value, so that it is computed only for the few that have several.
            CASE WHEN NOT single THEN (
                SELECT jsonb_build_object(
                    'total', count(*), 'paid', count(*) FILTER (WHERE open <= 0), 'amount', sum(amount),
                    'due_on', coalesce((array_agg(due_on ORDER BY number) FILTER (WHERE open > 0))[1],
                                       (array_agg(due_on ORDER BY number DESC))[1]),
                    'open_due_on', min(due_on) FILTER (WHERE open > 0),
                    'open_payable_until', min(payable_until) FILTER (WHERE open > 0),
                    'boleto', CASE WHEN max(open) > 0
                                   THEN (array_agg(boleto ORDER BY number) FILTER (WHERE open > 0))[1]
                                   ELSE (array_agg(boleto ORDER BY number DESC))[1] END,
                    'unmade', coalesce(bool_or(open > 0 AND boleto IS NULL), false),
                    'withdrawn', coalesce(bool_or(open > 0 AND boleto = 'null'), false))
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
            ) END AS of_many
        FROM (
            SELECT merged.*, memory->'instalments'->0 AS first,
                CASE WHEN receipts = '{}' THEN 0
                     ELSE (SELECT coalesce(sum((value->>1)::numeric), 0) FROM jsonb_each(receipts)) END AS paid,
                CASE WHEN receipts = '{}' THEN 0
                     ELSE (SELECT coalesce(sum((value->>2)::numeric), 0) FROM jsonb_each(receipts)) END AS settled,
                coalesce(jsonb_array_length(memory->'instalments') = 1, true) AND NOT memory ? 'moved.1'
                    AND boletos - '1'::text = '{}' AS single
            FROM merged
            OFFSET 0
        ) AS merged
        OFFSET 0
    ) AS merged
    OFFSET 0
),
folded AS MATERIALIZED (
    SELECT {carried}, due_on, first_due_on, instalments_total, amount, paid_amount, settled_amount,
        CASE WHEN NOT cancelled THEN next_open_due_on END AS next_open_due_on,
        CASE WHEN NOT cancelled THEN next_open_payable_until END AS next_open_payable_until,
        CASE WHEN cancelled THEN 0 ELSE instalments_paid END AS instalments_paid,
        NOT cancelled AND settled_amount > 0 AND settled_amount < amount AS partly_paid,
        (memory->>'account_id')::uuid AS account_id,
        memory->>'payment_method' AS payment_method,
        (memory->>'billed_on')::date AS billed_on,
        (memory->'value_pending')::boolean AS value_pending,
        (memory->'forecast')::boolean AS forecast,
        CASE
            WHEN cancelled THEN 'cancelled'
            WHEN boleto_failed OR pix_failed OR nfse_failed THEN 'error'
            WHEN (memory->'value_pending')::boolean THEN 'value_pending'
            WHEN memory ? 'billed_on' THEN 'billed'
            ELSE 'pending'
        END AS situacao,
        CASE
            WHEN boleto_failed THEN 'failed'
            WHEN boleto_unmade AND documents ? 'boleto' THEN 'waiting'
            WHEN boleto_withdrawn AND documents ? 'boleto' THEN 'cancelled'
            WHEN boleto #>> '{}' IS NOT NULL THEN 'requested'
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
             WHEN nfse_failed THEN memory->'failed.nfse' END AS error,
        memory, boletos, receipts
    FROM unfolded
)
