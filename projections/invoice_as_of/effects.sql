-- When a fact took effect and when it was known, for every reader of the past.
--   known_from     the position of the last fact that its stream got in the same commit: a watermark can fall
--                  between two facts of one commit, and half a billing was never on any screen
--   happened_from  a decision of ours rests on all of ours before it, so it takes effect no earlier than they.
--                  Money may be told late: a receipt takes effect when it happened, but not before the invoice
--                  was there, its reversal not before the receipt
max(position) OVER (PARTITION BY stream_id, recorded_at, correlation_id) AS known_from,
CASE topic
    WHEN 'invoice.installment_paid.v1' THEN
        greatest(occurred_at, first_value(occurred_at) OVER (PARTITION BY stream_id ORDER BY version))
    WHEN 'invoice.payment_reversed.v1' THEN
        greatest(occurred_at, first_value(occurred_at) OVER (PARTITION BY stream_id ORDER BY version),
            max(occurred_at) FILTER (WHERE topic = 'invoice.installment_paid.v1')
                OVER (PARTITION BY stream_id, payment_id ORDER BY version))
    ELSE max(occurred_at) FILTER (WHERE payment_id IS NULL) OVER (PARTITION BY stream_id ORDER BY version)
END AS happened_from
