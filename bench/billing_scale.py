"""Time per invoice of a batch of the same size, with few contracts in the log and with very many."""

from __future__ import annotations

from contextlib import closing
from datetime import date

from application.commands import Commands
from application.database import Database
from bench.billing_house import billing, grid, settle, timed_batch
from bench.portfolio import Portfolio, found
from bench.rows import Row
from bench.server import durable_server, migrated

_ROUNDS = 3
_TEMPLATES = 1_000
_TEMPLATES_DUE = date(2027, 3, 1)
_DAYS = 28


def run(scale: str) -> list[Row]:
    """Plan, confirmation and grid together; the many are copies of a few, made in the database."""
    few, many, batch = (2_000, 40_000, 1_000) if scale == "small" else (10_000, 1_000_000, 5_000)
    with durable_server() as server, migrated(server) as database, billing(database, 1) as commands:
        portfolio = found(commands)
        portfolio.grow(0, _TEMPLATES, starts_on=_TEMPLATES_DUE)
        with grid(database):
            _multiply(database, few // _TEMPLATES, "few")
            before = _fastest(database, commands, portfolio, batch, 0)
            _multiply(database, (many - few) // _TEMPLATES, "many")
            after = _fastest(database, commands, portfolio, batch, _ROUNDS)
    note = (
        f"{before / batch * 1e6:.0f} µs an invoice among {few:,} contracts,"
        f" {after / batch * 1e6:.0f} µs among {many:,}"
    )
    return [Row("billing_scale", after / before, 1.2, "lower", note)]


def _fastest(database: Database, commands: Commands, portfolio: Portfolio, batch: int, done: int) -> float:
    """The best of some rounds, each with fresh contracts in a month of its own."""
    months = [date(2026, 1 + done + number, 1) for number in range(_ROUNDS)]
    for number, month in enumerate(months, start=done):
        portfolio.grow(_TEMPLATES + number * batch, batch, starts_on=month)
    settle(database)
    rounds = (timed_batch(database, commands, month, month.replace(day=_DAYS)) for month in months)
    return min(timed.planned + timed.billed for timed in rounds)


def _multiply(database: Database, copies: int, salt: str) -> None:
    """Copies of every template contract and its invoice under ids of their own; digests are not renewed."""
    with closing(database.dedicated()) as connection:
        connection.execute(_TEMPLATE)
        for copy in range(copies):
            connection.execute(_CLONE, {"salt": f"{salt} {copy}"}, prepare=True)


_TEMPLATE = """
CREATE TEMP TABLE template AS
WITH invoice AS (
    SELECT stream_id, (state->>'contract_id')::uuid AS contract_id FROM event
    WHERE topic = 'invoice.opened.v1' AND state->'instalments'->0->>'due_on' >= '2027-03-01'
      AND correlation_id <> '00000000-0000-0000-0000-000000000001'
), stream AS (
    SELECT stream_id AS old, stream_id AS invoice_id, contract_id FROM invoice
    UNION ALL SELECT contract_id, stream_id, contract_id FROM invoice
)
SELECT event.*, stream.invoice_id, stream.contract_id FROM stream JOIN event ON event.stream_id = stream.old
"""
_CLONE = """
INSERT INTO event (occurred_at, recorded_at, version, stream_id, event_id, correlation_id, company_id, topic,
                   actor, release, digest, state)
SELECT occurred_at, recorded_at, version, md5(stream_id::text || %(salt)s)::uuid, gen_random_uuid(),
       '00000000-0000-0000-0000-000000000001', company_id, topic, actor, release, digest,
       replace(replace(state::text,
                       invoice_id::text, md5(invoice_id::text || %(salt)s)::uuid::text),
               contract_id::text, md5(contract_id::text || %(salt)s)::uuid::text)::jsonb
FROM template ORDER BY position
"""
