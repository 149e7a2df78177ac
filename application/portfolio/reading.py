"""Portfolio files as a stream of rows, in the order of import, in flat memory whatever their size."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import openpyxl

from application.portfolio.cells import CellError, plain
from application.portfolio.columns import COLUMNS, KNOWN, SHEETS, Kind
from application.portfolio.problems import PortfolioFileError, Problem

_CSV_FIELD_LIMIT = 64 * 1024
_LINE_LIMIT = 1 << 20
_UNZIPPED_LIMIT = 2 * 1024**3
_COLUMN_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Row:
    """A row as text by column; empty cells are left out. `line` is what a spreadsheet shows."""

    kind: Kind
    line: int
    cells: dict[str, str]
    sheet: str | None = None


Report = Callable[[Problem], None]


def read_rows(path: Path, report: Report) -> Iterator[Row]:
    """Rows of a .csv or .xlsx file, kind by kind; rows of no known kind go to `report`.

    Raises PortfolioFileError where the file as a whole cannot be read.
    """
    if not path.is_file():
        raise PortfolioFileError("file_not_found", path=str(path))
    match path.suffix.lower():
        case ".csv":
            return _read_csv(path, report)
        case ".xlsx":
            return _read_workbook(path, report)
        case suffix:
            raise PortfolioFileError("file_type_unknown", suffix=suffix or path.name)


def _read_csv(path: Path, report: Report) -> Iterator[Row]:
    encoding, delimiter = _sniff(path)
    for kind in Kind:
        first_pass = kind is Kind.COMPANY
        yield from _csv_rows_of(kind, path, encoding, delimiter, report if first_pass else _silent)


def _silent(_problem: Problem) -> None:
    """Problems of form were reported on the first pass."""


def _sniff(path: Path) -> tuple[str, str]:
    encoding = "utf-8-sig" if _is_utf8(path) else "cp1252"
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        header = file.readline(_CSV_FIELD_LIMIT)
    if not header.strip():
        raise PortfolioFileError("file_empty")
    return encoding, max(";,\t", key=header.count)


def _is_utf8(path: Path) -> bool:
    """Excel of Brazil saves CSV as Windows-1252 unless told otherwise; UTF-8 proves itself."""
    with path.open(encoding="utf-8-sig") as file:
        try:
            while file.read(1 << 20):
                pass
        except UnicodeDecodeError:
            return False
    return True


def _csv_rows_of(kind: Kind, path: Path, encoding: str, delimiter: str, report: Report) -> Iterator[Row]:
    csv.field_size_limit(_CSV_FIELD_LIMIT)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        reader = csv.reader(_lines(file), delimiter=delimiter)
        header = _header(next(reader, []), None, report, need_kind=True)
        for line, values in _counted(reader):
            if not any(value.strip() for value in values):
                continue
            cells = _named(header, values)
            found = _kind_of(cells.pop("tipo", ""))
            if len(values) > len(header) and any(value.strip() for value in values[len(header) :]):
                report(Problem(line, None, "too_many_cells"))
            elif found is None:
                report(Problem(line, "tipo", "kind_unknown", details={"choices": ", ".join(Kind)}))
            elif found is kind:
                yield Row(kind, line, cells)


def _lines(file: TextIO) -> Iterator[str]:
    """Lines of bounded length, so that a file without line breaks cannot fill the memory."""
    while line := file.readline(_LINE_LIMIT):
        if "\0" in line:
            raise PortfolioFileError("file_not_text")
        if len(line) == _LINE_LIMIT:
            raise PortfolioFileError("line_too_long", limit=str(_LINE_LIMIT))
        yield line


def _counted(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it begins on, though a quoted cell may span lines."""
    begins = reader.line_num + 1
    try:
        for values in reader:
            yield begins, values
            begins = reader.line_num + 1
    except csv.Error as error:
        raise PortfolioFileError("csv_broken", line=str(begins), reason=str(error)) from error


def _kind_of(word: str) -> Kind | None:
    try:
        return Kind(plain(word))
    except ValueError:
        return None


def _header(
    values: Iterable[Any], sheet: str | None, report: Report, *, need_kind: bool = False
) -> list[str]:
    names = [plain(str(value)) if value is not None else "" for value in values]
    while names and not names[-1]:
        names.pop()
    if need_kind and "tipo" not in names:
        raise PortfolioFileError("header_without_kind")
    if len(names) > _COLUMN_LIMIT:
        raise PortfolioFileError("too_many_columns", limit=str(_COLUMN_LIMIT))
    repeated = {name for name in names if name and names.count(name) > 1}
    if repeated:
        raise PortfolioFileError("column_repeated", column=", ".join(sorted(repeated)))
    for name in names:
        if name and name not in KNOWN:
            report(Problem(1, name, "column_unknown", sheet=sheet))
    return names


def _named(header: list[str], values: Iterable[str]) -> dict[str, str]:
    named = zip(header, values, strict=False)
    return {name: value for name, value in named if name in KNOWN and value.strip()}


def _read_workbook(path: Path, report: Report) -> Iterator[Row]:
    with path.open("rb") as file:
        _refuse_bomb(file)
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except (KeyError, ValueError, OSError, SyntaxError, zipfile.BadZipFile) as error:
            raise PortfolioFileError("workbook_broken", reason=str(error)[:200]) from error
        try:
            sheets = {plain(name): book[name] for name in book.sheetnames}
            if not any(plain(name) in sheets for name in SHEETS.values()):
                raise PortfolioFileError("workbook_without_sheets", sheets=", ".join(SHEETS.values()))
            for kind, name in SHEETS.items():
                if (found := sheets.get(plain(name))) is not None:
                    yield from _sheet_rows(kind, found, report)
        finally:
            book.close()


def _refuse_bomb(file: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise PortfolioFileError("workbook_broken", reason=str(error)) from error
    if size > _UNZIPPED_LIMIT:
        raise PortfolioFileError("workbook_too_large", limit=f"{_UNZIPPED_LIMIT // 1024**3} GiB")
    file.seek(0)


def _sheet_rows(kind: Kind, sheet: Any, report: Report) -> Iterator[Row]:
    rows = sheet.iter_rows(values_only=True)
    header = _header(next(rows, ()), sheet.title, report)
    missing = [c.name for c in COLUMNS[kind] if c.required and c.name not in header]
    if missing and header:
        report(Problem(1, ", ".join(missing), "column_missing", sheet=sheet.title))
        return
    for line, values in enumerate(rows, start=2):
        cells = _named(header, (_as_text(value) for value in values))
        if cells:
            yield Row(kind, line, cells, sheet.title)


def _as_text(value: object) -> str:
    """A cell as it would be typed in Brazil: dates as ISO, numbers with a decimal comma."""
    match value:
        case None:
            return ""
        case bool():
            return "sim" if value else "não"
        case datetime() | date():
            return f"{value:%Y-%m-%d}"
        case float():
            return format(round(value, 10), "f").rstrip("0").rstrip(".").replace(".", ",")
        case _:
            return str(value)


def parse_row(row: Row, report: Report) -> dict[str, Any] | None:
    """The row's values by column, defaults filled in; None when any cell is wrong (each is reported)."""
    values: dict[str, Any] = {}
    good = True
    for column in COLUMNS[row.kind]:
        raw = row.cells.get(column.name)
        if raw is None:
            if column.required:
                good = False
                report(Problem(row.line, column.name, "required", sheet=row.sheet))
            values[column.name] = column.default
            continue
        try:
            values[column.name] = column.read(raw)
        except CellError as error:
            good = False
            report(Problem(row.line, column.name, error.code, raw[:80], row.sheet, error.details))
    return values if good else None


def count_rows(path: Path) -> int | None:
    """About how many rows the file has, for a progress bar; None where that would mean reading it all."""
    if path.suffix.lower() != ".csv":
        return None
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


__all__ = ["Report", "Row", "count_rows", "parse_row", "read_rows"]
