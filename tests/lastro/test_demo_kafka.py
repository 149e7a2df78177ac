"""`lastro demo --kafka`: facts leave, sales and receipts arrive, and no process of it stays."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import psycopg
import pytest
from kafka import KafkaConsumer

from deploy.local.postgres import running_url
from tests.support.demo import Demo, ended, environment, start
from tests.support.processes import alive, command_lines, eventually
from tests.support.repository import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.kafka]

COMMAND = (sys.executable, "-m", "lastro", "demo", "--kafka")


def counted(home: Path, query: str) -> int:
    """What the demo's own database says."""
    url = running_url(home)
    assert url is not None
    with psycopg.connect(url, options="-c search_path=lastro") as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def facts(home: Path, topic: str) -> int:
    return counted(home, f"SELECT count(*) FROM event WHERE topic = '{topic}'")


def published(bootstrap: str, topic: str) -> int:
    """Whether subscribers get anything, and how much of it in a moment."""
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        consumer_timeout_ms=1000,
    )
    found = sum(1 for _ in consumer)
    consumer.close()
    return found


def killed(demo: Demo, home: Path) -> None:
    tree = demo.tree()
    demo.process.kill()
    ended(demo)
    eventually(lambda: not any(alive(pid) for pid in tree), 60, "everything has ended")
    assert command_lines(str(home)) == []


def test_sales_and_receipts_arrive_and_what_is_killed_goes_on_at_the_next_start(home: Path) -> None:
    first = start(home, *COMMAND, LASTRO_DEMO_CONTRACTS="80")
    kafka = first.told["kafka"]
    eventually(lambda: facts(home, "sale.recorded.v1") >= 3, 60, "sales arrive")
    eventually(lambda: facts(home, "settlement.applied.v1") >= 1, 60, "receipts are applied")
    eventually(lambda: facts(home, "settlement.unidentified.v1") >= 1, 60, "one is of nobody")
    eventually(lambda: counted(home, "SELECT count(*) FROM dead_letter") >= 3, 60, "bad ones are set aside")
    eventually(lambda: published(kafka, "billing.sales.v1") >= 3, 60, "sales leave again as facts")
    with urllib.request.urlopen(first.told["relay"], timeout=10) as metrics:
        assert b"lastro_relay_position" in metrics.read()
    with urllib.request.urlopen(first.told["consume"], timeout=10) as metrics:
        assert b"lastro_consumer_lag_messages" in metrics.read()

    killed(first, home)

    second = start(home, *COMMAND)
    assert second.told["kafka"] == kafka
    before = facts(home, "sale.recorded.v1")
    eventually(lambda: facts(home, "sale.recorded.v1") > before, 60, "sales go on")
    second.process.send_signal(signal.SIGINT)
    assert ended(second) == 0
    assert command_lines(str(home)) == []


def test_a_killed_make_takes_all_of_it_along(home: Path) -> None:
    demo = start(home, "make", "--no-print-directory", "demo", "KAFKA=1")
    assert any("kafka.Kafka" in line for line in command_lines(str(home)))
    killed(demo, home)


def test_a_broker_that_ends_by_itself_ends_the_demo_with_its_last_words(home: Path) -> None:
    demo = start(home, *COMMAND)
    (java,) = [pid for pid in demo.tree() if psutil.Process(pid).name() == "java"]

    psutil.Process(java).kill()

    assert demo.process.stdout is not None
    said = demo.process.stdout.read()
    assert ended(demo) == 1
    assert "Kafka ended by itself" in said
    assert command_lines(str(home)) == []


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nonsense", "'nonsense' is not host:port"),
        ("127.0.0.1:1", "Kafka cannot be reached (127.0.0.1:1: Connection refused)"),
    ],
)
def test_a_broker_that_is_named_wrongly_is_told_before_anything_starts(
    home: Path, address: str, said: str
) -> None:
    refused = subprocess.run(
        COMMAND,
        env=environment(home, LASTRO_KAFKA=address),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert refused.returncode == 1
    assert said in refused.stderr
    assert "Starting" not in refused.stderr
    assert "Traceback" not in refused.stderr
    assert command_lines(str(home)) == []
