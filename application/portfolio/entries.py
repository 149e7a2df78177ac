"""From rows to entries: a row read into values, or a contract's row with the item rows below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from application.portfolio.cells import CellError, code
from application.portfolio.columns import COLUMNS, ITEM_COLUMNS, Column, Kind
from application.portfolio.problems import Problem, Report, RowRefusedError, shown
from application.portfolio.reading import Row
from domain.values.text import code_key

Values = dict[str, Any]

MOST_ITEMS = 200
"""More item rows than this below one contract are a code that was copied down the whole sheet."""

_ITEM_ROW_NAMES = frozenset({"codigo", "empresa", *(column.name for column in ITEM_COLUMNS)})
_OF_A_COMPANY = frozenset({Kind.ACCOUNT, Kind.SERVICE, Kind.CONTRACT})


@dataclass(frozen=True, slots=True)
class Entry:
    """What is imported whole or not at all. `values` is None where a cell was refused.

    `items` are a contract's rows below its first, with their item columns only. `key` is None where
    the row does not even say which entry it is; `size` is how many rows of the file it takes.
    """

    row: Row
    values: Values | None
    key: str | None
    size: int = 1
    items: tuple[tuple[Row, Values], ...] = ()

    @property
    def kind(self) -> Kind:
        """What the entry is."""
        return self.row.kind

    def problem(self, refusal: RowRefusedError, item: int = 0) -> Problem:
        """The refusal as a problem of this entry, or of one of its item rows."""
        row = self.items[item - 1][0] if 0 < item <= len(self.items) else self.row
        value = shown(row.cells.get(refusal.column or "", ""))
        return Problem(row.line, refusal.column, refusal.code, value, row.sheet, refusal.details)


def entries(rows: Iterable[Row], report: Report) -> Iterator[Entry]:
    """Rows of one kind as entries; what is wrong with a cell goes to `report`."""
    for key, group in groupby(rows, _key):
        for row in group:
            if key is not None and row.kind is Kind.CONTRACT:
                yield _contract(row, group, key, report)  # noqa: B031 - it reads the rest of the group
            else:
                yield Entry(row, parsed(row, COLUMNS[row.kind], report), key)


def reference(company: str, code: str) -> str:
    """The key of what belongs to a company."""
    return f"{code_key(company)}\0{code_key(code)}"


def _contract(row: Row, below: Iterator[Row], key: str, report: Report) -> Entry:
    values = parsed(row, COLUMNS[row.kind], report)
    kept = list(islice(below, MOST_ITEMS))
    surplus = sum(1 for _ in below)
    if surplus:
        report(Problem(row.line, "codigo", "too_many_items", shown(row.cells["codigo"]), row.sheet))
    items = [
        (each, _item_values(row, above, each, report))
        for above, each in zip([row, *kept], kept, strict=False)
    ]
    good = tuple((each, found) for each, found in items if found is not None)
    whole = values is not None and not surplus and len(good) == len(items)
    return Entry(row, values if whole else None, key, 1 + len(kept) + surplus, good)


def _item_values(contract: Row, above: Row, row: Row, report: Report) -> Values | None:
    """The item columns of a row below its contract.

    What it repeats of the contract must be the contract's, and a row that says again just what the row
    above it says is a slip that would charge twice.
    """
    if row.cells == above.cells:
        report(Problem(row.line, "codigo", "row_repeated", shown(row.cells["codigo"]), row.sheet))
        return None
    others = (name for name in row.cells if name not in _ITEM_ROW_NAMES)
    for name in others:
        raw = row.cells[name]
        if code_key(raw) != code_key(contract.cells.get(name, "")):
            report(Problem(row.line, name, "item_row_differs", shown(raw), row.sheet))
            return None
    return parsed(row, ITEM_COLUMNS, report)


def parsed(row: Row, columns: Iterable[Column], report: Report) -> Values | None:
    """The values of these columns, defaults filled in; None when any cell is wrong (each is reported)."""
    values: Values = {}
    good = True
    for column in columns:
        raw = row.cells.get(column.name)
        try:
            values[column.name] = _value(column, raw)
        except CellError as error:
            good = False
            report(Problem(row.line, column.name, error.code, shown(raw or ""), row.sheet, error.details))
    return values if good else None


def _value(column: Column, raw: str | None) -> Any:
    if raw is not None:
        return column.read(raw)
    if column.required:
        raise CellError("required")
    return column.default


def _key(row: Row) -> str | None:
    try:
        own = code(row.cells["codigo"])
        return reference(code(row.cells["empresa"]), own) if row.kind in _OF_A_COMPANY else code_key(own)
    except (CellError, KeyError):
        return None
