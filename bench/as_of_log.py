"""A year of invoices for the benchmark of the past: all are opened, later billed, later half of them paid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from psycopg.types.json import Jsonb

from application.database import Connection, Database
from application.ids import new_id
from domain.calendar import CALENDAR_VERSION
from domain.invoice.events import (
    BillingRequested,
    BoletoIssued,
    InstallmentPaid,
    Instalment,
    InvoiceBilled,
    InvoiceEvent,
    InvoiceOpened,
    LateCharges,
    Line,
)
from domain.kernel import HEADER_FIELDS, first
from domain.values.payment import Document, PaymentMethod, ValueType

OPENED, BILLED, PAID, END = (datetime(2026, month, 1, 12, tzinfo=UTC) for month in (1, 4, 7, 10))
"""When the first invoice is opened, billed and paid; each takes its turn in a quarter of the year."""

_DAY = date(2026, 1, 1)
_AMOUNT, _NOTHING = Decimal("150.00"), Decimal("0.00")
_CHARGES = LateCharges(fine_percent=Decimal(2), interest_percent_month=Decimal(1))
_DOCUMENTS = (Document.BOLETO, Document.NFSE, Document.PDF, Document.EMAIL)
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


def _header(version: int) -> dict[str, object]:
    return {**first(_INVOICE, OPENED, _COMPANY), "originator_version": version}


def _opened() -> InvoiceOpened:
    line = Line(
        number=1,
        source=None,
        service_id=None,
        description="Licença de software – 10 usuários",
        quantity=Decimal(1),
        unit_price=_AMOUNT,
        discount=_NOTHING,
        amount=_AMOUNT,
    )
    return InvoiceOpened.model_validate(
        _header(1)
        | {
            "customer_id": _INVOICE,
            "account_id": _ACCOUNT,
            "kind": "billing",
            "origin": "manual",
            "contract_id": None,
            "value_type": ValueType.RECURRING,
            "payment_method": PaymentMethod.BOLETO,
            "documents": _DOCUMENTS,
            "competencia": "2026-03",
            "department": None,
            "late_charges": _CHARGES,
            "lines": (line,),
            "instalments": (Instalment(number=1, due_on=_DAY, payable_until=_DAY, amount=_AMOUNT),),
            "value_pending": False,
            "forecast": False,
            "calendar": CALENDAR_VERSION,
        }
    )


def _billed() -> list[InvoiceEvent]:
    asked = {"documents": _DOCUMENTS, "requested_by": "batch", "run_id": _INVOICE}
    boleto = {
        "customer_id": _INVOICE,
        "account_id": _ACCOUNT,
        "account_version": 2,
        "instalment": 1,
        "bank_code": "341",
        "portfolio": "109",
        "nosso_numero": "00000001",
        "nosso_numero_digit": "7",
        "barcode": "34191667900000135000109000000010057123457000",
        "linha_digitavel": "34191090080000000010500571234570001667900000135",
        "due_on": _DAY,
        "amount": _AMOUNT,
        "late_charges": _CHARGES,
        "payer": None,
    }
    return [
        BillingRequested.model_validate(_header(2) | asked),
        BoletoIssued.model_validate(_header(3) | boleto),
        InvoiceBilled.model_validate(_header(4) | {"billed_on": _DAY}),
    ]


def _paid() -> InstallmentPaid:
    nothing = dict.fromkeys(("fine", "interest", "excess", "discount"), _NOTHING)
    money = {
        "instalment": 1,
        "payment_id": _INVOICE,
        "paid_on": _DAY,
        "account_id": _ACCOUNT,
        "amount": _AMOUNT,
        "principal": _AMOUNT,
        "source": "bank_file",
        "on_principal": False,
    }
    return InstallmentPaid.model_validate(_header(5) | nothing | money)
