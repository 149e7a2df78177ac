"""A broker or a database that goes away for a while costs time, and no relay."""

from __future__ import annotations

import pytest

from application.app import Lastro
from application.database import Database
from application.migrations import migrate
from deploy.local.kafka import KafkaServer
from lastro.wiring import MIGRATIONS
from producers.relay.broker import Broker
from tests.producers.relay.house import (
    INVOICES,
    UNCLOSED,
    check_once_in_order,
    record_invoices,
    running,
)
from tests.support.application import application_on
from tests.support.mortal import MortalPostgres
from tests.support.postgres import SCHEMA

pytestmark = [pytest.mark.kafka, pytest.mark.chaos, pytest.mark.slow, UNCLOSED]


def test_a_broker_that_comes_back_finds_the_relay_at_work(database: Database, lastro: Lastro) -> None:
    with KafkaServer.throwaway() as server:
        broker = Broker({"bootstrap_servers": [server.bootstrap]})
        record_invoices(lastro, 20)
        with running(broker, database) as relay:
            relay.until(lastro.safe_position())
            server.stop()
            record_invoices(lastro, 20)
            server.start()
            relay.until(lastro.safe_position())
            server.kill()
            record_invoices(lastro, 20)
            server.start()
            relay.until(lastro.safe_position())
        assert check_once_in_order(broker, INVOICES, database, "invoice.") == 180


def test_a_database_that_comes_back_finds_the_relay_at_work(broker: Broker) -> None:
    with MortalPostgres() as server, Database(server.url(), SCHEMA, 4) as database:
        migrate(database, MIGRATIONS)
        with application_on(database) as lastro:
            record_invoices(lastro, 20)
            with running(broker, database) as relay:
                relay.until(lastro.safe_position())
                for stop in (server.stop, server.kill):
                    stop()
                    server.start()
                    database.discard_broken()
                    record_invoices(lastro, 20)
                    relay.until(lastro.safe_position())
        assert check_once_in_order(broker, INVOICES, database, "invoice.") == 180
