"""A fact that was acknowledged, or seen by any reader, is on the disk, whatever the server's settings say."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from application.app import Lastro
from application.database import Database
from application.feed import WINDOW, Feed, FeedCursor
from tests.application.event_store.facts import context, one_each
from tests.support.postgres import SCHEMA


@pytest.mark.parametrize("place", ["DATABASE", "ROLE"])
@pytest.mark.parametrize("given", ["off", "local", "remote_write"])
def test_commits_wait_for_the_disk_though_the_server_says_otherwise(
    database_url: str, place: str, given: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        name = owner.info.dbname if place == "DATABASE" else "CURRENT_USER"
        of = sql.Identifier(name) if place == "DATABASE" else sql.SQL("CURRENT_USER")
        change = sql.SQL("ALTER {} {} {} synchronous_commit {}")
        owner.execute(change.format(sql.SQL(place), of, sql.SQL("SET"), sql.SQL(f"TO {given}")))
        try:
            assert _setting(database_url) == given
            with Database(database_url, SCHEMA, 2) as database:
                with database.connection() as lent:
                    assert lent.execute("SHOW synchronous_commit").fetchone() == ("on",)
                with database.dedicated() as kept:
                    assert kept.execute("SHOW synchronous_commit").fetchone() == ("on",)
        finally:
            owner.execute(change.format(sql.SQL(place), of, sql.SQL("RESET"), sql.SQL("")))


def _setting(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SHOW synchronous_commit").fetchone()
    assert row is not None
    return str(row[0])


def test_after_a_loss_no_idle_connection_is_lent_that_is_dead(database_url: str) -> None:
    with (
        Database(database_url, SCHEMA, 4) as database,
        psycopg.connect(database_url, autocommit=True) as admin,
    ):
        with database.connection(), database.connection(), database.connection():
            pass
        killed = admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        assert killed.rowcount == 3
        with pytest.raises(psycopg.OperationalError), database.connection() as lent:
            lent.execute("SELECT 1")
        for _ in range(6):
            with database.connection() as lent:
                assert lent.execute("SELECT 1").fetchone() == (1,)


def test_a_feed_s_cursor_never_stands_where_no_event_has_been(lastro: Lastro) -> None:
    # Numbers that were taken and rolled back may be given again after a crash: nobody may have passed them.
    feed, first = Feed(lastro.database), one_each(1)
    lastro.record(context(), *first)
    with lastro.database.connection() as connection:
        connection.execute("SELECT nextval('event_position') FROM generate_series(1, %s)", [3 * WINDOW])
    one = feed.page(FeedCursor.parse("0"), 10, None)
    while one.more:
        one = feed.page(one.next, 10, None)
    assert one.next.event_id is not None
    second = lastro.record(context(), *one_each(1))
    beyond = feed.page(one.next, 10, None)
    assert (beyond.events, beyond.next, beyond.more) == ((), FeedCursor(second - 1, None), True)
    (event,) = feed.page(beyond.next, 10, None).events
    assert event.position == second
