"""`lastro consume` as it is run: it reads, shows its metrics, ends in order, and says why it stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from urllib.request import urlopen

import pytest

from application.app import Lastro
from consumers.contracts import orders, settlements
from domain.sale.events import SaleRecorded
from projections.progress import wait_for
from projections.registry import projections
from tests.application.world import World
from tests.consumers.letters import order, packed
from tests.consumers.running import UNCLOSED, eventually, rows, send
from tests.e2e.server import read_models
from tests.support.cli import KEY
from tests.support.kafka import Topics

pytestmark = [pytest.mark.kafka, UNCLOSED]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def shop(lastro: Lastro) -> Iterator[World]:
    with read_models(lastro):
        world = World(lastro)
        names = [model.name for model in projections(lastro.keyring)]
        assert wait_for(lastro.database, lastro.safe_position(), 30, names)
        yield world


class Consume:
    """The command in a process of its own."""

    def __init__(self, topics: Topics, url: str, *arguments: str) -> None:
        self.port = free_port()
        environment = {
            **os.environ,
            "LASTRO_DATABASE_URL": url,
            "LASTRO_MASTER_KEY": KEY,
            "LASTRO_HOME": tempfile.gettempdir(),
            "LASTRO_KAFKA": topics.bootstrap,
            "LASTRO_KAFKA_PREFIX": topics.prefix,
            "LASTRO_METRICS_PORT": str(self.port),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lastro", "consume", *arguments],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )

    def metrics(self) -> str:
        with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            text: str = answer.read().decode()
        return text

    def ended(self) -> tuple[int, str]:
        """Its exit code and last words."""
        _, said = self.process.communicate(timeout=90)
        return self.process.returncode, said


@pytest.fixture
def started() -> Iterator[list[Consume]]:
    running: list[Consume] = []
    yield running
    for each in running:
        if each.process.poll() is None:
            each.process.kill()
            each.process.communicate(timeout=30)


def test_it_reads_orders_shows_metrics_and_ends_in_order(
    topics: Topics, shop: World, started: list[Consume]
) -> None:
    topic = topics.create(orders.TOPIC, partitions=2)
    topics.create(settlements.TOPIC, partitions=2)
    send(topics.bootstrap, topic, [(0, packed(order("1"))), (1, b"{"), (1, packed(order("2")))])
    one = Consume(topics, shop.lastro.database.url)
    started.append(one)
    eventually(lambda: len(shop.lastro.read(0, 1_000, [SaleRecorded.TOPIC])) == 2, 120)
    eventually(lambda: f'lastro_dead_letters{{kind="poison",topic="{orders.TOPIC}"}} 1.0' in one.metrics())
    eventually(
        lambda: f'lastro_consumer_lag_messages{{partition="1",topic="{orders.TOPIC}"}} 0.0' in one.metrics()
    )
    one.process.send_signal(signal.SIGTERM)
    code, said = one.ended()
    assert (code, "consumer_left" in said, "Traceback" in said) == (0, True, False)


def test_a_dead_letter_that_cannot_be_written_ends_it_with_one_and_says_so(
    topics: Topics, shop: World, started: list[Consume]
) -> None:
    topic = topics.create(orders.TOPIC, partitions=1)
    topics.create(f"{orders.TOPIC}.dead_letters", partitions=1, configs={"max.message.bytes": "10"})
    send(topics.bootstrap, topic, [(0, b"{")])
    one = Consume(topics, shop.lastro.database.url, "--only", "orders")
    started.append(one)
    code, said = one.ended()
    assert code == 1
    assert "MessageSizeTooLargeError" in said.splitlines()[-1]
    assert rows(shop.lastro.database, "SELECT next_offset FROM consumer_offset") == [(0,)]
