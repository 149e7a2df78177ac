"""kill -9 of the relay, of its other process and of the broker: readers see each event once, in order."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections import Counter
from contextlib import suppress

import psutil
import pytest

from application.app import Lastro
from application.database import Database
from deploy.local.kafka import KafkaServer
from producers.relay.broker import Broker
from tests.producers.relay.house import (
    INVOICES,
    SOURCE,
    UNCLOSED,
    Watch,
    check_once_in_order,
    record_invoices,
    wait_until,
    watching,
)
from tests.support.cli import KEY
from tests.support.mortal import Process

SOAK = os.environ.get("LASTRO_SOAK_SEED")
ASSAULTS = ("relay",) * 6 + ("feeder", "feeder", "broker", "broker")
KILLS = int(os.environ.get("LASTRO_SOAK_KILLS", "200")) if SOAK else 10
ROUNDS = KILLS // len(ASSAULTS)
"""Of all assaults, in an order of their own."""

LONGEST_PAUSE = 3.0
RECOVERY = 120.0


class Victims:
    """A relay of its own process, supervised, and the broker that it publishes to."""

    def __init__(self, server: KafkaServer, database_url: str) -> None:
        self._server = server
        environment = {
            "LASTRO_DATABASE_URL": database_url,
            "LASTRO_MASTER_KEY": KEY,
            "LASTRO_HOME": tempfile.gettempdir(),
            "LASTRO_KAFKA": server.bootstrap,
            "LASTRO_EVENT_SOURCE": SOURCE,
        }
        self.relay = Process("relay", ["relay"], environment)

    def assault(self, kind: str) -> bool:
        """Whether there was anybody to kill."""
        if kind == "broker":
            self._server.kill()
            self._server.start()
            return True
        if kind == "feeder":
            wait_until(self._kill_feeder, "a process to kill")
            return True
        return self.relay.kill() is not None

    def published(self, watch: Watch, lastro: Lastro) -> bool:
        """Whether all that was recorded is there. A relay that has ended is started again."""
        self.relay.revive()
        return watch.published() >= lastro.safe_position()

    def _kill_feeder(self) -> bool:
        """The process that makes messages of facts; the relay is to start another one."""
        self.relay.revive()
        for process in self.relay.descendants():
            with suppress(psutil.Error):
                if "--multiprocessing-fork" in process.cmdline():
                    process.kill()
                    return True
        return False


pytestmark = [pytest.mark.kafka, pytest.mark.chaos, pytest.mark.slow, UNCLOSED]


@pytest.mark.timeout(3600 if SOAK else 300)
def test_a_reader_sees_each_event_once_whatever_is_killed(
    database: Database, database_url: str, lastro: Lastro
) -> None:
    chance = random.Random(int(SOAK or 20261122))
    done: Counter[str] = Counter()
    with KafkaServer.throwaway() as server:
        broker = Broker({"bootstrap_servers": [server.bootstrap]})
        victims = Victims(server, database_url)
        try:
            for kind in (each for _ in range(ROUNDS) for each in chance.sample(ASSAULTS, len(ASSAULTS))):
                record_invoices(lastro, chance.choice((1, 20, 400)))
                time.sleep(chance.uniform(0.0, LONGEST_PAUSE))  # a crash comes at any time
                done[kind] += victims.assault(kind)
                victims.relay.revive()
            with watching(broker) as watch:
                wait_until(lambda: victims.published(watch, lastro), "everything published", RECOVERY)
        finally:
            victims.relay.stop()
        events = check_once_in_order(broker, INVOICES, database, "invoice.")
    print(f"{events} events, killed: {dict(done)}")  # noqa: T201 - shown on -s
    assert min(done[kind] for kind in ASSAULTS) > 0
