"""A log of any length for the audit's benchmark, made on the server: months of billing, one like the next."""

from __future__ import annotations

import hashlib
from contextlib import closing
from uuid import UUID

from application.database import Database

MONTH = 50_000
"""Facts a month: 10,000 invoices opened, 30,000 facts of their billing in runs of 1,000, 10,000 receipts."""

_STEP = 10 * MONTH


def fill(database: Database, first: int, facts: int) -> None:
    """Append months of facts. `first` is how many are there already; digests are not made."""
    with closing(database.dedicated()) as connection:
        connection.execute("SET synchronous_commit = off")
        for start in range(first, first + facts, _STEP):
            values = {"start": start, "end": min(start + _STEP, first + facts) - 1, "month": MONTH}
            connection.execute(_FACTS, values)
        connection.execute("ANALYZE event")


def correlation(month: int, part: str, number: int) -> UUID:
    """The correlation of a signing (`c`, ten invoices), a run (`r`, a thousand) or a receipt (`p`)."""
    return _id(f"{part} {month} {number}")


def customer(number: int) -> UUID:
    """A customer, 0 up to a thousand a month; the first of them get most of the invoices."""
    return _id(f"k {number}")


def company(number: int) -> UUID:
    """One of seven."""
    return _id(f"company {number}")


def actor(number: int) -> str:
    """One of forty people."""
    return f"user:{_id(f'u {number}')}"


def invoice(month: int, number: int) -> UUID:
    """One of the ten thousand of a month: five facts."""
    return _id(f"i {month} {number}")


def _id(text: str) -> UUID:
    return UUID(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest())


_FACTS = """
WITH numbered AS (
    SELECT n, n / %(month)s AS month, n %% %(month)s AS place FROM generate_series(%(start)s, %(end)s) AS n
), placed AS (
    SELECT *, CASE WHEN place < 10000 THEN place WHEN place < 40000 THEN (place - 10000) / 3
                   ELSE place - 40000 END AS invoice,
        CASE WHEN place < 10000 THEN 1 WHEN place < 40000 THEN 2 + (place - 10000) %% 3 ELSE 5 END AS version
    FROM numbered
), known AS (
    SELECT *, md5(format('i %%s %%s', month, invoice))::uuid AS invoice_id,
        (hashint8(month * 10000 + invoice)::bigint & 1048575) / 1048576.0 AS share,
        md5('company ' || invoice %% 7)::uuid AS company_id,
        md5('contract ' || month || ' ' || invoice / 10)::uuid AS contract_id,
        (50 + invoice %% 400)::text || '.00' AS amount,
        '["boleto", "nfse", "pdf", "email"]'::jsonb AS documents,
        lpad((month * 10000 + invoice)::text, 8, '0') AS number,
        timestamptz '2016-01-01 12:00Z' + n * interval '31 s' AS at
    FROM placed
), whole AS (
    SELECT *, md5('k ' || floor(1000 * (month + 1) * power(share, 2)))::uuid AS customer_id,
        md5('u ' || (CASE version WHEN 1 THEN invoice / 10 ELSE invoice / 1000 END) %% 40)::uuid AS user_id
    FROM known
)
INSERT INTO event (occurred_at, recorded_at, version, stream_id, event_id, correlation_id, company_id, topic,
                   actor, release, digest, state)
SELECT at, at + interval '40 ms', version, invoice_id, md5('e ' || n)::uuid,
    md5(CASE version WHEN 1 THEN format('c %%s %%s', month, invoice / 10)
                     WHEN 5 THEN format('p %%s %%s', month, invoice)
                     ELSE format('r %%s %%s', month, invoice / 1000) END)::uuid,
    company_id,
    'invoice.' || (ARRAY['opened', 'billing_requested', 'boleto_issued', 'billed',
                         'installment_paid'])[version] || '.v1',
    CASE version WHEN 5 THEN 'consumer' ELSE 'user:' || user_id END,
    'bench', decode(md5(n::text) || md5(n::text), 'hex'),
    CASE version
    WHEN 1 THEN jsonb_build_object('customer_id', customer_id, 'account_id', md5('account')::uuid,
        'kind', 'billing', 'origin', 'contract', 'contract_id', contract_id, 'value_type', 'recurring',
        'payment_method', 'boleto', 'documents', documents, 'competencia', to_char(at, 'YYYY-MM'),
        'department', NULL, 'value_pending', false, 'forecast', false, 'calendar', 1,
        'late_charges', '{"fine_percent": "2.0000", "interest_percent_month": "1.0000"}'::jsonb,
        'lines', jsonb_build_array(jsonb_build_object('number', 1, 'service_id', md5('service')::uuid,
            'source', jsonb_build_object('contract_id', contract_id, 'ordinal', month + 1, 'attempt', 1),
            'description', 'Suporte mensal', 'quantity', '1.0000', 'unit_price', amount, 'discount', '0.00',
            'amount', amount)),
        'instalments', jsonb_build_array(jsonb_build_object('number', 1, 'due_on', at::date,
            'payable_until', at::date, 'amount', amount)))
    WHEN 2 THEN jsonb_build_object('documents', documents, 'requested_by', 'batch',
        'run_id', md5(format('r %%s %%s', month, invoice / 1000))::uuid)
    WHEN 3 THEN jsonb_build_object('customer_id', customer_id, 'account_id', md5('account')::uuid,
        'account_version', 1, 'instalment', 1, 'bank_code', '341', 'portfolio', '109', 'nosso_numero', number,
        'nosso_numero_digit', '7', 'barcode', '3419' || repeat(number, 5),
        'linha_digitavel', '3419109' || repeat(number, 5), 'due_on', at::date, 'amount', amount,
        'late_charges', '{"fine_percent": "2.0000", "interest_percent_month": "1.0000"}'::jsonb,
        'payer', 's1:' || repeat(md5(n::text), 8))
    WHEN 4 THEN jsonb_build_object('billed_on', at::date)
    ELSE jsonb_build_object('instalment', 1, 'payment_id', md5('payment ' || n)::uuid, 'paid_on', at::date,
        'account_id', md5('account')::uuid, 'amount', amount, 'principal', amount, 'fine', '0.00',
        'interest', '0.00', 'excess', '0.00', 'discount', '0.00', 'source', 'bank_file',
        'on_principal', false)
    END
FROM whole ORDER BY n
"""
