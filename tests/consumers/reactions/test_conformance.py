"""What a reaction is promised, held by both sources: the event table, and Kafka."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from threading import Lock
from uuid import UUID

import pytest

from application.app import Lastro
from application.database import Database
from application.reactions.notice import Notice
from tests.consumers.reactions.tellers import Kafka, Noting, Table, Teller, eventually, price, register
from tests.producers.relay.house import COMPANY, record_invoices
from tests.support.kafka import Topics

pytestmark = pytest.mark.kafka


@pytest.fixture(params=["table", "kafka"])
def teller(request: pytest.FixtureRequest, database: Database, lastro: Lastro) -> Iterator[Teller]:
    """Each source in turn. `lastro` keeps the log open."""
    if request.param == "table":
        yield Table(database)
        return
    topics: Topics = request.getfixturevalue("topics")
    source = Kafka(database, topics)
    with source.published():
        yield source


@pytest.fixture
def noting(database: Database) -> Noting:
    return Noting(database)


def versions_of(noting: Noting, streams: Sequence[UUID]) -> dict[UUID, list[int]]:
    told = defaultdict(list)
    for stream, version in noting.first_tellings():
        told[stream].append(version)
    return {stream: told[stream] for stream in streams}


def test_every_fact_that_it_wants_is_told_in_the_order_of_its_stream(
    teller: Teller, lastro: Lastro, noting: Noting, database: Database
) -> None:
    with teller.telling(noting):
        streams = [register(lastro) for _ in range(5)]
        record_invoices(lastro, 3)
        for version in range(2, 6):
            for stream in streams:
                price(lastro, stream, version)
        eventually(lambda: len(noting.first_tellings()) >= 25, "25 facts are told")
    assert versions_of(noting, streams) == {stream: [1, 2, 3, 4, 5] for stream in streams}
    assert len(noting.first_tellings()) == 25
    with database.connection() as connection:
        told = connection.execute("SELECT topic, event_id, position, company_id FROM noted").fetchall()
        facts = connection.execute(
            "SELECT topic, event_id, position, company_id FROM event WHERE topic LIKE 'service.%'"
        ).fetchall()
    assert set(told) == set(facts)
    assert {company for *_, company in told} == {COMPANY}


def test_a_new_reaction_does_not_act_upon_the_past(teller: Teller, lastro: Lastro, noting: Noting) -> None:
    before = register(lastro)
    with teller.telling(noting):
        after = register(lastro)
        eventually(lambda: (after, 1) in noting.noted(), "the fact recorded since is told")
    assert (before, 1) not in noting.noted()


def test_what_fails_is_told_again_and_nothing_is_passed_over(
    teller: Teller, lastro: Lastro, noting: Noting
) -> None:
    failures = iter([RuntimeError("no"), RuntimeError("not yet"), None])

    def fail(_: Sequence[Notice]) -> None:
        if (error := next(failures, None)) is not None:
            raise error

    noting.before = fail
    with teller.telling(noting):
        stream = register(lastro)
        price(lastro, stream, 2)
        eventually(lambda: len(noting.first_tellings()) == 2, "both facts are told")
    assert versions_of(noting, [stream]) == {stream: [1, 2]}


def test_a_crash_between_the_effect_and_its_note_tells_it_again(
    teller: Teller, lastro: Lastro, noting: Noting
) -> None:
    crashed = iter([RuntimeError("the process is gone")])

    def crash(_: Sequence[Notice]) -> None:
        if (error := next(crashed, None)) is not None:
            raise error

    noting.after = crash
    with teller.telling(noting):
        stream = register(lastro)
        eventually(lambda: Counter(noting.noted())[stream, 1] == 2, "it is told twice")
        price(lastro, stream, 2)
        eventually(lambda: (stream, 2) in noting.noted(), "what follows is told")


def test_it_goes_on_where_it_stood(teller: Teller, lastro: Lastro, noting: Noting) -> None:
    with teller.telling(noting):
        first = register(lastro)
        eventually(lambda: (first, 1) in noting.noted(), "the first is told")
    meanwhile = register(lastro)
    with teller.telling(noting):
        eventually(lambda: (meanwhile, 1) in noting.noted(), "what came meanwhile is told")
    assert Counter(noting.noted())[meanwhile, 1] == 1


def test_two_processes_never_tell_one_stream_at_once(
    teller: Teller, lastro: Lastro, noting: Noting, database: Database
) -> None:
    other = Noting(database)
    busy: Counter[UUID] = Counter()
    clashes: list[UUID] = []
    lock = Lock()

    def enter(notices: Sequence[Notice]) -> None:
        with lock:
            streams = {each.stream_id for each in notices}
            clashes.extend(stream for stream in streams if busy[stream])
            busy.update(streams)

    def leave(notices: Sequence[Notice]) -> None:
        with lock:
            busy.subtract({each.stream_id for each in notices})

    noting.before = other.before = enter
    noting.after = other.after = leave
    with teller.telling(noting), teller.telling(other):
        streams = [register(lastro) for _ in range(6)]
        for version in range(2, 8):
            for stream in streams:
                price(lastro, stream, version)
        eventually(lambda: len(noting.first_tellings()) == 42, "all is told")
    assert clashes == []
    assert versions_of(noting, streams) == {stream: list(range(1, 8)) for stream in streams}


def test_reactions_do_not_wait_for_one_another(
    teller: Teller, lastro: Lastro, noting: Noting, database: Database
) -> None:
    stuck = Noting(database, "stuck")

    def fail(_: Sequence[Notice]) -> None:
        raise RuntimeError("for ever")

    stuck.before = fail
    with teller.telling(stuck, noting):
        stream = register(lastro)
        eventually(lambda: (stream, 1) in noting.noted(), "the other is told")
    assert stuck.noted() == []


def test_from_the_table_to_kafka_and_back_nothing_is_passed_over(
    lastro: Lastro, noting: Noting, database: Database, topics: Topics
) -> None:
    table, kafka = Table(database), Kafka(database, topics)
    with table.telling(noting):
        told_by_table = register(lastro)
        eventually(lambda: (told_by_table, 1) in noting.noted(), "the table tells")
    between = register(lastro)
    with kafka.published(), kafka.telling(noting):
        told_by_kafka = register(lastro)
        eventually(
            lambda: {(between, 1), (told_by_kafka, 1)} <= set(noting.noted()), "Kafka tells what followed"
        )
    assert Counter(noting.noted())[told_by_table, 1] == 1
    last = register(lastro)
    with table.telling(noting):
        eventually(lambda: (last, 1) in noting.noted(), "the table tells again")
