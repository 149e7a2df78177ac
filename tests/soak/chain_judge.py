"""The judge of a chain under crashes: what subscribers get, what was applied, and what was set aside."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid5

import orjson
from kafka import KafkaConsumer, TopicPartition

from application.app import Lastro
from application.database import Database
from application.event_store.reading import RecordedEvent
from consumers.contracts import orders, settlements
from consumers.poison import SUFFIX
from domain.invoice.events import InstallmentPaid, InvoiceOpened, PaymentReversed
from domain.invoice.invoice import project
from domain.sale.events import SaleCancelled, SaleRecorded
from domain.settlement.events import (
    SettlementApplied,
    SettlementIdentified,
    SettlementReversed,
    SettlementUnidentified,
    SettlementVoided,
)
from domain.values.ids import settlement_id
from producers.messages.catalogue import PUBLIC_TOPICS, messages_of
from producers.messages.customers import PERSONAL_TOPIC, PERSONAL_TYPE, STATING
from tests.soak.chain_world import BANK, SHOP, Receipt, Told

_LAST = 10**9
_READ_SECONDS = 120.0


@dataclass(frozen=True)
class Record:
    """A message where it stands."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes


def parts_of(consumer: KafkaConsumer, topics: Sequence[str]) -> list[TopicPartition]:
    """All partitions of these topics."""
    return [TopicPartition(each, part) for each in topics for part in consumer.partitions_for_topic(each)]


def read(bootstrap: str, topics: Sequence[str]) -> list[Record]:
    """Everything that is committed there, each partition in its order."""
    settings = {"isolation_level": "read_committed", "enable_auto_commit": False}
    with closing(KafkaConsumer(bootstrap_servers=bootstrap, **settings)) as consumer:
        parts = parts_of(consumer, topics)
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        ends = consumer.end_offsets(parts)
        found: list[Record] = []
        deadline = time.monotonic() + _READ_SECONDS
        while any(consumer.position(part) < ends[part] for part in parts):
            assert time.monotonic() < deadline, "the end was not reached"
            for records in consumer.poll(timeout_ms=100).values():
                found += [Record(e.topic, e.partition, e.offset, e.key, e.value) for e in records]
        return found


class Judge:
    """Looks at a chain that is quiet. `log` is the whole event table."""

    def __init__(self, bootstrap: str, database: Database, lastro: Lastro, told: Told) -> None:
        self._bootstrap = bootstrap
        self._database = database
        self._lastro = lastro
        self._told = told
        self.log = lastro.read(0, _LAST)
        self.messages = read(bootstrap, list(PUBLIC_TOPICS))

    def faults(self, kit: Path) -> list[str]:
        """What went wrong, in words; empty when all is well."""
        return [
            *published_faults(self.log, self.messages),
            *self._receipt_faults(),
            *self._order_faults(),
            *self._total_faults(kit),
            *self._letter_faults(),
        ]

    def _facts[F](self, kind: type[F]) -> list[F]:
        topic: str = kind.TOPIC  # type: ignore[attr-defined]
        opened = self._lastro.opened([each for each in self.log if each.topic == topic])
        return [each for each in opened if isinstance(each, kind)]

    def _receipt_faults(self) -> Iterator[str]:
        topics: dict[UUID, list[str]] = defaultdict(list)
        for each in self.log:
            if each.topic.startswith("settlement."):
                topics[each.stream_id].append(each.topic)
        ids = {settlement_id(BANK, number): receipt for number, receipt in self._told.receipts.items()}
        yield from _differing("receipts", ids, topics)
        payments = {each.payment_id: each for each in self._facts(InstallmentPaid)}
        paid = Counter(each.payment_id for each in self._facts(InstallmentPaid))
        back = Counter(each.payment_id for each in self._facts(PaymentReversed))
        yield from _differing("payments", ids.keys() & paid.keys(), paid)
        for id, receipt in ids.items():
            if tuple(topics[id]) not in _ways(receipt):
                yield f"{receipt}: {topics[id]}"
            is_paid = bool({SettlementApplied.TOPIC, SettlementIdentified.TOPIC} & set(topics[id]))
            expected = (int(is_paid), int(is_paid and receipt.taken_back))
            if (paid[id], back[id]) != expected:
                yield f"{receipt}: paid {paid[id]} and taken back {back[id]} times"
            if is_paid and (payments[id].originator_id, payments[id].amount) != (
                receipt.invoice_id,
                receipt.amount,
            ):
                yield f"{receipt}: paid {payments[id].amount} of {payments[id].originator_id}"

    def _order_faults(self) -> Iterator[str]:
        sales = self._facts(SaleRecorded)
        recorded = Counter(each.order for each in sales if each.source == SHOP)
        yield from _differing("orders", self._told.orders, recorded)
        yield from (f"{order} is recorded {count} times" for order, count in recorded.items() if count != 1)
        cancelled = Counter(each.originator_id for each in self._facts(SaleCancelled))
        billed = Counter(each.stream_id for each in self.log if each.topic == "sale.items_billed.v1")
        for sale in sales:
            end = self._told.orders.get(sale.order)
            found = (cancelled[sale.originator_id], billed[sale.originator_id])
            if found != (int(end == "cancelled"), int(end == "at_once")):
                yield f"order {sale.order} ({end}): cancelled and billed {found} times"
        at_once = sum(end == "at_once" for end in self._told.orders.values())
        owed = sum(each.origin == "sale" for each in self._facts(InvoiceOpened))
        if owed != at_once:
            yield f"{owed} invoices of {at_once} sales that are owed at once"

    def _total_faults(self, kit: Path) -> Iterator[str]:
        """What each customer owes: by the facts, by the read model, by the subscriber's kit."""
        facts: Counter[str] = Counter()
        opened = [each.originator_id for each in self._facts(InvoiceOpened)]
        for invoice in self._lastro.load_many(project, opened).values():
            facts[str(invoice.customer_id)] += _cents(invoice.balance)
        with self._database.connection() as connection:
            rows = connection.execute(
                "SELECT customer_id::text, sum(open_amount) FROM receivables GROUP BY 1"
            ).fetchall()
        model = {customer: _cents(amount) for customer, amount in rows}
        with closing(sqlite3.connect(kit)) as db:
            kept = dict(db.execute("SELECT customer, cents FROM receivables").fetchall())
        for name, found in (("read model", model), ("kit", kept)):
            if {key: cents for key, cents in found.items() if cents} != +facts:
                yield f"{name}: {found}, and by the facts {dict(facts)}"

    def _letter_faults(self) -> Iterator[str]:
        """What was meant to be wrong is set aside once where it stands, and nothing else is."""
        intended = {"poison": self._told.poison, "refused": self._told.refused}
        incoming = read(self._bootstrap, [orders.TOPIC, settlements.TOPIC])
        expected = Counter(
            (kind, each.topic, each.partition, each.offset)
            for kind, values in intended.items()
            for each in incoming
            if each.value in values
        )
        with self._database.connection() as connection:
            rows = connection.execute(
                "SELECT kind, topic, partition, message_offset FROM dead_letter"
            ).fetchall()
        if Counter(rows) != expected:
            yield f"set aside too much: {Counter(rows) - expected}, too little: {expected - Counter(rows)}"
        bad = {each.topic for each in incoming if each.value in self._told.poison}
        letters = read(self._bootstrap, [f"{topic}{SUFFIX}" for topic in bad]) if bad else []
        if {each.value for each in letters} != self._told.poison:
            yield "the dead-letter topics hold other messages than those that nobody can read"


def published_faults(log: Sequence[RecordedEvent], messages: Sequence[Record]) -> Iterator[str]:
    """Each fact that has a message is there once, and those of an aggregate in the order of its versions."""
    expected: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for event in log:
        for message in messages_of(event):
            expected[message.topic, str(event.stream_id)].append((event.version, str(event.event_id)))
        if event.topic in STATING:
            personal = (event.version, str(uuid5(event.event_id, PERSONAL_TYPE)))
            expected[PERSONAL_TOPIC, str(event.stream_id)].append(personal)
    seen: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for record in messages:
        said = orjson.loads(record.value)
        seen[record.topic, record.key.decode()].append((said["streamversion"], said["id"]))
    twice = [
        id for id, count in Counter(each for told in seen.values() for each in told).items() if count > 1
    ]
    if twice:
        yield f"{len(twice)} messages are there twice, as {twice[:3]}"
    wrong = [place for place in expected.keys() | seen.keys() if expected[place] != seen[place]]
    for place in sorted(wrong)[:5]:
        yield f"{len(wrong)} aggregates differ: {place} has {seen[place]}, and by the log {expected[place]}"


def _ways(receipt: Receipt) -> set[tuple[str, ...]]:
    """What may become of a receipt. What it names may be found a moment after it came."""
    if receipt.invoice_id is None:
        return {(SettlementUnidentified.TOPIC,)}
    found = {(SettlementApplied.TOPIC,), (SettlementUnidentified.TOPIC, SettlementIdentified.TOPIC)}
    if not receipt.taken_back:
        return found
    back = SettlementReversed.TOPIC
    first = {(SettlementUnidentified.TOPIC, back), (back, SettlementVoided.TOPIC)}
    return first | {(*way, back) for way in found}


def _differing(what: str, wanted: Iterable[object], found: Iterable[object]) -> Iterator[str]:
    for which, some in (
        ("are missing", set(wanted) - set(found)),
        ("were told by nobody", set(found) - set(wanted)),
    ):
        if some:
            yield f"{len(some)} {what} {which}, as {sorted(map(str, some))[:3]}"


def _cents(amount: Decimal) -> int:
    return int(amount * 100)
