"""What a log cut by hash of the stream costs against the log in one table: appends, pages, streams."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from application.database import Connection
from bench.rebuild_log import write_log
from bench.rows import Row
from bench.server import durable_server, migrated

PARTITIONS = 8
_TIMES = 200
_COMMIT = 1_000
_PAGE = 500
_STREAMS = 80

_CUT = """
CREATE TABLE event_cut (LIKE event INCLUDING DEFAULTS, UNIQUE (stream_id, version))
    PARTITION BY HASH (stream_id);
CREATE TABLE event_whole (LIKE event INCLUDING DEFAULTS, UNIQUE (stream_id, version));
CREATE INDEX ON event_cut (position);
CREATE INDEX ON event_whole (position);
CREATE INDEX ON event_cut (event_id);
CREATE INDEX ON event_whole (event_id)
"""
_PART = "CREATE TABLE event_cut_{n} PARTITION OF event_cut FOR VALUES WITH (MODULUS {of}, REMAINDER {n})"
_TABLES = ("event_cut", "event_whole")


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of both tables, each time with its values."""

    name: str
    where: str
    values: Sequence[object]
    note: str


def run(scale: str) -> list[Row]:
    """The same facts appended to both in turns, then both are asked the same, in turns."""
    events = 40_000 if scale == "small" else 1_000_000
    with durable_server() as server, migrated(server) as database, database.dedicated() as connection:
        written = write_log(connection, events)
        for statement in _CUT.split(";"):
            connection.execute(statement.encode())
        for number in range(PARTITIONS):
            connection.execute(_PART.format(n=number, of=PARTITIONS).encode())
        rows = [_row("append", _appended(connection, written), f"a fact, {_COMMIT:,} to a commit")]
        connection.execute("VACUUM (ANALYZE)")
        rows += [
            _row(each.name, _answered(connection, each), each.note)
            for each in _questions(connection, written)
        ]
    return rows


def _row(name: str, took: dict[str, float], note: str) -> Row:
    cut, whole = (took[table] * 1e6 for table in _TABLES)
    told = f"{note}: {cut:,.0f} µs in {PARTITIONS} partitions, {whole:,.0f} µs in one table"
    return Row(f"partitioned_log_{name}", cut / whole, None, "lower", told)


def _appended(connection: Connection, written: int) -> dict[str, float]:
    """Seconds of a fact. The server's part alone: rows come from another table."""
    took = dict.fromkeys(_TABLES, 0.0)
    for after in range(0, written, _COMMIT):
        for table in _TABLES:
            query = f"INSERT INTO {table} SELECT * FROM event WHERE position > %s AND position <= %s"
            start = time.perf_counter()
            connection.execute(query.encode(), (after, after + _COMMIT))
            took[table] += time.perf_counter() - start
    return {table: seconds / written for table, seconds in took.items()}


def _questions(connection: Connection, written: int) -> list[_Question]:
    found = connection.execute(
        "SELECT stream_id, event_id FROM event ORDER BY event_id LIMIT %s", (_STREAMS,)
    ).fetchall()
    streams, facts = zip(*found, strict=True)
    page = f"WHERE position > %s ORDER BY position LIMIT {_PAGE}"
    return [
        _Question("page", page, [written // 2], f"{_PAGE} facts in order"),
        _Question("stream", "WHERE stream_id = %s ORDER BY version", streams[:1], "one stream"),
        _Question("streams", "WHERE stream_id = ANY(%s)", [list(streams)], f"{_STREAMS} streams"),
        _Question("by_id", "WHERE event_id = %s", facts[:1], "a fact by its id"),
        _Question("last", "ORDER BY position DESC LIMIT 1", [], "the last position"),
    ]


def _answered(connection: Connection, asked: _Question) -> dict[str, float]:
    """Seconds of one answer, the median of many, the tables in turns."""
    took: dict[str, list[float]] = {table: [] for table in _TABLES}
    for _ in range(_TIMES):
        for table in _TABLES:
            query = f"SELECT * FROM {table} {asked.where}"
            start = time.perf_counter()
            connection.execute(query.encode(), asked.values, prepare=True).fetchall()
            took[table].append(time.perf_counter() - start)
    return {table: statistics.median(each) for table, each in took.items()}
