"""What tests of the relay stand in: facts to publish, a relay in a thread, and a subscriber who checks."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from threading import Event, Thread
from typing import Any
from uuid import UUID

import orjson
import pytest
from kafka import KafkaConsumer, TopicPartition

from application.app import Context, Lastro
from application.database import Database
from application.ids import new_id
from domain.calendar import CALENDAR_VERSION
from domain.customer.events import CustomerForgotten, CustomerRegistered
from domain.invoice.events import InstallmentRescheduled, Instalment, InvoiceOpened, LateCharges, Line
from domain.kernel import DomainEvent, Header, first
from domain.service.events import ServiceRegistered
from domain.values.payment import Document, PaymentMethod, ValueType
from producers.relay.broker import Broker
from producers.relay.feeder import Feeder
from producers.relay.installation import Installation
from producers.relay.positions import Positions, PositionsLog
from producers.relay.problems import BrokerTroubleError
from producers.relay.relay import Relay
from producers.relay.topics import origin_of
from tests.support.application import open_lastro
from tests.support.house import ADDRESS
from tests.support.kafka import Topics

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
DAY = date(2026, 11, 10)
UNCLOSED = pytest.mark.filterwarnings("ignore::ResourceWarning")
"""For modules that use Kafka's client, see conftest."""

COMPANY = UUID("01942f5e-0000-7000-8000-000000000001")
INVOICES = "billing.invoices.v1"
SERVICES = "billing.services.v1"
PERSONAL = "billing.customers_personal.v1"
SOURCE = "urn:lastro:test"
DEADLINE = 40.0

_AMOUNT = Decimal("150.00")


def broker_of(topics: Topics) -> Broker:
    return Broker({"bootstrap_servers": [topics.bootstrap]}, topics.prefix)


def header(stream: UUID, version: int = 1) -> Header:
    return Header(originator_id=stream, originator_version=version, occurred_at=NOW, company_id=COMPANY)


def invoice_opened(stream: UUID) -> InvoiceOpened:
    line = Line(
        number=1,
        source=None,
        service_id=None,
        description="Licença",
        quantity=Decimal(1),
        unit_price=_AMOUNT,
        discount=Decimal("0.00"),
        amount=_AMOUNT,
    )
    return InvoiceOpened(
        **header(stream),
        customer_id=COMPANY,
        account_id=COMPANY,
        kind="billing",
        origin="manual",
        contract_id=None,
        value_type=ValueType.RECURRING,
        payment_method=PaymentMethod.BOLETO,
        documents=(Document.BOLETO,),
        competencia="2026-11",
        department=None,
        late_charges=LateCharges(fine_percent=Decimal(2), interest_percent_month=Decimal(1)),
        lines=(line,),
        instalments=(Instalment(number=1, due_on=DAY, payable_until=DAY, amount=_AMOUNT),),
        value_pending=False,
        forecast=False,
        calendar=CALENDAR_VERSION,
    )


def rescheduled(stream: UUID, version: int) -> InstallmentRescheduled:
    return InstallmentRescheduled(
        **header(stream, version),
        instalment=1,
        was_due_on=DAY,
        due_on=DAY,
        payable_until=DAY,
        calendar=CALENDAR_VERSION,
        reason="asked",
    )


def record_invoices(lastro: Lastro, count: int, versions: int = 3) -> list[UUID]:
    """`count` invoices of so many facts each, in one commit for each version: streams are interleaved."""
    streams = [new_id() for _ in range(count)]
    record(lastro, *(invoice_opened(stream) for stream in streams))
    for version in range(2, versions + 1):
        record(lastro, *(rescheduled(stream, version) for stream in streams))
    return streams


def record(lastro: Lastro, *events: DomainEvent) -> int:
    return lastro.record(Context("test", new_id()), *events)


def service_registered() -> ServiceRegistered:
    return ServiceRegistered(
        **header(new_id()),
        code="S",
        description="Serviço",
        kind="service",
        list_price=_AMOUNT,
        lc116=None,
        ctribnac=None,
    )


def customer_registered(customer: UUID) -> CustomerRegistered:
    return CustomerRegistered(
        **first(customer, NOW),
        code="A1",
        kind="person",
        name="Ana Souza",
        trade_name=None,
        document=None,
        address=ADDRESS,
    )


def customer_forgotten(customer: UUID) -> CustomerForgotten:
    return CustomerForgotten(
        **(first(customer, NOW) | {"originator_version": 2}),
        reason="asked",
        requested_by="titular",
        open_invoices=0,
        open_amount=Decimal("0.00"),
        running_contracts=0,
        fiscal_until=None,
    )


def feeder_on(database: Database) -> Feeder:
    return Feeder(partial(open_lastro, database.url))


@dataclass
class Running:
    """A relay in a thread."""

    relay: Relay
    stopping: Event
    thread: Thread
    errors: list[BaseException] = field(default_factory=list)

    def until(self, position: int) -> None:
        """Wait until everything up to a position is published."""
        wait_until(lambda: self._reached(position), f"the relay at {position}")

    def _reached(self, position: int) -> bool:
        assert not self.errors, self.errors
        return self.relay.standing is not None and self.relay.standing.position >= position

    @property
    def waiting(self) -> frozenset[str]:
        """The topics that it does not feed."""
        assert self.relay.standing is not None
        return self.relay.standing.waiting

    def ended(self) -> BaseException:
        """What it ended with."""
        self.thread.join(DEADLINE)
        assert not self.thread.is_alive()
        return self.errors[0]


@contextmanager
def running(broker: Broker, database: Database) -> Iterator[Running]:
    """A relay that publishes until the block ends."""
    feeder = feeder_on(database)
    stopping = Event()
    relay = Relay(Installation(broker, database, SOURCE), feeder)
    errors: list[BaseException] = []

    def run() -> None:
        try:
            relay.run(stopping)
        except Exception as error:
            errors.append(error)
        finally:
            feeder.close()

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        yield Running(relay, stopping, thread, errors)
    finally:
        stopping.set()
        thread.join(DEADLINE)


def wait_until(true: Callable[[], bool], what: str, timeout: float = DEADLINE) -> None:
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline, f"{what}: not in {timeout} s"
        time.sleep(0.02)


@dataclass(frozen=True)
class Seen:
    """One message as a subscriber got it; `said` None is a tombstone."""

    key: str
    partition: int
    said: dict[str, Any] | None
    headers: tuple[tuple[str, bytes], ...]


def read_topic(broker: Broker, topic: str, *, partitions: int = 12) -> list[Seen]:
    """Everything that is committed in a topic, each partition in its order."""
    consumer = KafkaConsumer(**broker.options, isolation_level="read_committed", enable_auto_commit=False)
    parts = [TopicPartition(broker.named(topic), number) for number in range(partitions)]
    try:
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        ends = consumer.end_offsets(parts)
        seen: list[Seen] = []
        deadline = time.monotonic() + DEADLINE
        while any(consumer.position(part) < ends[part] for part in parts):
            assert time.monotonic() < deadline, "the topic's end was not reached"
            for records in consumer.poll(timeout_ms=100).values():
                seen += [_seen(each) for each in records]
        return seen
    finally:
        consumer.close()


def _seen(record: Any) -> Seen:
    said = None if record.value is None else orjson.loads(record.value)
    return Seen(record.key.decode(), record.partition, said, tuple(record.headers))


def log_of(database: Database, topics: str) -> list[tuple[UUID, UUID, int]]:
    """Event id, stream and version of every fact whose topic begins so, in the log's order."""
    with database.autocommit() as connection:
        return connection.execute(
            "SELECT event_id, stream_id, version FROM event WHERE starts_with(topic, %s) ORDER BY position",
            [topics],
        ).fetchall()


def check_once_in_order(broker: Broker, topic: str, database: Database, facts: str) -> int:
    """A subscriber gets each fact once, and those of one aggregate in the order of their versions."""
    seen = read_topic(broker, topic)
    log = log_of(database, facts)
    ids = [UUID(each.said["id"]) for each in seen if each.said is not None]
    assert len(ids) == len(set(ids)), "something is there twice"
    assert set(ids) == {event_id for event_id, _, _ in log}
    versions = defaultdict(list)
    for each in seen:
        assert each.said is not None
        versions[each.key].append(each.said["streamversion"])
    assert all(found == sorted(found) for found in versions.values()), "out of order"
    return len(ids)


class Watch:
    """Looks at the positions again and again, through outages of the broker."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._log: PositionsLog | None = None

    def positions(self) -> Positions:
        """What can be read now; nothing while the broker is away."""
        try:
            if self._log is None:
                self._log = PositionsLog(self._broker, origin_of(self._broker))
            return self._log.read(wait=False)
        except BrokerTroubleError:
            self.close()
            return Positions()

    def published(self) -> int:
        """Up to where the relay says that everything is published."""
        live = self.positions().live
        return min((place.position for place in live.places.values()), default=0) if live else 0

    def close(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None


@contextmanager
def watching(broker: Broker) -> Iterator[Watch]:
    watch = Watch(broker)
    try:
        yield watch
    finally:
        watch.close()
