"""What would change (W7): the rows that two builds hold otherwise, streamed, counted, a few of them shown."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from psycopg import sql

from projections.rebuild.compare import Comparison
from projections.rebuild.shape import Shape
from projections.rebuild.snapshot import Level

SAMPLE = 20
PERSONAL = "***"
"""Stands for what a person's key has opened."""

_FETCH = 2_000


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that is not the same. `changes` are the columns that differ, old and new value; of a row that
    only one build has, every column. What is personal is told without its words: they outlive no key."""

    table: str
    key: Mapping[str, Any]
    company_id: UUID | None
    kind: Literal["only_old", "only_new", "changed"]
    changes: Mapping[str, tuple[Any, Any]]


@dataclass(slots=True)
class TableDifferences:
    """How many rows of one table differ, and in which columns."""

    only_old: int = 0
    only_new: int = 0
    changed: int = 0
    columns: Counter[str] = field(default_factory=Counter)
    sample: list[Difference] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Every row that differs."""
        return self.only_old + self.only_new + self.changed


type Differences = dict[str, TableDifferences]
type Found = Callable[[Difference], None]
"""Handed each difference, in the order of the tables and of their keys. It runs in the snapshot: be quick."""


def ignore(difference: Difference) -> None:
    """Nobody wants each of them."""


def differences(level: Level, comparison: Comparison, found: Found = ignore) -> Differences:
    """Every difference of the tables that the comparison found unequal."""
    told: Differences = {}
    for table in comparison.tables:
        if not table.equal:
            told[table.shape.table] = _of_table(level, table.shape, found)
    return told


def _of_table(level: Level, shape: Shape, found: Found) -> TableDifferences:
    told = TableDifferences()
    connection = level.connections[0]
    with connection.cursor(name="differences") as cursor:
        cursor.itersize = _FETCH
        for old, new in cursor.execute(_query(shape)):
            difference = _difference(shape, _row(old), _row(new))
            setattr(told, difference.kind, getattr(told, difference.kind) + 1)
            if difference.kind == "changed":
                told.columns.update(difference.changes.keys())
            if len(told.sample) < SAMPLE:
                told.sample.append(difference)
            found(difference)
    return told


def _query(shape: Shape) -> sql.Composed:
    """Rows side by side by their key, where any common column differs; in the key's order."""
    columns = sql.SQL(", ").join(map(sql.Identifier, shape.columns))
    key = sql.SQL(", ").join(map(sql.Identifier, shape.key))
    return sql.SQL(
        "SELECT to_jsonb(old)::text, to_jsonb(new)::text"
        " FROM (SELECT {columns} FROM {old}) AS old"
        " FULL JOIN (SELECT {columns} FROM {new}) AS new USING ({key})"
        " WHERE old IS DISTINCT FROM new ORDER BY {key}"
    ).format(columns=columns, key=key, old=sql.Identifier(shape.old), new=sql.Identifier(shape.new))


def _row(text: str | None) -> dict[str, Any] | None:
    """A row with its amounts as they are stored: no float touches them."""
    return None if text is None else dict(json.loads(text, parse_float=Decimal))


def _difference(shape: Shape, old: dict[str, Any] | None, new: dict[str, Any] | None) -> Difference:
    row = new or old or {}
    company = row.get("company_id")
    return Difference(
        table=shape.table,
        key={name: row[name] for name in shape.key},
        company_id=None if company is None else UUID(company),
        kind="only_new" if old is None else "only_old" if new is None else "changed",
        changes={
            name: (_told(shape, name, before), _told(shape, name, after))
            for name in shape.columns
            if (before := old and old[name]) != (after := new and new[name])
        },
    )


def _told(shape: Shape, name: str, value: Any) -> Any:
    return PERSONAL if name in shape.personal and value is not None else value
