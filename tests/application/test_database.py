"""A connection is lent for a block, in our schema, in UTC, in a transaction or without one."""

from __future__ import annotations

from datetime import UTC, date, datetime

import psycopg
import pytest

from application.clock import sao_paulo_date, utc_now
from application.database import Connection, Database
from application.ids import new_id, quick_id


def test_a_block_is_a_transaction(database: Database) -> None:
    with database.connection() as connection:
        connection.execute("CREATE TABLE kept (id integer)")
    with pytest.raises(psycopg.errors.DivisionByZero), database.connection() as connection:
        _insert_and_fail(connection)
    with database.connection() as connection:
        assert connection.execute("SELECT * FROM kept").fetchall() == []


def _insert_and_fail(connection: Connection) -> None:
    connection.execute("INSERT INTO kept VALUES (1)")
    connection.execute("SELECT 1 / 0")


def test_every_connection_sees_the_schema_in_utc(database: Database) -> None:
    asked = "SELECT current_schema(), current_setting('TimeZone')"
    dedicated = database.dedicated()
    with database.connection() as one, database.autocommit() as other:
        found = {connection.execute(asked).fetchone() for connection in (one, other, dedicated)}
    dedicated.close()
    assert found == {(database.schema, "UTC")}


def test_the_caller_s_own_options_are_kept(database_url: str) -> None:
    url = psycopg.conninfo.make_conninfo(database_url, options="-c statement_timeout=1234")
    with Database(url) as database, database.connection() as connection:
        row = connection.execute("SELECT current_setting('statement_timeout'), current_schema()").fetchone()
    assert row == ("1234ms", "lastro")


def test_json_comes_back_as_values(database: Database) -> None:
    with database.connection() as connection:
        row = connection.execute("""SELECT '{"a": [1, "é"]}'::jsonb""").fetchone()
    assert row == ({"a": [1, "é"]},)


def test_a_closed_pool_lends_nothing(database_url: str) -> None:
    database = Database(database_url)
    database.close()
    database.close()
    with pytest.raises(psycopg.OperationalError), database.connection():
        pass


def test_a_date_is_sao_paulo_s() -> None:
    assert sao_paulo_date(datetime(2026, 3, 1, 2, 59, tzinfo=UTC)) == date(2026, 2, 28)
    assert sao_paulo_date(datetime(2026, 3, 1, 3, 0, tzinfo=UTC)) == date(2026, 3, 1)
    assert utc_now().tzinfo is UTC


def test_ids_are_of_version_seven_and_ascend() -> None:
    made = [new_id() for _ in range(100)]
    assert {id.version for id in made} == {7}
    assert made == sorted(made)
    assert quick_id().version == 7
