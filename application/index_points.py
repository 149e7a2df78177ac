"""Monthly points of price indices from a CSV file: each line by itself, what is wrong told by line."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from application.access import Principal
from application.portfolio.cells import CellError, decimal, plain
from application.price_indices import PriceIndices
from application.registry import Change, Done
from domain.kernel import DomainError
from domain.price_index.price_index import IndexMonthInvalidError, IndexPercentInvalidError

REQUIRED = ("indice", "competencia", "percentual")
_COLUMNS = (*REQUIRED, "fonte")
_ISO, _BRAZILIAN = re.compile(r"(\d{4})-(\d{2})", re.ASCII), re.compile(r"(\d{1,2})/(\d{4})", re.ASCII)


class IndexUnknownError(DomainError):
    """No index has this code. Register it first. Details: `code`."""


class IndexFileUnreadableError(DomainError):
    """The file is no CSV of index points: its first line names indice, competencia, percentual and,
    if you like, fonte. Details: `reason`."""


@dataclass(frozen=True, slots=True)
class PointLine:
    """A line of the file, as text. `line` counts from 1, the header's."""

    line: int
    code: str
    month: str
    percent: str
    source: str


@dataclass(frozen=True, slots=True)
class PointRefused:
    """Why a line did not go in."""

    line: PointLine
    refusal: DomainError


@dataclass(slots=True)
class PointsImported:
    """What became of the lines."""

    new: int = 0
    corrected: int = 0
    same: int = 0
    refused: int = 0


class IndexPoints:
    """Publishes points that people typed or that a publisher's file holds."""

    def __init__(self, indices: PriceIndices) -> None:
        self._indices = indices

    def put(
        self, principal: Principal, code: str, month: str, percent: str, source: str, *, correct: bool = False
    ) -> Done:
        """Publish a month's point, as typed; with `correct` also where another stands.

        A standard index is registered on the way. Raises IndexUnknownError and what PriceIndex refuses.
        """
        known = self._indices.named(principal, code)
        found = self._indices.find(known) if known else None
        if found is None:
            raise IndexUnknownError(f"no index has the code {code}", code=code)
        at, value = month_of(month), percent_of(percent)
        if correct and self._indices.has_point(found, at):
            return self._indices.correct(principal, found, at, value, source)
        done = self._indices.publish(principal, found, at, value, source)
        return Done(found, Change.REGISTERED, done.position) if done.change is Change.CORRECTED else done

    def put_file(
        self,
        principal: Principal,
        path: Path,
        source: str,
        report: Callable[[PointRefused], None],
        *,
        correct: bool = False,
    ) -> PointsImported:
        """Publish every good line, from `source` where it names none. Raises IndexFileUnreadableError."""
        imported = PointsImported()
        for line in list(read_points(path)):
            try:
                done = self.put(
                    principal, line.code, line.month, line.percent, line.source or source, correct=correct
                )
            except DomainError as refusal:
                imported.refused += 1
                report(PointRefused(line, refusal))
                continue
            match done.change:
                case Change.REGISTERED:
                    imported.new += 1
                case Change.CORRECTED:
                    imported.corrected += 1
                case Change.SAME:
                    imported.same += 1
        return imported


def read_points(path: Path) -> Iterator[PointLine]:
    """The lines of the file, empty ones left out. Raises IndexFileUnreadableError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise IndexFileUnreadableError(f"{path} cannot be read as UTF-8", reason=str(error)) from error
    lines = text.splitlines()
    header = lines[0] if lines else ""
    try:
        reader = csv.reader(lines, delimiter=max(";,\t", key=header.count), strict=True)
        names = [plain(name) for name in next(reader, [])]
        if missing := [name for name in REQUIRED if name not in names]:
            raise IndexFileUnreadableError(f"{path} has no column {', '.join(missing)}", reason="columns")
        for cells in reader:
            found = dict(zip(names, cells, strict=False))
            if any(cell.strip() for cell in cells):
                yield PointLine(reader.line_num, *(found.get(name, "").strip() for name in _COLUMNS))
    except csv.Error as error:
        raise IndexFileUnreadableError(f"{path} is no CSV", reason=str(error)) from error


def month_of(text: str) -> str:
    """`2026-03` or `03/2026` as `2026-03`. Raises IndexMonthInvalidError."""
    stripped = text.strip()
    if _ISO.fullmatch(stripped):
        return stripped
    found = _BRAZILIAN.fullmatch(stripped)
    if found is None:
        raise IndexMonthInvalidError(f"{text!r} is no month: write 03/2026 or 2026-03", month=text)
    return f"{found[2]}-{int(found[1]):02d}"


def percent_of(text: str) -> Decimal:
    """`0,52`, `-0.73` or `0,52%`. Raises IndexPercentInvalidError."""
    try:
        return decimal(text)
    except CellError as error:
        raise IndexPercentInvalidError(
            f"{text!r} is no percentage: write 0,52 or 0.52", percent=text
        ) from error
