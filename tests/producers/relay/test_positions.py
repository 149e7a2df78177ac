"""Where the relay goes on: what is committed, and not what a transaction under way happens to show."""

from __future__ import annotations

from contextlib import closing
from threading import Thread

import pytest

from application.ids import new_id
from producers.relay.broker import Broker
from producers.relay.positions import Live, Place, Positions, PositionsLog, live_record
from producers.relay.publisher import Publisher
from producers.relay.topics import POSITIONS_SHAPE, ensure, origin_of
from tests.producers.relay.house import DEADLINE, INVOICES, NOW, UNCLOSED

pytestmark = [pytest.mark.kafka, UNCLOSED]


def live_at(position: int) -> Live:
    return Live(new_id(), NOW, {INVOICES: Place("topic", position, new_id())})


def test_a_reader_waits_for_the_transaction_that_hides_what_is_committed(broker: Broker) -> None:
    """Without that a relay that starts while a backfill is at work would publish again what it had."""
    ensure(broker, [POSITIONS_SHAPE])
    origin = origin_of(broker)
    older, newer = live_at(1), live_at(2)
    with Publisher(broker, "relay") as relay:
        relay.start()
        relay.publish([], live_record(origin, older))
        other = broker.producer("backfill")
        other.init_transactions()
        other.begin_transaction()
        other.send(broker.named(POSITIONS_SHAPE.name), b"{}", b"backfill x").get(DEADLINE)
        relay.publish([], live_record(origin, newer))
        with closing(PositionsLog(broker, origin)) as log:
            assert log.read(wait=False) == Positions(older)
            found: list[Positions] = []
            reading = Thread(target=lambda: found.append(log.read()))
            reading.start()
            reading.join(0.5)
            assert reading.is_alive()
            other.abort_transaction()
            reading.join(DEADLINE)
        other.close()
    assert found == [Positions(newer)]


def test_a_producer_that_was_given_up_leaves_nothing(broker: Broker) -> None:
    ensure(broker, [POSITIONS_SHAPE])
    origin = origin_of(broker)
    kept = live_at(1)
    first = Publisher(broker, "relay")
    first.start()
    first.publish([], live_record(origin, kept))
    assert first._producer is not None
    first._producer.begin_transaction()
    first._producer.send(broker.named(POSITIONS_SHAPE.name), live_record(origin, live_at(2))[1], b"relay")
    first._producer.flush()
    with Publisher(broker, "relay") as second, closing(PositionsLog(broker, origin)) as log:
        second.start()
        assert log.read() == Positions(kept)
    first.abandon()
