"""Comparing two builds of the listing against reading every column of both, on as many connections."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from psycopg import sql

from application.database import Connection, Database
from bench.rebuild_house import house, rebuilt
from bench.rows import Row
from projections.invoice_grid.model import INVOICE_GRID
from projections.rebuild.operations import promote, verify
from projections.rebuild.shape import Shape, shapes

_ROUNDS = 3

type Scan = Callable[[Connection, Shape, str], None]


def run(scale: str) -> list[Row]:
    """The best of three of each, in turns, on pages that are in memory for both."""
    with house(30_000 if scale == "small" else 1_000_000) as where:
        database = where.database
        rebuilt(database)
        promote(database, INVOICE_GRID)
        rebuilt(database)
        read, counted, verified = [], [], []
        for _ in range(_ROUNDS):
            read.append(_timed_scan(database, _read))
            counted.append(_timed_scan(database, _counts))
            verified.append(_timed_verify(database))
    note = (
        f"{where.events:,} events: compared in {min(verified):.2f} s, every column of both read in"
        f" {min(read):.2f} s, counted without a look at its value in {min(counted):.2f} s"
    )
    return [Row("verify", min(verified) / min(read), 1.5, "lower", note)]


def _timed_verify(database: Database) -> float:
    start = time.perf_counter()
    comparison, _ = verify(database, INVOICE_GRID, "bench")
    assert comparison is not None
    assert comparison.equal
    return time.perf_counter() - start


def _timed_scan(database: Database, scan: Scan) -> float:
    start = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(lambda new: _scan(database, scan, new=new), (False, True)):
            pass
    return time.perf_counter() - start


def _scan(database: Database, scan: Scan, *, new: bool) -> None:
    with database.dedicated() as connection:
        live, ready = (replace(INVOICE_GRID, version=version) for version in (2, 3))
        for shape in shapes(connection, live, ready):
            scan(connection, shape, shape.new if new else shape.old)


def _read(connection: Connection, shape: Shape, relation: str) -> None:
    """Every value in binary form, thrown away as it comes."""
    query = sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(sql.Identifier(relation))
    with connection.cursor().copy(query) as copy:
        for _ in copy:
            pass


def _counts(connection: Connection, shape: Shape, relation: str) -> None:
    """`count` finds each column in its row and asks only whether it is there."""
    columns = [sql.SQL("count({})").format(sql.Identifier(name)) for name in shape.columns]
    connection.execute(
        sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(columns), sql.Identifier(relation))
    )
