-- Each fact is a patch upon what its invoice remembers. Patches laid upon each other in the order of the facts
-- give the same memory however the log is cut into pages, and everything on the row follows from the memory:
--   memory    the first fact without its lines, and of later ones:
--             instalments, shaped     as the last fact gave them, and that fact's version
--             moved.N                 instalment N falls due elsewhere since: [version, due_on, payable_until]
--             documents, wanted_at    the documents wanted, and since which version
--             waived.D, failed.D      the version that waived document D; why D failed, null once that is over
--   boletos   by instalment: its nosso_numero, null since it was cancelled
--   receipts  by payment: [instalment, amount, principal and discount], null since it was reversed
CASE topic
    -- A sale that emits no documents is a receivable, which the listing leaves out (F6).
    WHEN 'invoice.opened.v1' THEN state - ARRAY['lines', 'late_charges', 'calendar']
        || CASE WHEN state->>'origin' = 'sale' AND state->'documents' = '[]'
                THEN '{"origin": "silent_sale"}'::jsonb ELSE '{}' END
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
END AS memory,
CASE topic
    WHEN 'invoice.boleto_issued.v1' THEN jsonb_build_object(
        state->>'instalment', state->'nosso_numero')
    WHEN 'invoice.boleto_cancelled.v1' THEN jsonb_build_object(state->>'instalment', NULL)
END AS boletos,
CASE topic
    WHEN 'invoice.installment_paid.v1' THEN jsonb_build_object(
        state->>'payment_id', jsonb_build_array(
            state->'instalment', (state->>'amount')::numeric,
            (state->>'principal')::numeric + (state->>'discount')::numeric))
    WHEN 'invoice.payment_reversed.v1' THEN jsonb_build_object(state->>'payment_id', NULL)
END AS receipts
