"""A long log of invoices for benchmarks of rebuilding: opened, much later billed, then half of them paid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from psycopg.types.json import Jsonb

from application.database import Connection
from application.ids import new_id
from domain.calendar import CALENDAR_VERSION
from domain.invoice.events import (
    BillingRequested,
    InstallmentPaid,
    Instalment,
    InvoiceBilled,
    InvoiceOpened,
    LateCharges,
    Line,
)
from domain.kernel import HEADER_FIELDS, DomainEvent, Header, first
from domain.values.payment import Document, PaymentMethod, ValueType

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
COMPANIES = tuple(UUID(f"01942f5e-0000-7000-8000-00000000000{number}") for number in (1, 2, 3))
_DAY = date(2026, 3, 10)
_AMOUNT = Decimal("150.00")
_ONE = UUID("01942f5e-0000-7000-8000-00000000000a")
_CHARGES = LateCharges(fine_percent=Decimal(2), interest_percent_month=Decimal(1))
_DOCUMENTS = (Document.BOLETO, Document.NFSE, Document.PDF, Document.EMAIL)
_BOLETO = {
    "customer_id": str(_ONE),
    "account_id": str(_ONE),
    "account_version": 2,
    "instalment": 1,
    "bank_code": "341",
    "portfolio": "109",
    "nosso_numero": "",
    "nosso_numero_digit": "7",
    "barcode": "34191667900000135000109000000010057123457000",
    "linha_digitavel": "34191090080000000010500571234570001667900000",
    "due_on": _DAY.isoformat(),
    "amount": "150.00",
    "late_charges": _CHARGES.model_dump(mode="json"),
    "payer": "x" * 420,
}

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
    return [
        _stored(_opened()),
        _stored(_requested()),
        ("invoice.boleto_issued.v1", dict(_BOLETO)),
        _stored(InvoiceBilled(**_header(), billed_on=_DAY)),
        _stored(_paid()),
    ]


def _stored(event: DomainEvent) -> tuple[str, dict[str, object]]:
    return event.TOPIC, event.model_dump(mode="json", exclude=set(HEADER_FIELDS))


def _header() -> Header:
    return first(_ONE, NOW, _ONE)


def _requested() -> BillingRequested:
    return BillingRequested(**_header(), documents=_DOCUMENTS, requested_by="batch", run_id=_ONE)


def _opened() -> InvoiceOpened:
    line = Line(
        number=1,
        source=None,
        service_id=_ONE,
        description="Licença de software – 10 usuários",
        quantity=Decimal(1),
        unit_price=_AMOUNT,
        discount=Decimal("0.00"),
        amount=_AMOUNT,
    )
    return InvoiceOpened(
        **_header(),
        customer_id=_ONE,
        account_id=_ONE,
        kind="billing",
        origin="manual",
        contract_id=None,
        value_type=ValueType.RECURRING,
        payment_method=PaymentMethod.BOLETO,
        documents=_DOCUMENTS,
        competencia="2026-03",
        department=None,
        late_charges=_CHARGES,
        lines=(line,),
        instalments=(Instalment(number=1, due_on=_DAY, payable_until=_DAY, amount=_AMOUNT),),
        value_pending=False,
        forecast=False,
        calendar=CALENDAR_VERSION,
    )


def _paid() -> InstallmentPaid:
    nothing = Decimal("0.00")
    return InstallmentPaid(
        **_header(),
        instalment=1,
        payment_id=_ONE,
        paid_on=_DAY,
        account_id=_ONE,
        amount=_AMOUNT,
        principal=_AMOUNT,
        fine=nothing,
        interest=nothing,
        excess=nothing,
        discount=nothing,
        source="bank_file",
        on_principal=False,
    )


def facts_of(events: int) -> Iterator[list[DomainEvent]]:
    """About so many facts of the same kinds as they are before they are stored, invoice by invoice."""
    for _ in range(events // 4):
        stream = new_id()
        facts = (_opened(), _requested(), InvoiceBilled(**_header(), billed_on=_DAY), _paid())
        yield [
            fact.model_copy(update={"originator_id": stream, "originator_version": version})
            for version, fact in enumerate(facts, 1)
        ]
