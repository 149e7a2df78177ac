"""What a relay does not do: go on beside another one, or where topics and log do not belong together."""

from __future__ import annotations

from threading import Event

import pytest

from application.app import Lastro
from application.database import Database
from application.ids import new_id
from producers.relay.broker import Broker
from producers.relay.installation import Installation
from producers.relay.positions import POSITIONS, POSITIONS_CONFIG, Origin, live_record
from producers.relay.problems import (
    ClusterDiffersError,
    FactsUnreadableError,
    LogRestoredError,
    MessageTooLargeError,
    PositionsLostError,
    RelayFencedError,
    TopicWrongError,
)
from producers.relay.publisher import Publisher
from producers.relay.relay import Relay
from producers.relay.topics import origin_of
from tests.application.event_store.facts import Counted
from tests.producers.relay.house import (
    INVOICES,
    SOURCE,
    UNCLOSED,
    check_once_in_order,
    feeder_on,
    header,
    read_topic,
    record,
    record_invoices,
    running,
    watching,
)
from tests.support.application import application_on
from tests.support.kafka import Topics, admin
from tests.support.postgres import SCHEMA, Server

pytestmark = [pytest.mark.kafka, UNCLOSED]


def run(broker: Broker, database: Database) -> None:
    """A relay that is expected to refuse."""
    feeder = feeder_on(database)
    try:
        Relay(Installation(broker, database, SOURCE), feeder).run(Event())
    finally:
        feeder.close()


def published(broker: Broker, database: Database, lastro: Lastro) -> None:
    record_invoices(lastro, 2)
    with running(broker, database) as relay:
        relay.until(lastro.safe_position())


def test_the_older_of_two_relays_is_fenced_and_stops(
    broker: Broker, database: Database, lastro: Lastro
) -> None:
    record_invoices(lastro, 2)
    with running(broker, database) as older:
        older.until(lastro.safe_position())
        with running(broker, database) as newer:
            newer.until(lastro.safe_position())
            record_invoices(lastro, 2)
            newer.until(lastro.safe_position())
            ended = older.ended()
            assert newer.thread.is_alive()
    assert isinstance(ended, RelayFencedError)
    assert "another process has taken over" in str(ended)
    assert check_once_in_order(broker, INVOICES, database, "invoice.") == 12


def test_a_relay_that_starts_over_notices_who_came_meanwhile(
    broker: Broker, database: Database, lastro: Lastro
) -> None:
    """It takes a name again only while it was the last to have it: else two would fence each other."""
    record_invoices(lastro, 1)
    with running(broker, database) as older:
        older.until(lastro.safe_position())
        older.stopping.set()
        older.thread.join()
        with running(broker, database) as newer:
            newer.until(lastro.safe_position())
        with pytest.raises(RelayFencedError):
            older.relay.run(Event())


@pytest.mark.parametrize(("invoices", "why"), [(0, "this log has no event"), (9, "this log has event")])
def test_a_log_that_was_restored_or_is_another_one_is_refused(
    broker: Broker,
    database: Database,
    lastro: Lastro,
    postgres_server: Server,
    template_database: str,
    invoices: int,
    why: str,
) -> None:
    published(broker, database, lastro)
    with postgres_server.fresh(template_database) as url, Database(url, SCHEMA, 4) as other:
        with application_on(other) as another:
            record_invoices(another, invoices)
        with pytest.raises(LogRestoredError, match=why):
            run(broker, other)


def test_a_topic_with_other_partitions_is_refused(broker: Broker, database: Database, topics: Topics) -> None:
    topics.create(INVOICES, partitions=3, configs={"cleanup.policy": "delete", "retention.ms": "-1"})
    with pytest.raises(TopicWrongError, match="partitions: 3, and its contract says 12"):
        run(broker, database)


def test_a_topic_that_loses_its_beginning_is_refused(
    broker: Broker, database: Database, topics: Topics
) -> None:
    topics.create(INVOICES, configs={"retention.ms": "3600000"})
    with pytest.raises(TopicWrongError, match=r"retention\.ms: 3600000"):
        run(broker, database)


def test_topics_without_their_positions_are_refused(
    broker: Broker, database: Database, lastro: Lastro, topics: Topics
) -> None:
    published(broker, database, lastro)
    with admin(topics.bootstrap) as client:
        client.delete_topics([topics.name(POSITIONS)])
    with pytest.raises(PositionsLostError, match="would say everything twice"):
        run(broker, database)


def test_positions_that_were_copied_are_refused(
    broker: Broker, database: Database, lastro: Lastro, topics: Topics
) -> None:
    published(broker, database, lastro)
    other = Broker(broker.options, f"{topics.prefix}copy.")
    topics.create(f"copy.{POSITIONS}", partitions=1, configs=POSITIONS_CONFIG)
    publisher = broker.producer("copier")
    publisher.init_transactions()
    with watching(broker) as watch:
        live = watch.positions().live
    assert live is not None
    key, value = live_record(Origin(origin_of(broker).cluster, topics.prefix), live)
    publisher.begin_transaction()
    publisher.send(other.named(POSITIONS), value, key)
    publisher.commit_transaction()
    publisher.close()
    with pytest.raises(ClusterDiffersError, match="prefix"):
        run(other, database)


def test_a_fact_of_a_newer_release_stops_the_relay_before_it(
    broker: Broker, database: Database, lastro: Lastro
) -> None:
    published(broker, database, lastro)
    record(lastro, Counted(**header(new_id()), number=1, text="later"))
    with pytest.raises(FactsUnreadableError, match=r"test\.counted\.v1"):
        run(broker, database)


def test_a_message_that_no_topic_takes_is_named(broker: Broker, database: Database) -> None:
    with running(broker, database) as relay:
        relay.until(0)
    publisher = Publisher(broker, "lastro.relay")
    publisher.start()
    with pytest.raises(MessageTooLargeError, match="about key has 9000000 bytes"):
        publisher.publish([(INVOICES, 0, b"key", bytes(9_000_000), [])], (b"relay", b"{}"))
    publisher.abandon()


def test_topics_that_were_all_deleted_are_filled_from_the_beginning(
    broker: Broker, database: Database, lastro: Lastro, topics: Topics
) -> None:
    published(broker, database, lastro)
    with admin(topics.bootstrap) as client:
        client.delete_topics([name for name in topics.existing() if not name.endswith(POSITIONS)])
    with running(broker, database) as relay:
        relay.until(lastro.safe_position())
        assert relay.waiting == frozenset()
    assert check_once_in_order(broker, INVOICES, database, "invoice.") == 6


def test_a_topic_that_was_deleted_waits_for_its_backfill(
    broker: Broker, database: Database, lastro: Lastro, topics: Topics
) -> None:
    published(broker, database, lastro)
    with admin(topics.bootstrap) as client:
        client.delete_topics([topics.name(INVOICES)])
    with running(broker, database) as relay:
        relay.until(lastro.safe_position())
        assert relay.waiting == {INVOICES}
    assert read_topic(broker, INVOICES) == []
