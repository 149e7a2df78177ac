"""The consumer of receipts against a bare loop that reads the same messages and does one INSERT for each."""

from __future__ import annotations

import statistics
import time
from itertools import batched
from threading import Event, Thread
from typing import Any
from uuid import UUID

import orjson
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from psycopg import Cursor

from application.app import Context, Lastro
from application.clock import utc_now
from application.collector import seldom_collected
from application.database import Database
from application.ids import new_id
from application.incoming.raw import MessageSeal
from application.lookups import Lookups
from application.settlements.settlements import Settlements
from bench.billing_house import open_lastro
from bench.broker import bench_broker, fresh_prefix
from bench.facts import NOW
from bench.invoice_facts import numbered, opened, requested
from bench.portfolio import MARCH
from bench.rows import Row
from bench.server import durable_server, migrated
from consumers.broker import FETCHED
from consumers.contracts.settlements import RECEIVED, TOPIC
from consumers.loop import ConsumerLoop, Installation
from consumers.settlements import SettlementItem, SettlementsHandler
from domain.invoice.events import InvoiceBilled
from domain.kernel import DomainEvent, Header
from projections.numbered_boletos import NumberedBoletosQuery
from projections.settlements.waiting import WaitingReceiptsQuery

ROUNDS = 3
PARTITIONS = 3
_LONGEST = 600.0
_LOOK_SECONDS = 0.01
"""Each look takes a part of the consumer's processor: more of them would be measured, not the consumer."""


def run(scale: str) -> list[Row]:
    """Both are timed at work, from the first batch that is committed to the last."""
    messages = 6_000 if scale == "small" else 60_000
    with durable_server() as server, bench_broker() as bootstrap:
        rounds = []
        for _ in range(ROUNDS):
            with migrated(server) as database:
                prefix = fresh_prefix()
                topic = _made(bootstrap, prefix)
                _send(bootstrap, topic, _billed(database, messages))
                bare = [_bare(bootstrap, topic, database, pipelined=each) for each in (False, True)]
                rounds.append((*bare, _consumed(bootstrap, prefix, database)))
    single, pipelined, consumed = (statistics.median(each) for each in zip(*rounds, strict=True))
    ratios = [effects / loop for loop, _, effects in rounds]
    note = (
        f"{messages:,} receipts, batches of {FETCHED}: {consumed:,.0f} effects/s,"
        f" {1e6 / consumed:.0f} µs each (two facts, their invoice loaded); bare read and one INSERT"
        f" each {single:,.0f}/s; ratios of the rounds"
        f" {', '.join(f'{ratio:.2f}' for ratio in sorted(ratios))}"
    )
    in_one_go = f"the same, all INSERTs of a batch sent in one go (executemany): {pipelined:,.0f}/s"
    return [
        Row("consume", statistics.median(ratios), 0.5, "higher", note),
        Row("consume_executemany", consumed / pipelined, None, "higher", in_one_go),
    ]


def _made(bootstrap: str, prefix: str) -> str:
    topic = f"{prefix}{TOPIC}"
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    admin.close()
    return topic


def _billed(database: Database, count: int) -> list[UUID]:
    """Invoices that were billed and numbered, one for each receipt, as most are."""
    lastro = open_lastro(database.url, database.schema)
    invoices = [new_id() for _ in range(count)]
    for page in batched(invoices, 1_000):
        lastro.record_batch(Context("bench", new_id()), [fact for id in page for fact in _life(id)])
    lastro.close()
    with database.autocommit() as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return invoices


def _life(invoice: UUID) -> list[DomainEvent]:
    company = UUID(int=1)
    headers = [
        Header(originator_id=invoice, originator_version=version, occurred_at=NOW, company_id=company)
        for version in range(1, 5)
    ]
    return [
        opened(headers[0], company, company, MARCH[0]),
        requested(headers[1], company),
        numbered(headers[2], company, company, MARCH[0]),
        InvoiceBilled(**headers[3], billed_on=MARCH[0]),
    ]


def _send(bootstrap: str, topic: str, invoices: list[UUID]) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap, linger_ms=20, batch_size=262_144)
    for number, invoice in enumerate(invoices):
        producer.send(topic, _message(number, invoice), partition=number % PARTITIONS)
    producer.flush()
    producer.close()


def _message(number: int, invoice: UUID) -> bytes:
    data = {
        "source": "banco",
        "settlement_id": f"E{number:010}",
        "paid_on": MARCH[0],
        "amount": "150.00",
        "invoice_id": invoice,
        "instalment": 1,
    }
    envelope: dict[str, Any] = {"specversion": "1.0", "id": f"E{number}", "source": "urn:banco"}
    return orjson.dumps({**envelope, "type": RECEIVED, "data": data})


def _bare(bootstrap: str, topic: str, database: Database, *, pipelined: bool) -> float:
    """Messages a second: read in batches of the same size, one INSERT each, a commit for each batch."""
    reader = KafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", max_poll_records=FETCHED
    )
    partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    reader.assign(partitions)
    reader.seek_to_beginning(*partitions)
    left = sum(reader.end_offsets(partitions).values())
    counted, began = 0, 0.0
    with database.dedicated() as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare")
        cursor.execute("CREATE TABLE bare (id bigserial PRIMARY KEY, value jsonb NOT NULL)")
        while left:
            for records in reader.poll(timeout_ms=500).values():
                with connection.transaction():
                    _insert(cursor, [each.value.decode() for each in records], pipelined=pipelined)
                left -= len(records)
                counted += len(records) if began else 0
                began = began or time.perf_counter()
        took = time.perf_counter() - began
    reader.close()
    return counted / took


def _insert(cursor: Cursor[Any], values: list[str], *, pipelined: bool) -> None:
    if pipelined:
        cursor.executemany("INSERT INTO bare (value) VALUES (%s)", [(value,) for value in values])
        return
    for value in values:
        cursor.execute("INSERT INTO bare (value) VALUES (%s)", (value,))


def _consumed(bootstrap: str, prefix: str, database: Database) -> float:
    """Receipts a second that took effect."""
    lastro, stopping = open_lastro(database.url, database.schema), Event()
    at = _installation(bootstrap, prefix, lastro.database)
    loop = ConsumerLoop[SettlementItem](_handler(lastro), at)
    thread = Thread(target=loop.run, args=(stopping,), daemon=True)
    thread.start()
    try:
        with seldom_collected():  # as the consumers' process is
            first = _until(thread, database, 1)
            last = _until(thread, database, _all(bootstrap, f"{prefix}{TOPIC}"))
    finally:
        stopping.set()
        thread.join()
        lastro.close()
        lastro.database.close()
    return (last[0] - first[0]) / (last[1] - first[1])


def _handler(lastro: Lastro) -> SettlementsHandler:
    database = lastro.database
    lookups = Lookups(database, bytes(32))
    numbered_boletos, waiting = NumberedBoletosQuery(database), WaitingReceiptsQuery(database)
    return SettlementsHandler(Settlements(lastro, lookups, utc_now, numbered_boletos, waiting))


def _installation(bootstrap: str, prefix: str, database: Database) -> Installation:
    return Installation({"bootstrap_servers": bootstrap}, prefix, database, MessageSeal(bytes(32)))


def _all(bootstrap: str, topic: str) -> int:
    reader = KafkaConsumer(bootstrap_servers=bootstrap)
    ends = reader.end_offsets([TopicPartition(topic, number) for number in range(PARTITIONS)])
    reader.close()
    return int(sum(ends.values()))


def _until(thread: Thread, database: Database, count: int) -> tuple[int, float]:
    """When so many were passed, and how many it were."""
    deadline = time.perf_counter() + _LONGEST
    with database.dedicated() as connection:
        while True:
            row = connection.execute("SELECT sum(next_offset) FROM consumer_offset").fetchone()
            now = time.perf_counter()
            if row is not None and row[0] is not None and row[0] >= count:
                return int(row[0]), now
            if not thread.is_alive() or now > deadline:
                raise TimeoutError(f"the consumer did not pass {count} messages")
            time.sleep(_LOOK_SECONDS)
