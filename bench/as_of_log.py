"""A year of invoices for the benchmark of the past: all are opened, later billed, later half of them paid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from application.database import Connection, Database
from application.ids import new_id
from bench.invoice_facts import numbered, opened, paid, requested
from domain.invoice.events import InstallmentPaid, InvoiceBilled, InvoiceEvent, InvoiceOpened
from domain.kernel import HEADER_FIELDS, Header, first

OPENED, BILLED, PAID, END = (datetime(2026, month, 1, 12, tzinfo=UTC) for month in (1, 4, 7, 10))
"""When the first invoice is opened, billed and paid; each takes its turn in a quarter of the year."""

_DAY = date(2026, 1, 1)
_CHUNK = 100_000

# One step of the life of many invoices: their facts of one commit, each invoice a little later than the last.
_STEP = """
WITH stream AS (
    SELECT n, uuid_in(md5('as of ' || n)::cstring) AS id, gen_random_uuid() AS correlation_id,
        (%(companies)s::uuid[])[n %% 3 + 1] AS company_id,
        (%(customers)s::uuid[])[n %% cardinality(%(customers)s::uuid[]) + 1] AS customer_id,
        (%(begins)s::timestamptz + n * %(apart)s::interval) AS at,
        to_jsonb(date '2026-01-01' + (n * 7 %% 365)::integer) AS due_on
    FROM generate_series(%(first)s::bigint, %(last)s) AS n
    WHERE n %% %(each)s = 0
)
INSERT INTO event (occurred_at, recorded_at, version, stream_id, event_id, correlation_id, company_id, topic,
    actor, release, digest, state)
SELECT at, at, version, id, gen_random_uuid(), correlation_id, company_id, topic, 'system', '1',
    decode(repeat('ab', 32), 'hex'),
    CASE topic
        WHEN 'invoice.opened.v1' THEN state || jsonb_build_object('customer_id', customer_id, 'instalments',
            jsonb_build_array(state->'instalments'->0 || jsonb_build_object(
                'due_on', due_on, 'payable_until', due_on)))
        WHEN 'invoice.boleto_issued.v1'
            THEN state || jsonb_build_object('nosso_numero', lpad(n::text, 8, '0'))
        ELSE state
    END
FROM stream CROSS JOIN unnest(%(versions)s::integer[], %(topics)s::text[], %(states)s::jsonb[])
    AS fact (version, topic, state)
ORDER BY n, version
"""


def write_log(database: Database, invoices: int, companies: Sequence[UUID], customers: Sequence[UUID]) -> int:
    """Write the facts and, for each day, a watermark; answer how many facts there are."""
    with database.autocommit() as connection:
        values = {"companies": list(companies), "customers": list(customers), "total": invoices}
        written = _step(connection, values, [_opened()], OPENED, BILLED)
        written += _step(connection, values, _billed(), BILLED, PAID)
        written += _step(connection, values, [_paid()], PAID, END, each=2)
        connection.execute(
            "INSERT INTO watermark (position, at) SELECT max(position), date_trunc('day', recorded_at)"
            " + interval '1 day' FROM event WHERE recorded_at < %s GROUP BY 2",
            (END,),
        )
        connection.execute("VACUUM (ANALYZE) event")
    return written


def _step(
    connection: Connection,
    values: dict[str, object],
    facts: Sequence[InvoiceEvent],
    begins: datetime,
    ends: datetime,
    each: int = 1,
) -> int:
    total = values["total"]
    assert isinstance(total, int)
    written = 0
    for start in range(1, total + 1, _CHUNK):
        written += connection.execute(
            _STEP,
            values
            | {
                "begins": begins,
                "apart": (ends - begins) / (total + 1),
                "each": each,
                "first": start,
                "last": min(start + _CHUNK - 1, total),
                "versions": [fact.originator_version for fact in facts],
                "topics": [fact.TOPIC for fact in facts],
                "states": [Jsonb(fact.model_dump(mode="json", exclude=set(HEADER_FIELDS))) for fact in facts],
            },
        ).rowcount
    return written


_INVOICE, _COMPANY, _ACCOUNT = new_id(), new_id(), new_id()


def _header(version: int) -> Header:
    return first(_INVOICE, OPENED, _COMPANY) | {"originator_version": version}


def _opened() -> InvoiceOpened:
    return opened(_header(1), _INVOICE, _ACCOUNT, _DAY)


def _billed() -> list[InvoiceEvent]:
    return [
        requested(_header(2), _INVOICE),
        numbered(_header(3), _INVOICE, _ACCOUNT, _DAY),
        InvoiceBilled(**_header(4), billed_on=_DAY),
    ]


def _paid() -> InstallmentPaid:
    return paid(_header(5), _ACCOUNT, _DAY)
