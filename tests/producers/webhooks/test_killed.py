"""A worker killed at any point loses nothing and mixes nothing up: at most the message in hand repeats."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from threading import Event

import psycopg
import pytest

from tests.application.world import World
from tests.producers.webhooks.house import House
from tests.producers.webhooks.receiver import Receiver, Reply, await_that
from tests.support.cli import KEY
from tests.support.mortal import Process

KILLS = 4
SOME = 12

pytestmark = [pytest.mark.chaos, pytest.mark.slow]


@contextmanager
def worker(url: str) -> Iterator[Process]:
    """`lastro worker`, for as long as the block."""
    environment = {
        "LASTRO_DATABASE_URL": url,
        "LASTRO_MASTER_KEY": KEY,
        "LASTRO_HOME": tempfile.gettempdir(),
        "LASTRO_WEBHOOK_ALLOW_PRIVATE": "true",
    }
    process = Process("worker", ["worker", "--no-schedule"], environment)
    try:
        yield process
    finally:
        process.stop()


def test_killed_in_the_middle_nothing_is_lost_and_the_order_stays(
    house: House, world: World, told: Receiver, database_url: str
) -> None:
    draw = random.Random(20261122)
    shown = house.register(told.url())
    with worker(database_url) as process:
        for number in range(KILLS):
            world.sign(f"CT-{number}", instalment_count=12)
            seen = len(told.ids())
            target = seen + draw.randrange(1, SOME)
            await_that(lambda target=target: len(told.ids()) >= target, 60)  # type: ignore[misc]
            assert process.kill() is not None, process.log
            process.revive()
        expected = house.expected(shown.endpoint_id)
        await_that(lambda: expected[-1] in told.ids(), 60)
    delivered = [message_id for message_id, _ in groupby(told.ids())]
    assert delivered == expected
    assert len(told.ids()) <= len(expected) + KILLS


LEADING = (
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
EVERYBODY = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def terminate(database_url: str, whom: str) -> int:
    with psycopg.connect(database_url, autocommit=True) as connection:
        return connection.execute(whom.encode()).rowcount


def test_who_loses_the_lead_stops_and_the_next_one_goes_on(
    house: House, told: Receiver, database_url: str
) -> None:
    held = Event()
    shown = house.register(told.url())
    expected = house.expected(shown.endpoint_id)
    told.replies = [Reply(204), Reply(held=held)]
    with house.delivering(), house.delivering():
        told.wait_for(2)
        assert terminate(database_url, LEADING) == 1
        told.wait_for(len(expected) + 1)
        held.set()
    ids = told.ids()
    assert ids[:3] == [expected[0], expected[1], expected[1]]
    assert [message_id for message_id, _ in groupby(ids)] == expected


def test_a_database_that_drops_everybody_is_waited_out(
    house: House, world: World, told: Receiver, database_url: str
) -> None:
    shown = house.register(told.url())
    with house.delivering():
        for number in range(4):
            world.sign(f"CT-{number}", instalment_count=12)
            seen = len(told.ids())
            await_that(lambda seen=seen: len(told.ids()) > seen)  # type: ignore[misc]
            terminate(database_url, EVERYBODY)
            house.lastro.database.discard_broken()
            house.clock.leap(minutes=1)  # who was in trouble is tried at once
        expected = house.expected(shown.endpoint_id)
        await_that(lambda: expected[-1] in told.ids(), 60)
    assert [message_id for message_id, _ in groupby(told.ids())] == expected
