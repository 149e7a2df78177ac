"""The relay publishes each fact once, in order, and says so in the same transaction."""

from __future__ import annotations

from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry

from application.app import Lastro
from application.database import Database
from application.ids import new_id
from producers.relay.broker import Broker
from producers.relay.chunks import partition_of
from producers.relay.gauges import RelayGauges
from producers.relay.positions import POSITIONS
from tests.producers.relay.house import (
    INVOICES,
    NOW,
    PERSONAL,
    SOURCE,
    UNCLOSED,
    check_once_in_order,
    customer_forgotten,
    customer_registered,
    read_topic,
    record,
    record_invoices,
    running,
)
from tests.support.kafka import Topics

pytestmark = [pytest.mark.kafka, UNCLOSED]


def test_every_fact_is_published_once_in_the_order_of_its_aggregate(
    broker: Broker, database: Database, lastro: Lastro
) -> None:
    record_invoices(lastro, 50, versions=3)
    with running(broker, database) as relay:
        relay.until(lastro.safe_position())
        record_invoices(lastro, 5)
        relay.until(lastro.safe_position())
    assert check_once_in_order(broker, INVOICES, database, "invoice.") == 165


def test_a_message_is_a_cloudevent_under_the_key_of_its_aggregate(
    broker: Broker, database: Database, lastro: Lastro
) -> None:
    (stream,) = record_invoices(lastro, 1, versions=1)
    with running(broker, database) as relay:
        relay.until(lastro.safe_position())
    (seen,) = read_topic(broker, INVOICES)
    assert seen.said is not None
    assert (seen.key, seen.partition) == (str(stream), partition_of(str(stream).encode()))
    assert seen.said["source"] == SOURCE
    assert UUID(seen.said["subject"]) == stream
    assert dict(seen.headers)["content-type"].startswith(b"application/cloudevents+json")


def test_a_restarted_relay_goes_on_where_it_was(broker: Broker, database: Database, lastro: Lastro) -> None:
    for _ in range(3):
        record_invoices(lastro, 4)
        with running(broker, database) as relay:
            relay.until(lastro.safe_position())
    assert check_once_in_order(broker, INVOICES, database, "invoice.") == 36


def test_topics_are_made_as_their_contract_says(broker: Broker, database: Database, topics: Topics) -> None:
    with running(broker, database) as relay:
        relay.until(0)
    names = {name.removeprefix(topics.prefix) for name in topics.existing()}
    assert {INVOICES, POSITIONS, "billing.customers_personal.v1"} <= names


def test_a_forgotten_person_leaves_a_tombstone_behind_their_data(
    broker: Broker, database: Database, lastro: Lastro
) -> None:
    customer = new_id()
    record(lastro, customer_registered(customer))
    with running(broker, database) as relay:
        relay.until(lastro.safe_position())
        with database.connection() as connection:
            lastro.keyring.erase(connection, customer, "subject", NOW)
        record(lastro, customer_forgotten(customer))
        relay.until(lastro.safe_position())
    known, gone = read_topic(broker, PERSONAL)
    assert known.said is not None
    assert known.said["data"]["name"] == "Ana Souza"
    assert "name" in known.said["personaldata"]
    assert (gone.key, gone.said) == (str(customer), None)
    assert "Ana Souza" not in str(read_topic(broker, "billing.customers.v1"))


def test_gauges_tell_where_each_topic_stands(broker: Broker, database: Database, lastro: Lastro) -> None:
    registry = CollectorRegistry()
    gauges = RelayGauges(registry)
    record_invoices(lastro, 2)
    with running(broker, database) as relay:
        relay.until(lastro.safe_position())
        gauges.show(database, relay.relay.standing, publishing=relay.relay.publishing)
    position = registry.get_sample_value("lastro_relay_position", {"topic": INVOICES})
    assert position == lastro.safe_position()
    assert registry.get_sample_value("lastro_relay_lag_events", {"topic": INVOICES}) == 0
    assert registry.get_sample_value("lastro_relay_publishing") == 1
    record_invoices(lastro, 2)
    gauges.show(database, relay.relay.standing, publishing=False)
    assert registry.get_sample_value("lastro_relay_lag_events", {"topic": INVOICES}) == 6
    assert registry.get_sample_value("lastro_relay_publishing") == 0
