"""`lastro relay` at the command line: a process that ends in order, says where it is, and fills copies."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import pytest

from application.app import Lastro
from application.database import Database
from tests.producers.relay.house import (
    INVOICES,
    SOURCE,
    UNCLOSED,
    broker_of,
    check_once_in_order,
    record_invoices,
    running,
    wait_until,
    watching,
)
from tests.support.cli import KEY, Cli
from tests.support.kafka import Topics
from tests.support.mortal import Process

pytestmark = [pytest.mark.kafka, UNCLOSED]


@pytest.fixture
def environment(database_url: str, topics: Topics) -> dict[str, str]:
    return {
        "LASTRO_DATABASE_URL": database_url,
        "LASTRO_MASTER_KEY": KEY,
        "LASTRO_HOME": tempfile.gettempdir(),
        "LASTRO_KAFKA": topics.bootstrap,
        "LASTRO_KAFKA_PREFIX": topics.prefix,
        "LASTRO_EVENT_SOURCE": SOURCE,
    }


@pytest.fixture
def lastro_cli(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Cli:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Cli(monkeypatch, capsys)


@pytest.fixture
def process(environment: dict[str, str]) -> Iterator[Process]:
    process = Process("relay", ["relay"], environment)
    yield process
    process.stop()


def test_the_process_publishes_and_is_asked_where_it_is(
    lastro_cli: Cli, process: Process, topics: Topics, database: Database, lastro: Lastro
) -> None:
    record_invoices(lastro, 4)
    with watching(broker_of(topics)) as watch:
        wait_until(lambda: watch.published() >= lastro.safe_position(), process.log)
    told = lastro_cli("relay", "status", "--json")
    assert told.code == 0, told.err
    (invoices,) = [row for row in told.json if row["topic"] == INVOICES]
    assert (invoices["state"], invoices["lag_events"]) == ("fed", 0)
    filled = lastro_cli("relay", "backfill", INVOICES, "--into", "ledger.invoices", "--json")
    assert filled.code == 0, filled.err
    assert (filled.json["messages"], filled.json["whole"]) == (12, True)
    assert check_once_in_order(broker_of(topics), "ledger.invoices", database, "invoice.") == 12
    (copy,) = [row for row in lastro_cli("relay", "status", "--json").json if row["state"] == "copy"]
    assert copy["topic"] == "ledger.invoices"


def test_a_second_process_takes_over_and_the_first_ends_with_1(
    process: Process, environment: dict[str, str], topics: Topics, lastro: Lastro
) -> None:
    with watching(broker_of(topics)) as watch:
        wait_until(lambda: watch.positions().live is not None, "the first relay")
        second = Process("second", ["relay"], environment)
        try:
            record_invoices(lastro, 1)
            wait_until(lambda: not process.is_running, "the first one's end")
            assert "another process has taken over" in process.log
            assert second.is_running
        finally:
            second.stop()


def test_asked_to_end_it_finishes_what_it_has_in_hand_and_ends_with_0(
    environment: dict[str, str], topics: Topics, database: Database, lastro: Lastro
) -> None:
    command = [sys.executable, "-m", "lastro", "relay"]
    with (
        subprocess.Popen(command, env={**os.environ, **environment}, stderr=subprocess.DEVNULL) as relay,
        watching(broker_of(topics)) as watch,
    ):
        wait_until(lambda: watch.positions().live is not None, "the relay")
        record_invoices(lastro, 50)
        relay.terminate()
        assert relay.wait(60) == 0
    with running(broker_of(topics), database) as again:
        again.until(lastro.safe_position())
    assert check_once_in_order(broker_of(topics), INVOICES, database, "invoice.") == 150


def test_without_a_relay_every_topic_is_found_wanting(lastro_cli: Cli) -> None:
    told = lastro_cli("relay", "status", "--json")
    assert told.code == 1
    assert {row["state"] for row in told.json} == {"missing"}


def test_what_cannot_be_filled_is_one_line(lastro_cli: Cli) -> None:
    told = lastro_cli("relay", "backfill", "billing.nothing.v1")
    assert told.code == 1
    assert "no public topic is called billing.nothing.v1" in told.err


def test_a_broker_that_is_not_there_is_one_line(lastro_cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LASTRO_KAFKA", "127.0.0.1:1")
    for command in ([], ["status"], ["backfill", INVOICES]):
        told = lastro_cli("relay", *command)
        assert told.code == 1
        assert "Kafka cannot be reached" in told.err
