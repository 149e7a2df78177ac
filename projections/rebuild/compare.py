"""Whether two builds hold the same: row counts, checksums and money by company, at one position."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from psycopg import sql

from application.database import Connection
from projections.projection import Projection
from projections.rebuild.shape import Shape, shapes
from projections.rebuild.snapshot import Level


@dataclass(frozen=True, slots=True)
class Sums:
    """What one build has of one company (None: of none) in one table."""

    rows: int
    checksum: int
    money: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class TableComparison:
    """One table in both builds, by company. What only one of them has as a column is not compared."""

    shape: Shape
    old: Mapping[UUID | None, Sums]
    new: Mapping[UUID | None, Sums]

    @property
    def equal(self) -> bool:
        """Whether the common columns hold the same rows."""
        return self.old == self.new

    def rows(self) -> tuple[int, int]:
        """How many rows, old and new."""
        return sum(each.rows for each in self.old.values()), sum(each.rows for each in self.new.values())


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two builds at one position. `tables_gone` and `tables_new` are those that only one of them has."""

    position: int
    old_version: int
    new_version: int
    tables: tuple[TableComparison, ...]
    tables_gone: tuple[str, ...]
    tables_new: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether all that both builds hold is the same."""
        return all(table.equal for table in self.tables)

    @property
    def empties(self) -> bool:
        """Whether a table that held rows holds none any more."""
        return any(old and not new for old, new in (table.rows() for table in self.tables))


def compare(level: Level, old: Projection, new: Projection) -> Comparison:
    """Read every column of both builds once, side by side, inside the snapshot."""
    found = shapes(level.connections[0], old, new)
    with ThreadPoolExecutor(2) as pool:
        before = pool.submit(_all_sums, level.connections[0], found, new=False)
        after = pool.submit(_all_sums, level.connections[1], found, new=True)
        tables = zip(found, before.result(), after.result(), strict=True)
    return Comparison(
        position=level.position,
        old_version=old.version,
        new_version=new.version,
        tables=tuple(TableComparison(*each) for each in tables),
        tables_gone=tuple(table for table in old.relations if table not in new.relations),
        tables_new=tuple(table for table in new.relations if table not in old.relations),
    )


def _all_sums(connection: Connection, found: list[Shape], *, new: bool) -> list[dict[UUID | None, Sums]]:
    return [_sums(connection, shape, shape.new if new else shape.old) for shape in found]


def _sums(connection: Connection, shape: Shape, relation: str) -> dict[UUID | None, Sums]:
    rows = connection.execute(checksum_query(shape, relation)).fetchall()
    return {
        company: Sums(count, int(checksum or 0), tuple(money)) for company, count, checksum, *money in rows
    }


def checksum_query(shape: Shape, relation: str) -> sql.Composed:
    """Rows, the sum of their hashes and of each money column, by company. In no order: sums need none."""
    columns = sql.SQL(", ").join(map(sql.Identifier, shape.columns))
    compared = sql.SQL("entry") if shape.whole else sql.SQL("ROW({})").format(columns)
    money = sql.SQL("").join(sql.SQL(", sum({})").format(sql.Identifier(name)) for name in shape.money)
    return sql.SQL(
        "SELECT {company}, count(*), sum(hash_record_extended({compared}, 0)){money}"
        " FROM {relation} AS entry GROUP BY 1"
    ).format(
        company=sql.Identifier("company_id") if shape.by_company else sql.SQL("NULL::uuid"),
        compared=compared,
        money=money,
        relation=sql.Identifier(relation),
    )
