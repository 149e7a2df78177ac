"""A consumer on the real broker: each message once, whatever is sent, and whoever else reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer

from application.database import Database
from consumers.batch import Limits
from consumers.problems import PoisonFloodError
from tests.consumers.running import UNCLOSED, Running, eventually, installation, named, rows, running, send
from tests.consumers.tally import TOPIC, Tally
from tests.support.kafka import Topics

pytestmark = [pytest.mark.kafka, UNCLOSED]

type Start = Callable[..., Running]


@pytest.fixture
def topic(topics: Topics) -> str:
    return topics.create(TOPIC, partitions=3)


@pytest.fixture
def tally(database: Database) -> Tally:
    return Tally(database)


@pytest.fixture
def start(topics: Topics, topic: str, database: Database, tally: Tally) -> Iterator[Start]:
    with ExitStack() as started:

        def begin(handler: Tally = tally, **more: object) -> Running:
            at = installation(topics.bootstrap, topics.prefix, database, **more)
            one: AbstractContextManager[Running] = running(handler, at)
            return started.enter_context(one)

        yield begin


def standing(database: Database) -> dict[int, int]:
    return dict(rows(database, "SELECT partition, next_offset FROM consumer_offset"))


def test_each_message_takes_effect_once_in_the_order_of_its_partition(
    topics: Topics, topic: str, tally: Tally, start: Start, database: Database
) -> None:
    send(topics.bootstrap, topic, [*named("a", "b", "c"), *named("x", "y", partition=2)])
    start()
    eventually(lambda: len(tally.noted()) == 5)
    send(topics.bootstrap, topic, named("d"))
    eventually(lambda: "d" in tally.noted())
    assert [name for name in tally.noted() if name in "abcd"] == ["a", "b", "c", "d"]
    assert standing(database) == {0: 4, 1: 0, 2: 2}


def test_a_restart_goes_on_where_the_effects_ended(
    topics: Topics, topic: str, tally: Tally, start: Start
) -> None:
    send(topics.bootstrap, topic, named("a", "b"))
    first = start()
    eventually(lambda: tally.noted() == ["a", "b"])
    first.stop()
    send(topics.bootstrap, topic, named("c"))
    start()
    eventually(lambda: tally.noted() == ["a", "b", "c"])


def test_what_was_fetched_and_not_read_when_it_stops_is_read_after_a_restart(
    topics: Topics,
    topic: str,
    tally: Tally,
    start: Start,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("consumers.loop.REPORT_SECONDS", 0.0)  # markers are passed each turn
    first, poll = start(), KafkaConsumer.poll

    def poll_and_stop(consumer: KafkaConsumer, **more: Any) -> Any:
        found = poll(consumer, **more)
        if found:
            first.ask_to_stop()
        return found

    with monkeypatch.context() as patched:
        patched.setattr(KafkaConsumer, "poll", poll_and_stop)
        send(topics.bootstrap, topic, named("a", "b"))
        eventually(lambda: not first.is_running)
    assert first.error is None
    assert tally.noted() == []
    assert standing(database)[0] == 0
    start()
    eventually(lambda: tally.noted() == ["a", "b"])


def test_poison_is_set_aside_alone_with_its_reason(
    topics: Topics, topic: str, tally: Tally, start: Start, database: Database
) -> None:
    send(
        topics.bootstrap,
        topic,
        [
            *named("a"),
            (0, b"\xff\xfe not text"),
            (0, b'{"data": {"source": "loja", "order": "7"}}'),
            *named("b"),
            *named("p", end="poison"),
            *named("c"),
        ],
    )
    start()
    eventually(lambda: tally.noted() == ["a", "b", "c"])
    eventually(lambda: standing(database)[0] == 6)
    found = rows(
        database,
        "SELECT message_offset, kind, state, code, reason, source_id FROM dead_letter ORDER BY 1",
    )
    assert found == [
        (1, "poison", "open", "message_unreadable", "UnicodeDecodeError", None),
        (2, "poison", "open", "message_unreadable", "KeyError", "loja/7"),
        (4, "poison", "open", "message_unreadable", "it is poison after all", "p"),
    ]
    assert f"{topic}.dead_letters" in topics.existing()


def test_the_dead_letter_topic_has_the_message_as_it_came_and_where_it_was(
    topics: Topics, topic: str, start: Start, database: Database
) -> None:
    producer = KafkaProducer(bootstrap_servers=topics.bootstrap)
    producer.send(topic, key=b"k", value=b"{broken", headers=[("trace", b"1")], partition=1).get(timeout=10)
    producer.close()
    start()
    eventually(lambda: standing(database).get(1) == 1)
    (letter,) = read_all(topics.bootstrap, f"{topic}.dead_letters")
    headers = dict(letter.headers)
    assert (letter.key, letter.value, headers["trace"]) == (b"k", b"{broken", b"1")
    assert (headers["lastro-topic"], headers["lastro-partition"], headers["lastro-offset"]) == (
        TOPIC.encode(),
        b"1",
        b"0",
    )
    assert headers["lastro-reason"] == b"JSONDecodeError"
    ((id,),) = rows(database, "SELECT dead_letter_id FROM dead_letter")
    assert headers["lastro-dead-letter"].decode() == str(id)


def read_all(bootstrap: str, topic: str) -> list[Any]:
    from kafka import KafkaConsumer, TopicPartition

    reader = KafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed")
    try:
        at = [TopicPartition(topic, number) for number in reader.partitions_for_topic(topic) or ()]
        reader.assign(at)
        reader.seek_to_beginning(*at)
        left = dict(reader.end_offsets(at))
        found: list[Any] = []
        while any(reader.position(one) < left[one] for one in at):
            for records in reader.poll(timeout_ms=200).values():
                found += records
        return found
    finally:
        reader.close()


def test_an_empty_message_is_set_aside_too(
    topics: Topics, topic: str, tally: Tally, start: Start, database: Database
) -> None:
    send(topics.bootstrap, topic, [(0, b""), *named("a")])
    producer = KafkaProducer(bootstrap_servers=topics.bootstrap)
    producer.send(topic, key=b"gone", value=None, partition=0).get(timeout=10)
    producer.close()
    start()
    eventually(lambda: standing(database).get(0) == 3)
    assert [each.value for each in read_all(topics.bootstrap, f"{topic}.dead_letters")] == [b"", None]


def test_a_refusal_is_a_recorded_outcome_and_the_others_take_effect(
    topics: Topics, topic: str, tally: Tally, start: Start, database: Database
) -> None:
    send(
        topics.bootstrap,
        topic,
        [*named("a"), *named("r", end="refused"), *named("b"), *named("e", end="error"), *named("c")],
    )
    start()
    eventually(lambda: tally.noted() == ["a", "b", "c"])
    eventually(lambda: standing(database)[0] == 5)
    assert rows(database, "SELECT source_id, kind, code, state FROM dead_letter ORDER BY message_offset") == [
        ("r", "refused", "tally_refused", "open"),
        ("e", "refused", "tally_refused", "open"),
    ]
    assert not any(name.endswith(".dead_letters") for name in topics.existing())


def test_a_fault_of_the_program_stops_its_partition_and_no_other(
    topics: Topics, topic: str, tally: Tally, start: Start, database: Database
) -> None:
    send(topics.bootstrap, topic, [*named("a"), *named("boom", end="bug"), *named("after")])
    send(topics.bootstrap, topic, named("x", "y", partition=1))
    start()
    eventually(lambda: sorted(tally.noted()) == ["a", "x", "y"])
    eventually(
        lambda: (
            rows(database, "SELECT paused_reason, paused_detail FROM consumer_offset WHERE partition = 0")
            == [("failing", "ZeroDivisionError")]
        )
    )
    assert standing(database) == {0: 1, 1: 2, 2: 0}
    assert rows(database, "SELECT count(*) FROM dead_letter") == [(0,)]


def test_a_reader_that_was_overtaken_throws_its_batch_away(
    topics: Topics, topic: str, tally: Tally, start: Start, database: Database
) -> None:
    """What a zombie does that was away for a garbage collection: somebody else has read on meanwhile."""

    def overtaken(_: object) -> None:
        with psycopg.connect(database.url, autocommit=True) as other:
            other.execute(
                "UPDATE consumer_offset SET next_offset = 2 WHERE partition = 0 AND next_offset = 0"
            )

    tally.before = overtaken
    send(topics.bootstrap, topic, named("a", "b", "c"))
    start()
    eventually(lambda: standing(database).get(0) == 3)
    assert tally.noted() == ["c"]


def test_a_topic_read_from_zero_again_repeats_no_effect(
    topics: Topics, topic: str, start: Start, database: Database
) -> None:
    once = Tally(database, once=True)
    send(topics.bootstrap, topic, [*named("a", "b"), (0, b"?"), *named("r", end="refused")])
    first = start(once)
    eventually(lambda: standing(database).get(0) == 4)
    first.stop()
    with database.connection() as connection:
        connection.execute("DELETE FROM consumer_offset")
    start(once)
    eventually(lambda: standing(database).get(0) == 4)
    assert once.noted() == ["a", "b"]
    assert rows(database, "SELECT kind FROM dead_letter ORDER BY message_offset") == [
        ("poison",),
        ("refused",),
    ]
    assert len(read_all(topics.bootstrap, f"{topic}.dead_letters")) == 1


def test_what_a_person_settled_is_not_taken_up_again_from_zero(
    topics: Topics, topic: str, tally: Tally, start: Start, database: Database
) -> None:
    send(topics.bootstrap, topic, [*named("r", end="refused"), *named("a")])
    first = start()
    eventually(lambda: standing(database).get(0) == 2)
    first.stop()
    with database.connection() as connection:
        connection.execute("UPDATE dead_letter SET state = 'discarded'")
        connection.execute("DELETE FROM consumer_offset")
        connection.execute("DELETE FROM tally")
    start()
    eventually(lambda: standing(database).get(0) == 2)
    assert tally.noted() == ["a"]
    assert rows(database, "SELECT state, attempts FROM dead_letter") == [("discarded", 1)]


def test_markers_of_transactions_leave_no_lag(
    topics: Topics, topic: str, tally: Tally, start: Start, database: Database
) -> None:
    producer = KafkaProducer(bootstrap_servers=topics.bootstrap, transactional_id=f"{topics.prefix}sender")
    producer.init_transactions()
    for names, ends in ((("a",), "commit"), (("lost",), "abort"), (("b",), "commit")):
        producer.begin_transaction()
        for partition, value in named(*names):
            producer.send(topic, value=value, partition=partition)
        producer.flush()
        producer.commit_transaction() if ends == "commit" else producer.abort_transaction()
    producer.close()
    start()
    eventually(lambda: tally.noted() == ["a", "b"])
    eventually(
        lambda: (
            rows(database, "SELECT next_offset, end_offset FROM consumer_offset WHERE partition = 0")
            == [(6, 6)]
        )
    )


def test_too_many_unreadable_messages_in_a_row_stop_the_consumer_for_good(
    topics: Topics, topic: str, tally: Tally, start: Start, database: Database
) -> None:
    limits = Limits(in_a_row=3, per_minute=100)
    send(topics.bootstrap, topic, [*named("a"), *[(0, b"?")] * 5, *named("b")])
    first = start(limits=limits)
    eventually(lambda: not first.is_running)
    assert isinstance(first.error, PoisonFloodError)
    assert standing(database)[0] == 4
    again = start(limits=limits)
    eventually(lambda: not again.is_running)
    assert isinstance(again.error, PoisonFloodError)
    assert rows(database, "SELECT count(*) FROM dead_letter") == [(3,)]
    assert rows(database, "SELECT paused_reason FROM consumer_offset WHERE partition = 0") == [("poison",)]
    with database.connection() as connection:
        connection.execute("UPDATE consumer_offset SET poison_in_a_row = 0")
    start(limits=limits)
    eventually(lambda: tally.noted() == ["a", "b"])


def test_too_many_unreadable_messages_in_a_minute_stop_the_consumer(
    topics: Topics, topic: str, start: Start, database: Database
) -> None:
    mixed = [pair for number in range(6) for pair in (*named(f"good {number}"), (0, b"?"))]
    send(topics.bootstrap, topic, mixed)
    one = start(limits=Limits(in_a_row=100, per_minute=4))
    eventually(lambda: not one.is_running)
    assert isinstance(one.error, PoisonFloodError)
    assert rows(database, "SELECT count(*) FROM dead_letter") == [(4,)]


def test_a_topic_made_anew_is_refused(
    topics: Topics, topic: str, tally: Tally, start: Start, database: Database
) -> None:
    send(topics.bootstrap, topic, named("a", "b", "c"))
    first = start()
    eventually(lambda: len(tally.noted()) == 3)
    first.stop()
    topics.remove()
    eventually(lambda: topic not in topics.existing())
    topics.create(TOPIC, partitions=3)
    send(topics.bootstrap, topic, named("d", "e", "f", "g"))
    start()
    reason = "SELECT paused_reason, paused_detail FROM consumer_offset WHERE partition = 0"
    eventually(lambda: rows(database, reason)[0][0] == "topic_remade")
    assert "made anew" in rows(database, reason)[0][1]
    assert tally.noted() == ["a", "b", "c"]


@pytest.mark.parametrize(("stored", "words"), [(99, "beyond the end"), (1, "deleted unread")])
def test_an_offset_that_the_topic_does_not_have_is_refused(
    topics: Topics, topic: str, tally: Tally, start: Start, database: Database, stored: int, words: str
) -> None:
    send(topics.bootstrap, topic, named("a", "b", "c"))
    first = start()
    eventually(lambda: len(tally.noted()) == 3)
    first.stop()
    delete_before(topics.bootstrap, topic, 2)
    with database.connection() as connection:
        connection.execute("UPDATE consumer_offset SET next_offset = %s WHERE partition = 0", [stored])
    send(topics.bootstrap, topic, [*named("d"), *named("other", partition=1)])
    start()
    reason = "SELECT paused_reason, paused_detail FROM consumer_offset WHERE partition = 0"
    eventually(lambda: rows(database, reason)[0][0] == "offset_lost")
    assert words in rows(database, reason)[0][1]
    eventually(lambda: tally.noted() == ["a", "b", "c", "other"])


def delete_before(bootstrap: str, topic: str, offset: int) -> None:
    from kafka import TopicPartition

    from tests.support.kafka import admin

    with admin(bootstrap) as client:
        client.delete_records({TopicPartition(topic, 0): offset})
