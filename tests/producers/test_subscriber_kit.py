"""The consumer in the docs, as it stands there: right from an empty start, and whenever it is killed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from random import Random
from threading import Event

import pytest
from kafka import KafkaConsumer, TopicPartition

from application.app import Lastro
from application.database import Database
from domain.kernel import DomainEvent
from producers.relay.backfill import Backfill
from producers.relay.installation import Installation
from projections.receivables.model import RECEIVABLES
from tests.producers.relay.house import SOURCE, broker_of, feeder_on, running
from tests.projections.histories import lived
from tests.projections.rows import fed, record
from tests.support.kafka import Topics
from tests.support.messages import ROOT
from tests.support.processes import eventually

SCRIPT = ROOT / "docs" / "examples" / "receivables.py"
TOPIC = "billing.invoices.v1"
DEADLINE = 60.0


def _totals(file: Path) -> dict[str, Decimal]:
    with closing(sqlite3.connect(file)) as db:
        rows = db.execute("SELECT customer, cents FROM receivables").fetchall()
    return {customer: Decimal(cents) / 100 for customer, cents in rows if cents}


def _expected(database: Database) -> dict[str, Decimal]:
    """What the read model says each customer owes."""
    totals: dict[str, Decimal] = {}
    for row in fed(database, RECEIVABLES)["receivables"]:
        owed = Decimal(str(row["open_amount"]))
        totals[row["customer_id"]] = totals.get(row["customer_id"], Decimal()) + owed
    return {customer: total for customer, total in totals.items() if total}


def _ends(topics: Topics, topic: str) -> dict[int, int]:
    """Where a reader of the whole topic reads on: behind the last message of each partition that has any.

    Not the ends of the log: a transaction's marker takes an offset behind its messages.
    """
    with closing(
        KafkaConsumer(bootstrap_servers=topics.bootstrap, isolation_level="read_committed")
    ) as consumer:
        name = topics.name(topic)
        parts = [TopicPartition(name, part) for part in consumer.partitions_for_topic(name)]
        consumer.assign(parts)
        consumer.seek_to_beginning()
        ends = consumer.end_offsets(parts)
        found: dict[int, int] = {}
        while any(consumer.position(part) < ends[part] for part in parts):
            for part, records in consumer.poll(timeout_ms=500).items():
                found[part.partition] = records[-1].offset + 1
    return found


def _places(file: Path) -> dict[int, int]:
    if not _has_schema(file):
        return {}
    with closing(sqlite3.connect(file, timeout=30)) as db:
        return dict(db.execute("SELECT part, next FROM place").fetchall())


def _has_schema(file: Path) -> bool:
    if not file.exists():
        return False
    with closing(sqlite3.connect(file, timeout=30)) as db:
        return bool(db.execute("SELECT 1 FROM sqlite_master WHERE name = 'receivables'").fetchone())


def _command(topics: Topics, file: Path, topic: str = TOPIC) -> list[str]:
    return [sys.executable, str(SCRIPT), topics.bootstrap, topics.name(topic), str(file)]


@contextmanager
def _subscriber(topics: Topics, file: Path, topic: str = TOPIC) -> Iterator[subprocess.Popen[bytes]]:
    """The example as a person would run it, killed at the end of the block."""
    process = subprocess.Popen(_command(topics, file, topic), stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        _, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == -9, errors.decode()


def _fill_copy(topics: Topics, database: Database, into: str) -> None:
    """`lastro relay backfill --into`, while the relay goes on."""
    with closing(feeder_on(database)) as feeder:
        installation = Installation(broker_of(topics), database, SOURCE)
        assert Backfill(installation, feeder, TOPIC, into).run(Event(), lambda _at, _goal: None).whole


def _kill_amid(topics: Topics, file: Path, before: dict[int, int]) -> None:
    """SIGKILL as soon as something more was kept, with most of the rest still to be read."""
    with _subscriber(topics, file) as process:
        eventually(
            lambda: _places(file) != before or process.poll() is not None, DEADLINE, "it has read something"
        )


def _require_right(topics: Topics, database: Database, file: Path, topic: str = TOPIC) -> None:
    """Once it has read everything, its totals are those of the read model."""
    ends = _ends(topics, topic)
    with _subscriber(topics, file, topic) as process:
        eventually(lambda: _places(file) == ends or process.poll() is not None, DEADLINE, "all was read")
    assert _totals(file) == _expected(database) != {}


def _slices(events: list[DomainEvent], count: int) -> list[list[DomainEvent]]:
    size = -(-len(events) // count)
    return [events[start : start + size] for start in range(0, len(events), size)]


@pytest.mark.kafka
@pytest.mark.slow
def test_it_stays_right_however_often_it_is_killed(
    lastro: Lastro, database: Database, topics: Topics, tmp_path: Path
) -> None:
    random = Random(11)
    file = tmp_path / "receivables.sqlite"
    with running(broker_of(topics), database) as relay:
        for part in _slices(lived(11, steps=4000).events, 8):
            record(lastro, part)
            relay.until(lastro.safe_position())
            _kill_amid(topics, file, _places(file))
            if random.random() < 0.5:
                with _subscriber(topics, file):
                    pass  # killed before it has done anything
    _require_right(topics, database, file)


@pytest.mark.kafka
def test_it_is_right_from_an_empty_start_reading_on_and_from_a_copy(
    lastro: Lastro, database: Database, topics: Topics, tmp_path: Path
) -> None:
    file = tmp_path / "receivables.sqlite"
    first, second = _slices(lived(23, steps=1500).events, 2)
    with running(broker_of(topics), database) as relay:
        record(lastro, first)
        relay.until(lastro.safe_position())
        _require_right(topics, database, file)
        record(lastro, second)
        relay.until(lastro.safe_position())
        _require_right(topics, database, file)
        _fill_copy(topics, database, "copy")
    _require_right(topics, database, tmp_path / "copy.sqlite", "copy")


@pytest.mark.kafka
def test_a_place_that_is_not_in_the_topic_stops_it(topics: Topics, tmp_path: Path) -> None:
    """A topic that was made anew is not guessed at: totals would be wrong and nobody would know."""
    file = tmp_path / "receivables.sqlite"
    topics.create(TOPIC)
    with _subscriber(topics, file):
        eventually(lambda: _has_schema(file), DEADLINE, "it made its tables")
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("INSERT INTO place VALUES (3, 4711)")
    ended = subprocess.run(_command(topics, file), capture_output=True, timeout=DEADLINE, check=False)
    assert ended.returncode == 1
    assert b"OffsetOutOfRange" in ended.stderr or b"NoOffsetForPartition" in ended.stderr, ended.stderr


def test_it_stands_in_the_docs_as_it_is() -> None:
    page = (ROOT / "docs" / "integrators.md").read_text()
    assert f"```python\n{SCRIPT.read_text()}```" in page


def test_it_is_short() -> None:
    assert len([line for line in SCRIPT.read_text().splitlines() if line.strip()]) <= 30
