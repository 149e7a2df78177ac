"""Portfolio files as a stream of rows, in the order of import, in flat memory whatever their size."""

from __future__ import annotations

import csv
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import openpyxl

from application.portfolio.cells import plain
from application.portfolio.columns import COLUMNS, KNOWN, SHEETS, Kind
from application.portfolio.problems import PortfolioFileError, Problem, Report, shown

_CSV_FIELD_LIMIT = 64 * 1024
_LINE_LIMIT = 1 << 20
_UNZIPPED_LIMIT = 2 * 1024**3
_HELD_LIMIT = 256 * 1024**2
_COLUMN_LIMIT = 200
_WORD = 40
_PAGE = 200
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""How a workbook writes the characters that XML has no room for (ECMA-376 part 1, 22.9.2.19)."""
_READ = KNOWN - {"tipo"}
_BROKEN = (
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    OSError,
    SyntaxError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    zlib.error,
    zipfile.BadZipFile,
)
"""What openpyxl, zipfile and the XML parser raise on a workbook that is damaged or encrypted."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as text by column; empty cells are left out. `line` is what a spreadsheet shows."""

    kind: Kind
    line: int
    cells: dict[str, str]
    sheet: str | None = None


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
    """One pass per kind that the file has; rows do not come sorted, and to sort is to hold them all."""
    file = _Csv(path, *_sniff(path))
    found = file.survey(report)
    for kind in Kind:
        if kind in found:
            yield from file.rows_of(kind, report)


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


@dataclass(frozen=True, slots=True)
class _Csv:
    path: Path
    encoding: str
    delimiter: str

    def survey(self, report: Report) -> set[Kind]:
        """The kinds of row in the file; raises, before anything is imported, where it is no CSV."""
        found: set[Kind | None] = set()
        for line, values, place, _ in self._records(report):
            word = _at(values, place)
            kind = _kind_of(word[:_WORD])
            found.add(kind)
            if kind is None and any(value.strip() for value in values):
                choices = {"choices": ", ".join(Kind)}
                report(Problem(line, "tipo", "kind_unknown", shown(word), details=choices))
        return {kind for kind in found if kind is not None}

    def rows_of(self, kind: Kind, report: Report) -> Iterator[Row]:
        """The rows of one kind, in the order of the file."""
        for line, values, place, header in self._records(_silent):
            if _kind_of(_at(values, place)[:_WORD]) is not kind:
                continue
            if any(value.strip() for value in values[len(header) :]):
                report(Problem(line, None, "too_many_cells"))
            else:
                yield Row(kind, line, _named(header, values))

    def _records(self, report: Report) -> Iterator[tuple[int, list[str], int, list[str]]]:
        """Line, cells, where `tipo` is, header."""
        csv.field_size_limit(_CSV_FIELD_LIMIT)
        with self.path.open(encoding=self.encoding, errors="replace", newline="") as file:
            reader = csv.reader(_lines(file), delimiter=self.delimiter)
            header = _header(next(reader, []), None, report, need_kind=True)
            place = header.index("tipo")
            for line, values in _counted(reader):
                yield line, values, place, header


def _at(values: list[str], place: int) -> str:
    return values[place] if place < len(values) else ""


def _silent(_problem: Problem) -> None:
    """Problems of form are reported by the survey."""


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


@lru_cache(1024)
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
            report(Problem(1, shown(name), "column_unknown", sheet=sheet))
    return names


def _named(header: list[str], values: Iterable[str]) -> dict[str, str]:
    named = zip(header, values, strict=False)
    return {name: value for name, value in named if name in _READ and value.strip()}


def _read_workbook(path: Path, report: Report) -> Iterator[Row]:
    with path.open("rb") as file:
        try:
            _refuse_bomb(file)
            with _quiet():
                book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            try:
                yield from _workbook_rows(book, report)
            finally:
                book.close()
        except _BROKEN as error:
            raise PortfolioFileError("workbook_broken", reason=shown(str(error))) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """openpyxl warns of styles and extensions that it leaves out: none of them holds a value."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _workbook_rows(book: openpyxl.Workbook, report: Report) -> Iterator[Row]:
    sheets = {plain(sheet.title): sheet for sheet in book.worksheets}
    if not any(plain(name) in sheets for name in SHEETS.values()):
        raise PortfolioFileError("workbook_without_sheets", sheets=", ".join(SHEETS.values()))
    for kind, name in SHEETS.items():
        if (found := sheets.get(plain(name))) is not None:
            yield from _sheet_rows(kind, found, report)


def _refuse_bomb(file: BinaryIO) -> None:
    """A sheet is streamed, whatever its size; everything else, shared texts above all, is held in memory."""
    with zipfile.ZipFile(file) as archive:
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    held = sum(size for name, size in sizes.items() if not name.startswith("xl/worksheets/"))
    for size, limit in ((sum(sizes.values()), _UNZIPPED_LIMIT), (held, _HELD_LIMIT)):
        if size > limit:
            raise PortfolioFileError("workbook_too_large", limit=f"{limit // 1024**2} MiB")
    file.seek(0)


def _sheet_rows(kind: Kind, sheet: Any, report: Report) -> Iterator[Row]:
    # What a file says of its own extent is often wrong, and rows outside it would be lost.
    sheet.reset_dimensions()
    rows = _quietly(sheet.iter_rows(max_col=_COLUMN_LIMIT + 1))
    header = _header((cell.value for cell in next(rows, ())), sheet.title, report)
    missing = [c.name for c in COLUMNS[kind] if c.required and c.name not in header]
    if missing and header:
        report(Problem(1, ", ".join(missing), "column_missing", sheet=sheet.title))
        return
    for line, found in enumerate(rows, start=2):
        cells = _named(header, (_as_text(cell) for cell in found))
        if cells:
            yield Row(kind, line, cells, sheet.title)


def _quietly(rows: Iterator[Any]) -> Iterator[Any]:
    while True:
        with _quiet():
            page = list(islice(rows, _PAGE))
        if not page:
            return
        yield from page


def _as_text(cell: Any) -> str:
    """A cell as it would be typed in Brazil: dates as ISO, numbers with a decimal comma.

    A cell that is formatted as a percentage holds a hundredth of what it shows.
    """
    match cell.value:
        case None:
            return ""
        case str() as text:
            return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
        case bool() as truth:
            return "sim" if truth else "não"
        case datetime() | date() as day:
            return f"{day:%Y-%m-%d}"
        case int() | float() as number:
            if "%" in cell.number_format:
                return _number(number * 100) + "%"
            return _number(number)
        case other:
            return str(other)


def _number(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    return format(round(value, 10), "f").rstrip("0").rstrip(".").replace(".", ",")


def count_rows(path: Path) -> int | None:
    """About how many rows a CSV has below its header, for a progress bar; None for a workbook."""
    if path.suffix.lower() != ".csv":
        return None
    with path.open("rb") as file:
        lines = sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
    return max(0, lines - 1)
