"""A topic is filled from the beginning of the log, in order, beside a relay that goes on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import pytest

from application.app import Lastro
from application.database import Database
from producers.messages import catalogue
from producers.relay import relay as relaying
from producers.relay.backfill import Backfill, Filled
from producers.relay.broker import Broker
from producers.relay.installation import Installation
from producers.relay.problems import BackfillRefusedError
from tests.producers.relay.house import (
    INVOICES,
    SERVICES,
    SOURCE,
    UNCLOSED,
    Watch,
    check_once_in_order,
    feeder_on,
    read_topic,
    record,
    record_invoices,
    running,
    service_registered,
    wait_until,
    watching,
)
from tests.support.cli import KEY
from tests.support.kafka import Topics
from tests.support.mortal import Process

pytestmark = [pytest.mark.kafka, UNCLOSED]

COPY = "ledger.invoices"


class GoneError(Exception):
    """The process is gone between two transactions."""


@contextmanager
def before_release(monkeypatch: pytest.MonkeyPatch, topic: str) -> Iterator[None]:
    """The relay of the release before, which did not know a topic."""
    with monkeypatch.context() as patch:
        known = {name: each for name, each in catalogue.PUBLIC_TOPICS.items() if name != topic}
        patch.setattr(relaying, "PUBLIC_TOPICS", known)
        yield


def fill(
    broker: Broker, database: Database, topic: str, into: str | None = None, *, gone_after: int | None = None
) -> Filled:
    left = gone_after

    def reached(done: int, of: int) -> None:
        nonlocal left
        assert done <= of
        if left is not None:
            left -= 1
            if left == 0:
                raise GoneError

    feeder = feeder_on(database)
    try:
        installation = Installation(broker, database, SOURCE)
        return Backfill(installation, feeder, topic, into, size=40).run(Event(), reached)
    finally:
        feeder.close()


def test_a_new_topic_waits_and_is_filled_and_handed_over_beside_a_live_relay(
    broker: Broker, database: Database, lastro: Lastro, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_invoices(lastro, 50)
    record(lastro, service_registered())
    with before_release(monkeypatch, INVOICES), running(broker, database) as relay:
        relay.until(lastro.safe_position())
    with running(broker, database) as relay:
        record_invoices(lastro, 5)
        record(lastro, service_registered())
        relay.until(lastro.safe_position())
        assert relay.waiting == {INVOICES}
        assert read_topic(broker, INVOICES) == []
        done = fill(broker, database, INVOICES)
        assert (done.whole, done.messages) == (True, 165)
        wait_until(lambda: relay.waiting == frozenset(), "the topic to be fed")
        record_invoices(lastro, 5)
        record(lastro, service_registered())
        relay.until(lastro.safe_position())
    assert check_once_in_order(broker, INVOICES, database, "invoice.") == 180
    assert check_once_in_order(broker, SERVICES, database, "service.") == 3


def test_a_backfill_that_was_interrupted_goes_on_where_it_was(
    broker: Broker, database: Database, lastro: Lastro
) -> None:
    record_invoices(lastro, 50)
    with running(broker, database) as relay:
        relay.until(lastro.safe_position())
        for _ in range(2):
            with pytest.raises(GoneError):
                fill(broker, database, INVOICES, COPY, gone_after=1)
        with watching(broker) as watch:
            assert watch.positions().fillings[COPY].place.position > 0
        assert fill(broker, database, INVOICES, COPY).messages == 70
    assert check_once_in_order(broker, COPY, database, "invoice.") == 150
    assert check_once_in_order(broker, INVOICES, database, "invoice.") == 150


def test_a_copy_is_filled_once_more_with_what_came_since(
    broker: Broker, database: Database, lastro: Lastro
) -> None:
    record_invoices(lastro, 3)
    with running(broker, database) as relay:
        relay.until(lastro.safe_position())
        assert fill(broker, database, INVOICES, COPY).messages == 9
        record_invoices(lastro, 2)
        relay.until(lastro.safe_position())
        assert fill(broker, database, INVOICES, COPY).messages == 6
        assert fill(broker, database, INVOICES, COPY).messages == 0
    assert check_once_in_order(broker, COPY, database, "invoice.") == 15


def test_a_topic_about_what_never_happened_joins_without_a_backfill(
    broker: Broker, database: Database, lastro: Lastro, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_invoices(lastro, 1)
    with before_release(monkeypatch, SERVICES), running(broker, database) as relay:
        relay.until(lastro.safe_position())
    with running(broker, database) as relay:
        record(lastro, service_registered())
        relay.until(lastro.safe_position())
        assert relay.waiting == frozenset()
    assert check_once_in_order(broker, SERVICES, database, "service.") == 1


def test_what_is_not_to_be_filled_is_refused(broker: Broker, database: Database, lastro: Lastro) -> None:
    personal = "billing.customers_personal.v1"
    with pytest.raises(BackfillRefusedError, match="no public topic"):
        fill(broker, database, "billing.nothing.v1")
    with pytest.raises(BackfillRefusedError, match="personal data"):
        fill(broker, database, personal, COPY)
    for name in (SERVICES, "sales.orders.v1", "billing.relay_positions.v1", "a b"):
        with pytest.raises(BackfillRefusedError, match="cannot be the name"):
            fill(broker, database, INVOICES, name)
    record_invoices(lastro, 1)
    with running(broker, database) as relay:
        relay.until(lastro.safe_position())
        with pytest.raises(BackfillRefusedError, match="the relay feeds it"):
            fill(broker, database, INVOICES)
        fill(broker, database, INVOICES, COPY)
        with pytest.raises(BackfillRefusedError, match="is being filled with"):
            fill(broker, database, SERVICES, COPY)


def test_a_topic_that_holds_something_else_is_not_filled(
    broker: Broker, database: Database, lastro: Lastro, topics: Topics
) -> None:
    record_invoices(lastro, 1)
    with running(broker, database) as relay:
        relay.until(lastro.safe_position())
        topics.create(COPY, configs={"cleanup.policy": "delete", "retention.ms": "-1"})
        producer = broker.producer("somebody")
        producer.init_transactions()
        producer.begin_transaction()
        producer.send(topics.name(COPY), b"{}", b"key")
        producer.commit_transaction()
        producer.close()
        with pytest.raises(BackfillRefusedError, match="no backfill has put there"):
            fill(broker, database, INVOICES, COPY)


@pytest.mark.slow
@pytest.mark.chaos
def test_a_backfill_killed_with_kill_9_is_finished_by_the_next(
    broker: Broker, database: Database, database_url: str, lastro: Lastro, topics: Topics
) -> None:
    record_invoices(lastro, 6_000)
    with running(broker, database) as relay:
        relay.until(lastro.safe_position())
    environment = {
        "LASTRO_DATABASE_URL": database_url,
        "LASTRO_MASTER_KEY": KEY,
        "LASTRO_HOME": tempfile.gettempdir(),
        "LASTRO_KAFKA": topics.bootstrap,
        "LASTRO_KAFKA_PREFIX": topics.prefix,
        "LASTRO_EVENT_SOURCE": SOURCE,
    }
    filling = Process("backfill", ["relay", "backfill", INVOICES, "--into", COPY], environment)
    try:
        with watching(broker) as watch:
            wait_until(lambda: _under_way(watch) or not filling.is_running, "a chunk")
            assert filling.is_running, filling.log
            assert filling.kill() is not None
            assert not watch.positions().fillings[COPY].ended
    finally:
        filling.stop()
    assert fill(broker, database, INVOICES, COPY).whole
    assert check_once_in_order(broker, COPY, database, "invoice.") == 18_000


def _under_way(watch: Watch) -> bool:
    filling = watch.positions().fillings.get(COPY)
    return filling is not None and filling.place.position > 0
