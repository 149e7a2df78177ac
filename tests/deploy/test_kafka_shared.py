"""Tests share one broker, and none sees another's topics."""

from __future__ import annotations

import pytest
from kafka import KafkaConsumer, KafkaProducer

from tests.support.kafka import Topics

pytestmark = pytest.mark.kafka


@pytest.mark.parametrize("number", [b"1", b"2"])
def test_a_test_finds_its_own_messages_only(topics: Topics, number: bytes) -> None:
    name = topics.create("billing.invoices.v1", partitions=1)
    producer = KafkaProducer(bootstrap_servers=topics.bootstrap)
    producer.send(name, number).get(timeout=30)
    producer.close()

    consumer = KafkaConsumer(
        name, bootstrap_servers=topics.bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=500
    )
    found = [message.value for message in consumer]
    consumer.close()

    assert found == [number]
    assert topics.existing() == [name]
