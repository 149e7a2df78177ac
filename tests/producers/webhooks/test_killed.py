"""A worker killed at any point loses nothing and mixes nothing up: at most the message in hand repeats."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby

import pytest

from tests.application.world import World
from tests.producers.webhooks.house import House
from tests.producers.webhooks.receiver import Receiver, await_that
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
