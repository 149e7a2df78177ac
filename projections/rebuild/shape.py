"""What two builds' tables have in common, and so can be compared: columns, their key, their money."""

from __future__ import annotations

from dataclasses import dataclass

from application.database import Connection
from projections.projection import Projection

_COLUMNS = """
SELECT attname::text, format_type(atttypid, atttypmod),
    coalesce(attnum = ANY (SELECT unnest(conkey) FROM pg_constraint
                           WHERE conrelid = attrelid AND contype = 'p'), false)
FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
ORDER BY attnum
"""


@dataclass(frozen=True, slots=True)
class Shape:
    """One table in two builds. `columns` are those of both, of one type; `key` its primary key."""

    table: str
    old: str
    new: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    money: tuple[str, ...]
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]
    ordered: bool
    personal: frozenset[str]

    @property
    def whole(self) -> bool:
        """Whether both have the same columns in the same order, so that a row need not be put together."""
        return not self.only_old and not self.only_new and self.ordered

    @property
    def by_company(self) -> bool:
        """Whether its rows belong to companies."""
        return "company_id" in self.columns


def shapes(connection: Connection, old: Projection, new: Projection) -> list[Shape]:
    """The tables that both builds have, in the model's order."""
    return [
        _shape(connection, table, old.relation(table), new.relation(table), old.personal | new.personal)
        for table in new.relations
        if table in old.relations
    ]


def _shape(connection: Connection, table: str, old: str, new: str, personal: frozenset[str]) -> Shape:
    before = {name: (kind, key) for name, kind, key in connection.execute(_COLUMNS, (old,))}
    after = {name: (kind, key) for name, kind, key in connection.execute(_COLUMNS, (new,))}
    common = tuple(name for name in before if name in after and before[name][0] == after[name][0])
    return Shape(
        table=table,
        old=old,
        new=new,
        columns=common,
        key=tuple(name for name in common if after[name][1]),
        money=tuple(
            name
            for name in common
            if after[name][0].startswith("numeric(") and after[name][0].endswith(",2)")
        ),
        only_old=tuple(name for name in before if name not in common),
        only_new=tuple(name for name in after if name not in common),
        ordered=list(before) == list(after),
        personal=personal,
    )
