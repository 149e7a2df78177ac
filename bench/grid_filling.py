"""Listings of any size for the benchmark of their pages: rows as the folds leave them, without the facts."""

from __future__ import annotations

from uuid import UUID

from application.database import Connection, Database
from application.event_store.keys import Keyring, MasterKey
from application.ids import new_id
from projections.installation import install
from projections.projection import Projection, statements
from projections.registry import projections

_FILLED = ("invoice_grid", "customers", "contracts", "receivables", "companies", "accounts")
_CHUNK = 250_000
_COMPANIES = tuple(new_id() for _ in range(3))
_ACCOUNT = new_id()

# Twelve invoices a contract, a contract a customer; due dates spread over a year, a third of them billed.
_GRID = """
INSERT INTO invoice_grid (invoice_id, company_id, customer_id, account_id, contract_id, version, position,
    created_on, due_on, forecast_on, billed_on, next_open_due_on, next_open_payable_until, instalments_total,
    instalments_paid, partly_paid, value_pending, forecast, amount, paid_amount, settled_amount, situacao,
    kind, origin, value_type, payment_method, competencia, boleto_state, pix_state, nfse_state, pdf_state,
    email_state, nosso_numero, memory, boletos, receipts)
SELECT lpad(to_hex(n), 32, '0')::uuid, (%(companies)s::uuid[])[n / 12 %% 3 + 1],
    lpad(to_hex(n / 12), 32, '0')::uuid, %(account)s, lpad(to_hex(n / 12), 32, '0')::uuid, 1, n,
    date '2026-01-01' + day, date '2026-01-01' + day, date '2026-01-01' + day,
    CASE WHEN n %% 3 = 0 THEN date '2026-01-01' + day END, date '2026-01-01' + day, date '2026-01-01' + day,
    1, 0, false, false, false, 150.00, 0, 0, CASE WHEN n %% 3 = 0 THEN 'billed' ELSE 'pending' END,
    'contract', 'contract', 'recurring', 'boleto', '2026-03',
    CASE WHEN n %% 3 = 0 THEN 'requested' ELSE 'waiting' END, 'not_wanted', 'waiting', 'waiting', 'waiting',
    CASE WHEN n %% 3 = 0 THEN lpad(n::text, 8, '0') END, %(memory)s::jsonb, '{}', '{}'
FROM (
    SELECT n, (hashint8(n) %% 365 + 365) %% 365 AS day
    FROM generate_series(%(first)s::bigint, %(last)s) AS n
) AS each
"""
_BOLETOS = """
INSERT INTO receivable_boletos
SELECT lpad(n::text, 8, '0'), lpad(to_hex(n), 32, '0')::uuid, 1, 1, '109/' || lpad(n::text, 8, '0') || '-7',
    '34191090080000000010500571234570001667900000135'
FROM generate_series(%(first)s::bigint, %(last)s) AS n WHERE n %% 3 = 0
"""
_CUSTOMERS = """
INSERT INTO customers (customer_id, code, kind, name, name_key, sort_key, document, contacts,
    collection_email, registered_on, version, position)
SELECT lpad(to_hex(n / 12), 32, '0')::uuid, n::text, 'person', 'Maria Aparecida dos Santos ' || n,
    'maria aparecida dos santos ' || n, 'maria aparecida dos santos ' || n, '52998224725', '[]',
    'maria@example.com', date '2026-01-01', 1, n
FROM generate_series(%(first)s::bigint, %(last)s) AS n WHERE n %% 12 = 0
"""
_CONTRACTS = """
INSERT INTO contracts (contract_id, company_id, customer_id, code, signed_on, signed_by, starts_on,
    value_type, variable, periodicity, payment_method, account_id, terms, version, position)
SELECT lpad(to_hex(n / 12), 32, '0')::uuid, (%(companies)s::uuid[])[n / 12 %% 3 + 1],
    lpad(to_hex(n / 12), 32, '0')::uuid, 'CT-' || n, date '2026-01-01', 'system', date '2026-01-01',
    'recurring', false, 'monthly', 'boleto', %(account)s, '{}', 1, n
FROM generate_series(%(first)s::bigint, %(last)s) AS n WHERE n %% 12 = 0
"""
_REGISTRIES = """
INSERT INTO companies (company_id, code, legal_name, trade_name, cnpj, city_ibge, automatic_billing,
    year_end_rule, version, position)
SELECT id, 'E', 'Empresa Ltda', 'Empresa', '11222333000181', '3550308', false, true, 1, 1
FROM unnest(%(companies)s::uuid[]) AS id
"""
_ACCOUNTS = """
INSERT INTO accounts (account_id, company_id, code, name, kind, closed, version, position)
VALUES (%(account)s, (%(companies)s::uuid[])[1], 'ITAU', 'Itaú', 'bank', false, 1, 1)
"""
_MEMORY = """
{"documents": ["boleto", "nfse", "pdf", "email"], "account_id": "01890000-0000-7000-8000-000000000000",
 "payment_method": "boleto", "value_pending": false, "forecast": false, "instalments": [{"number": 1,
 "amount": "150.00", "due_on": "2026-03-05", "payable_until": "2026-03-05"}]}
"""


def fill(database: Database, invoices: int) -> tuple[UUID, ...]:
    """Fill the read models that a page shows, indexes last; answer the companies."""
    models = [m for m in projections(Keyring(database, MasterKey(bytes(32)))) if m.name in _FILLED]
    with database.dedicated() as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '1GB'")
        for model in models:
            install(connection, model)
        _rows(connection, invoices)
        for model in models:
            _finish(connection, model)
    return _COMPANIES


def _rows(connection: Connection, invoices: int) -> None:
    values = {"companies": list(_COMPANIES), "account": _ACCOUNT, "memory": _MEMORY}
    for statement in (_REGISTRIES, _ACCOUNTS):
        connection.execute(statement, values)
    for start in range(0, invoices, _CHUNK):
        part = values | {"first": start, "last": min(start + _CHUNK, invoices) - 1}
        for statement in (_GRID, _BOLETOS, _CUSTOMERS, _CONTRACTS):
            connection.execute(statement, part)


def _finish(connection: Connection, model: Projection) -> None:
    for statement in statements(model.indexes):
        connection.execute(model.named(statement))
    for table in model.relations:
        connection.execute(f"VACUUM (ANALYZE) {model.relation(table)}")
