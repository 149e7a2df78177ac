"""A watermark says what was known when, and never claims what was not yet committed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from application.app import Lastro
from application.clock import utc_now
from application.database import Database
from application.event_store.watermark import known_at, write_watermark
from application.ids import new_id
from tests.application.event_store.facts import context, one_each


@pytest.fixture(autouse=True)
def by_hand(lastro: Lastro) -> None:
    """The waker would write them a second later; here they are written when a test says so."""
    lastro._waker.close()


def test_it_moves_with_the_log_and_only_then(lastro: Lastro, database: Database) -> None:
    assert write_watermark(database) is None
    position = lastro.record(context(), *one_each(1))
    assert write_watermark(database) == position
    assert write_watermark(database) is None
    later = lastro.record_batch(context(), one_each(30))
    assert write_watermark(database) == later


def test_what_was_known_at_an_instant(lastro: Lastro, database: Database) -> None:
    before = utc_now() - timedelta(seconds=1)
    position = lastro.record(context(), *one_each(1))
    write_watermark(database)
    assert known_at(database, before) == 0
    assert known_at(database, utc_now() + timedelta(seconds=1)) == position


def test_it_stops_before_an_open_writer(lastro: Lastro, database: Database) -> None:
    first = lastro.record(context(), *one_each(1))
    with database.connection() as connection:
        connection.execute(
            "INSERT INTO event (stream_id, version, topic, state, event_id, actor, occurred_at, recorded_at,"
            " correlation_id, release, digest) VALUES (%s, 1, 't', '{}', %s, 'x', now(), now(), %s, '0', '')",
            (new_id(), new_id(), new_id()),
        )
        lastro.record(context(), *one_each(1))
        assert write_watermark(database) == first
        assert write_watermark(database) is None
    assert write_watermark(database) is not None


def test_two_processes_do_not_write_it_at_once(lastro: Lastro, database: Database) -> None:
    lastro.record(context(), *one_each(1))
    with database.connection() as connection:
        connection.execute("SELECT write_watermark()")
        assert write_watermark(database) is None
    with database.connection() as connection:
        assert len(connection.execute("SELECT FROM watermark").fetchall()) == 1
