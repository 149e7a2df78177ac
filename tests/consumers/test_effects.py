"""Orders and receipts by Kafka, on the real broker: one effect each, however often and in whatever order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from application.access import SYSTEM
from application.app import Lastro
from application.clock import utc_now
from application.customers import CustomerForm
from application.database import Database
from application.incoming.desk import MessageDesk
from application.incoming.raw import MessageSeal
from application.lookups import Lookups
from application.sales import Orders
from consumers.contracts import orders, settlements
from consumers.orders import OrdersHandler
from consumers.replaying import Replayer
from consumers.settlements import SettlementsHandler
from domain.invoice.events import InstallmentPaid, PaymentReversed
from domain.sale.events import SaleCancelled, SaleRecorded
from tests.application.settlements.organisation import Organisation
from tests.application.world import FactReadModels, World
from tests.consumers.letters import event, order, packed, receipt
from tests.consumers.running import SECRET, UNCLOSED, Running, eventually, installation, rows, running, send
from tests.consumers.test_crashes import facts
from tests.support.application import MASTER_KEY
from tests.support.kafka import Topics

pytestmark = [pytest.mark.kafka, UNCLOSED]

PARTITIONS = 3


@pytest.fixture
def organisation(lastro: Lastro) -> Organisation:
    return Organisation(World(lastro))


@pytest.fixture
def orders_handler(organisation: Organisation) -> OrdersHandler:
    world = organisation.world
    database = world.lastro.database
    lookups = Lookups(database, MASTER_KEY.derived("lookup"))
    return OrdersHandler(Orders(world.lastro, lookups, lambda: world.now, FactReadModels(database)))


@contextmanager
def consuming(handler: Any, topics: Topics, database: Database) -> Iterator[Running]:
    with running(handler, installation(topics.bootstrap, topics.prefix, database)) as one:
        yield one


def read(database: Database, count: int) -> None:
    total = "SELECT coalesce(sum(next_offset), 0) FROM consumer_offset"
    eventually(lambda: rows(database, total)[0][0] >= count)


def read_again(database: Database) -> None:
    with database.connection() as connection:
        connection.execute("UPDATE consumer_offset SET next_offset = NULL, topic_id = NULL")


def reversal(number: str) -> dict[str, Any]:
    data = {"source": "banco", "settlement_id": number, "reason": "devolvido"}
    return event(settlements.REVERSED, f"back-{number}", data)


def test_receipts_told_twice_mixed_and_read_from_zero_pay_once(
    topics: Topics, organisation: Organisation, database: Database
) -> None:
    topic = topics.create(settlements.TOPIC, partitions=PARTITIONS)
    invoice, _ = organisation.billed()
    told = [receipt(str(number), "1.00", invoice_id=str(invoice.id)) for number in range(30)]
    told += [reversal("3"), reversal("99"), receipt("99", "1.00", invoice_id=str(invoice.id)), receipt("who")]
    sent = [*told, *told]
    Random(7).shuffle(sent)
    by_key = sorted(sent, key=lambda each: each["type"] != settlements.RECEIVED)
    values = [(hash(each["data"]["settlement_id"]) % PARTITIONS, packed(each)) for each in by_key]
    handler = SettlementsHandler(organisation.settlements)
    with consuming(handler, topics, database):
        send(topics.bootstrap, topic, values)
        read(database, len(values))
        read_again(database)
        read(database, len(values))
    lastro = organisation.world.lastro
    assert len(facts(lastro, InstallmentPaid)) == 31
    assert len(facts(lastro, PaymentReversed)) == 2
    assert organisation.world.invoice(invoice.id).balance == Decimal("121.00")
    assert rows(database, "SELECT count(*) FROM dead_letter") == [(0,)]
    actors = rows(database, "SELECT DISTINCT actor FROM event WHERE topic LIKE 'settlement.%%'")
    assert actors == [("kafka:payments.settlements.v1",)]


def test_orders_told_twice_and_read_from_zero_are_one_sale_each(
    topics: Topics, organisation: Organisation, orders_handler: OrdersHandler, database: Database
) -> None:
    topic = topics.create(orders.TOPIC, partitions=PARTITIONS)
    placed = [order(str(number), f"C{number % 3}") for number in range(20)]
    gone = {"source": "loja", "order": "5", "company_code": "ACME", "reason": "desistiu"}
    told = [*placed, *placed, event(orders.CANCELLED, "gone-5", gone)]
    values = [(int(each["data"]["order"]) % PARTITIONS, packed(each)) for each in told]
    with consuming(orders_handler, topics, database):
        send(topics.bootstrap, topic, values)
        read(database, len(values))
        read_again(database)
        read(database, len(values))
    lastro = organisation.world.lastro
    assert Counter(each.order for each in facts(lastro, SaleRecorded)) == Counter(map(str, range(20)))
    assert len(facts(lastro, SaleCancelled)) == 1
    assert rows(database, "SELECT count(*) FROM dead_letter") == [(0,)]


def test_an_order_of_somebody_unknown_waits_and_is_applied_once_they_are_registered(
    topics: Topics, organisation: Organisation, orders_handler: OrdersHandler, database: Database
) -> None:
    topic = topics.create(orders.TOPIC, partitions=PARTITIONS)
    lastro = organisation.world.lastro
    with consuming(orders_handler, topics, database):
        send(topics.bootstrap, topic, [(0, packed(order("1", "NOVO"))), (0, packed(order("2")))])
        read(database, 2)
        assert [each.order for each in facts(lastro, SaleRecorded)] == ["2"]
        form = CustomerForm(code="NOVO", kind="person", name="Nova Cliente", document="123.456.789-09")
        organisation.world.commands.customers.register(SYSTEM, form)
        replayer = Replayer(database, [orders_handler], utc_now)
        desk = MessageDesk(lastro, utc_now, MessageSeal(SECRET), replayer)
        ((letter,),) = rows(
            database, "SELECT dead_letter_id FROM dead_letter WHERE code = 'order_reference_unknown'"
        )
        assert desk.replay(SYSTEM, letter) is None
        read_again(database)
        read(database, 2)
    assert [each.order for each in facts(lastro, SaleRecorded)] == ["2", "1"]
    assert rows(database, "SELECT state, settled_by FROM dead_letter") == [("applied", "system")]


def test_an_order_read_again_once_its_customer_is_known_settles_itself(
    topics: Topics, organisation: Organisation, orders_handler: OrdersHandler, database: Database
) -> None:
    topic = topics.create(orders.TOPIC, partitions=1)
    with consuming(orders_handler, topics, database):
        send(topics.bootstrap, topic, [(0, packed(order("1", "NOVO")))])
        read(database, 1)
        form = CustomerForm(code="NOVO", kind="person", name="Nova Cliente", document="123.456.789-09")
        organisation.world.commands.customers.register(SYSTEM, form)
        read_again(database)
        eventually(lambda: rows(database, "SELECT state FROM dead_letter") == [("applied",)])
    assert len(facts(organisation.world.lastro, SaleRecorded)) == 1
