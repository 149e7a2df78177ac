"""A long log of invoices for benchmarks of rebuilding: opened, much later billed, then half of them paid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from application.database import Connection
from application.ids import new_id
from bench.invoice_facts import numbered, opened, paid, requested
from domain.invoice.events import InstallmentPaid, InvoiceBilled, InvoiceOpened
from domain.kernel import HEADER_FIELDS, DomainEvent, Header, first

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
COMPANIES = tuple(UUID(f"01942f5e-0000-7000-8000-00000000000{number}") for number in (1, 2, 3))
_DAY = date(2026, 3, 10)
_ONE = UUID("01942f5e-0000-7000-8000-00000000000a")
_SEALED_PAYER = "x" * 420
"""About as long as who pays is once it is sealed: SQL cannot seal, and no fold here opens it."""

# Streams have random ids, as invoices of contracts do: those of one batch lie anywhere in the log.
_LOG = """
WITH stream AS (
    SELECT n, gen_random_uuid() AS id, gen_random_uuid() AS customer_id,
        ('01942f5e-0000-7000-8000-00000000000' || n %% 3 + 1)::uuid AS company_id,
        to_jsonb((100 + n %% 900)::text || '.00') AS amount,
        to_jsonb(date '2026-01-01' + (n %% 365)::integer) AS due_on
    FROM generate_series(%(first)s::bigint, %(last)s) AS n
),
fact AS (
    SELECT stream.*, version, topic, recorded_at,
        CASE version
            WHEN 1 THEN state || jsonb_build_object('customer_id', customer_id, 'instalments',
                jsonb_build_array(state->'instalments'->0 || jsonb_build_object('amount', amount,
                    'due_on', due_on, 'payable_until', due_on)))
            WHEN 3 THEN state || jsonb_build_object('nosso_numero', lpad(n::text, 8, '0'), 'customer_id',
                customer_id, 'due_on', due_on, 'amount', amount)
            WHEN 5 THEN state || jsonb_build_object('payment_id', gen_random_uuid(), 'amount', amount,
                'principal', amount)
            ELSE state
        END AS state
    FROM stream
    CROSS JOIN template
    WHERE version < 5 OR n %% 2 = 0
)
INSERT INTO event (occurred_at, recorded_at, version, stream_id, event_id, correlation_id, company_id, topic,
    actor, release, digest, state)
SELECT recorded_at, recorded_at, version, id, gen_random_uuid(), gen_random_uuid(), company_id, topic,
    'system', '1', decode(repeat('ab', 32), 'hex'), state
FROM fact
ORDER BY least(greatest(version, 2), 5), n, version
"""
_CHUNK = 100_000


def write_log(connection: Connection, events: int) -> int:
    """Write about so many events, nine to two invoices, and answer how many they are."""
    connection.execute(
        "CREATE TEMP TABLE template (version integer, topic text, recorded_at timestamptz, state jsonb)"
    )
    for version, (topic, state) in enumerate(_templates(), 1):
        connection.execute(
            "INSERT INTO template VALUES (%s, %s, %s, %s)", (version, topic, NOW, Jsonb(state))
        )
    invoices, written = events * 2 // 9, 0
    for start in range(1, invoices + 1, _CHUNK):
        values = {"first": start, "last": min(start + _CHUNK - 1, invoices)}
        written += connection.execute(_LOG, values).rowcount
    connection.execute("DROP TABLE template")
    connection.execute("VACUUM (ANALYZE) event")
    return written


def _templates() -> list[tuple[str, dict[str, object]]]:
    topic, boleto = _stored(numbered(_header(), _ONE, _ONE, _DAY))
    asked, billed = map(_stored, (requested(_header(), _ONE), InvoiceBilled(**_header(), billed_on=_DAY)))
    return [_stored(_opened()), asked, (topic, boleto | {"payer": _SEALED_PAYER}), billed, _stored(_paid())]


def _stored(event: DomainEvent) -> tuple[str, dict[str, object]]:
    return event.TOPIC, event.model_dump(mode="json", exclude=set(HEADER_FIELDS))


def _header() -> Header:
    return first(_ONE, NOW, _ONE)


def _opened() -> InvoiceOpened:
    return opened(_header(), _ONE, _ONE, _DAY)


def _paid() -> InstallmentPaid:
    return paid(_header(), _ONE, _DAY)


def facts_of(events: int) -> Iterator[list[DomainEvent]]:
    """About so many facts of the same kinds as they are before they are stored, invoice by invoice."""
    for _ in range(events // 4):
        stream = new_id()
        facts = (_opened(), requested(_header(), _ONE), InvoiceBilled(**_header(), billed_on=_DAY), _paid())
        yield [
            fact.model_copy(update={"originator_id": stream, "originator_version": version})
            for version, fact in enumerate(facts, 1)
        ]
