"""What a consumer leans on goes away: the database, the dead-letter topic, the broker, another member."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from application.database import Database
from application.incoming.positions import PauseReason
from application.migrations import migrate
from consumers.problems import DeadLetterWriteError
from deploy.local.kafka import KafkaServer
from tests.consumers.running import UNCLOSED, eventually, installation, named, rows, running, send
from tests.consumers.tally import TOPIC, Tally
from tests.support.kafka import Topics
from tests.support.mortal import MortalPostgres
from tests.support.postgres import MIGRATIONS, SCHEMA

pytestmark = [pytest.mark.kafka, pytest.mark.chaos, UNCLOSED]

PARTITIONS = 3


@pytest.fixture
def mortal() -> Iterator[tuple[MortalPostgres, Database]]:
    with MortalPostgres() as server, Database(server.url(), SCHEMA, 4, timeout=1.0) as database:
        migrate(database, Path(MIGRATIONS))
        yield server, database


def test_without_its_database_a_consumer_waits_and_goes_on(
    topics: Topics, mortal: tuple[MortalPostgres, Database]
) -> None:
    server, database = mortal
    topic, tally = topics.create(TOPIC, partitions=PARTITIONS), Tally(database)
    with running(tally, installation(topics.bootstrap, topics.prefix, database)) as one:
        send(topics.bootstrap, topic, named("a"))
        eventually(lambda: tally.noted() == ["a"])
        server.kill()
        for partition in range(PARTITIONS):
            send(topics.bootstrap, topic, named(f"b{partition}", partition=partition))
        eventually(lambda: one.loop.paused() == PARTITIONS)
        assert one.is_running
        server.start()
        eventually(lambda: sorted(tally.noted()) == ["a", "b0", "b1", "b2"], 60)
        eventually(lambda: one.loop.paused() == 0, 60)
    assert rows(database, "SELECT count(*) FROM dead_letter") == [(0,)]


def test_a_dead_letter_topic_that_takes_nothing_stops_the_consumer(
    topics: Topics, database: Database
) -> None:
    topic, tally = topics.create(TOPIC, partitions=1), Tally(database)
    topics.create(f"{TOPIC}.dead_letters", partitions=1, configs={"max.message.bytes": "10"})
    send(topics.bootstrap, topic, [*named("a"), (0, b"{"), *named("b")])
    at = installation(topics.bootstrap, topics.prefix, database)
    with running(tally, at) as one:
        eventually(lambda: not one.is_running, 60)
        assert isinstance(one.error, DeadLetterWriteError)
    assert tally.noted() == []
    assert rows(database, "SELECT next_offset, paused_reason FROM consumer_offset") == [
        (0, PauseReason.DEAD_LETTERS)
    ]
    assert rows(database, "SELECT count(*) FROM dead_letter") == [(0,)]


def test_a_message_too_large_for_its_dead_letter_topic_is_told_there_by_size_and_digest(
    topics: Topics, database: Database
) -> None:
    topic = topics.create(TOPIC, partitions=1, configs={"max.message.bytes": "6000000"})
    topics.create(f"{TOPIC}.dead_letters", partitions=1, configs={"max.message.bytes": "1000000"})
    send(topics.bootstrap, topic, [(0, b"?" * 3_000_000), *named("after")])
    tally = Tally(database)
    with running(tally, installation(topics.bootstrap, topics.prefix, database)):
        eventually(lambda: tally.noted() == ["after"])
    assert rows(database, "SELECT size, sealed IS NULL FROM dead_letter") == [(3_000_000, True)]


def test_a_second_member_takes_partitions_over_in_the_middle(topics: Topics, database: Database) -> None:
    topic, tally = topics.create(TOPIC, partitions=PARTITIONS), Tally(database)
    at = installation(topics.bootstrap, topics.prefix, database, fetched=5)
    names = [f"{number:03}" for number in range(300)]
    half = len(names) // 2
    with running(Tally(database), at) as second:
        with running(tally, at):
            spread(topics, topic, names[:half])
            eventually(lambda: len(tally.noted()) > 10)
        spread(topics, topic, names[half:])
        with running(tally, at):
            eventually(lambda: len(tally.noted()) >= len(names), 60)
        assert second.error is None
    assert Counter(tally.noted()) == Counter(names)
    for partition in range(PARTITIONS):
        mine = [name for name in tally.noted() if int(name) % PARTITIONS == partition]
        assert mine == sorted(mine)


def spread(topics: Topics, topic: str, names: list[str]) -> None:
    values = [pair for name in names for pair in named(name, partition=int(name) % PARTITIONS)]
    send(topics.bootstrap, topic, values)


@pytest.mark.slow
def test_a_broker_killed_and_started_again_costs_nothing(database: Database) -> None:
    with KafkaServer.throwaway() as server:
        topics = Topics(server.bootstrap, "own.")
        topic, tally = topics.create(TOPIC, partitions=1), Tally(database)
        with running(tally, installation(server.bootstrap, "own.", database)) as one:
            send(server.bootstrap, topic, [*named("a"), (0, b"?")])
            eventually(lambda: tally.noted() == ["a"])
            server.kill()
            server.start()
            send(server.bootstrap, topic, named("b"))
            eventually(lambda: tally.noted() == ["a", "b"], 90)
            assert one.is_running
    assert rows(database, "SELECT count(*), max(attempts) FROM dead_letter") == [(1, 1)]
