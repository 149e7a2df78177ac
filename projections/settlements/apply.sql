-- Facts are patches upon the row, laid upon each other in their order; its state follows from what is known then.
-- A receipt that was placed by mistake knows no more of company and account, once it is released, than it told.
-- The payer's words are sealed, and stay in the fact. Of a receipt that nobody told of the table refuses the row.
WITH news AS (
    SELECT stream_id, max(version) AS version, max(position) AS position,
        jsonb_overlay(CASE topic
            WHEN 'settlement.applied.v1' THEN told || jsonb_build_object(
                'customer_id', state->'customer_id', 'invoice_id', state->'invoice_id',
                'instalment', state->'instalment', 'excess', state->'excess', 'found_by', state->'found_by',
                'told_at', occurred_at, 'placed_at', occurred_at, 'placed_by', actor)
            WHEN 'settlement.unidentified.v1' THEN told || jsonb_build_object(
                'why', state->'why', 'told_at', occurred_at)
            WHEN 'settlement.voided.v1' THEN told || '{"voided": true}'
            WHEN 'settlement.identified.v1' THEN jsonb_build_object(
                'company_id', company_id, 'account_id', state->'account_id', 'customer_id', state->'customer_id',
                'invoice_id', state->'invoice_id', 'instalment', state->'instalment', 'excess', state->'excess',
                'found_by', state->'by', 'why', NULL, 'release_reason', NULL,
                'placed_at', occurred_at, 'placed_by', actor)
            WHEN 'settlement.released.v1' THEN jsonb_build_object(
                'customer_id', NULL, 'invoice_id', NULL, 'instalment', NULL, 'excess', NULL, 'found_by', NULL,
                'release_reason', state->'reason', 'placed_at', NULL, 'placed_by', NULL)
            WHEN 'settlement.reversed.v1' THEN jsonb_build_object(
                'reversed_on', state->'reversed_on', 'reversal_reason', state->'reason')
                || CASE WHEN version = 1 THEN jsonb_build_object(
                    'source', state->'source', 'reference', state->'reference', 'amount', state->'amount',
                    'told_at', occurred_at) ELSE '{}' END
        END ORDER BY version) AS patch
    FROM {page} AS page
    CROSS JOIN LATERAL (SELECT jsonb_build_object(
        'company_id', company_id, 'source', state->'source', 'reference', state->'reference',
        'amount', state->'amount', 'paid_on', state->'paid_on', 'credited_on', state->'credited_on',
        'method', state->'method', 'account_id', state->'account_id', 'named', state->'named',
        'known_company_id', company_id,
        'known_account_id', CASE WHEN topic <> 'settlement.applied.v1' OR state->>'found_by' = 'boleto'
                                     OR state->'named'->>'account' IS NOT NULL
                                 THEN state->'account_id' END) AS told) AS it
    GROUP BY stream_id
),
merged AS (
    SELECT news.stream_id, news.version, news.position, coalesce(to_jsonb(row), '{}') || news.patch AS memory
    FROM news
    LEFT JOIN {settlements} AS row ON row.settlement_id = news.stream_id
    WHERE news.version > coalesce(row.version, 0)
),
named AS (
    SELECT merged.*, memory->'named' AS names,
        regexp_replace(memory->'named'->>'linha_digitavel', '\D', '', 'g') AS linha,
        regexp_replace(memory->'named'->>'barcode', '\D', '', 'g') AS barcode
    FROM merged
)
INSERT INTO {settlements}
SELECT new.*
FROM named
CROSS JOIN LATERAL jsonb_populate_record(NULL::{settlements}, memory || jsonb_build_object(
    'settlement_id', stream_id, 'version', named.version, 'position', named.position,
    'company_id', CASE WHEN memory->>'invoice_id' IS NULL THEN memory->'known_company_id' ELSE memory->'company_id' END,
    'account_id', CASE WHEN memory->>'invoice_id' IS NULL THEN memory->'known_account_id' ELSE memory->'account_id' END,
    'listed_on', coalesce((memory->>'paid_on')::date,
                          ((memory->>'told_at')::timestamptz AT TIME ZONE 'America/Sao_Paulo')::date),
    'named_invoice', names->'invoice_id', 'nosso_key', ltrim(names->>'nosso_numero', '0'),
    'campo_livre', coalesce(substr(linha, 5, 5) || substr(linha, 11, 10) || substr(linha, 22, 10),
                            substr(barcode, 20, 25)),
    'state', CASE WHEN memory->>'paid_on' IS NULL THEN 'awaited'
                  WHEN memory->>'reversal_reason' IS NULL AND memory->>'invoice_id' IS NULL THEN 'unidentified'
                  WHEN memory->>'reversal_reason' IS NULL THEN 'applied'
                  WHEN memory->>'state' IN ('awaited', 'void') OR memory ? 'voided' THEN 'void'
                  ELSE 'reversed' END)) AS new
ON CONFLICT (settlement_id) DO UPDATE SET
    company_id = excluded.company_id, known_company_id = excluded.known_company_id,
    known_account_id = excluded.known_account_id, state = excluded.state, amount = excluded.amount, paid_on = excluded.paid_on,
    credited_on = excluded.credited_on, method = excluded.method, account_id = excluded.account_id,
    customer_id = excluded.customer_id, invoice_id = excluded.invoice_id, instalment = excluded.instalment,
    excess = excluded.excess, found_by = excluded.found_by, why = excluded.why, named = excluded.named,
    named_invoice = excluded.named_invoice, nosso_key = excluded.nosso_key, campo_livre = excluded.campo_livre,
    listed_on = excluded.listed_on, reversed_on = excluded.reversed_on, reversal_reason = excluded.reversal_reason,
    release_reason = excluded.release_reason, placed_at = excluded.placed_at, placed_by = excluded.placed_by,
    version = excluded.version, position = excluded.position;
