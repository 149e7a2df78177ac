"""Facts as lines of a file: JSON lines, and CSV that no spreadsheet runs as a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import datetime
from io import StringIO
from typing import Any, Protocol
from uuid import UUID

import orjson

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # also full-width, ASVS 5.0 1.2.10


class AuditLine(Protocol):
    """A fact, less what is personal."""

    @property
    def position(self) -> int: ...
    @property
    def event_id(self) -> UUID: ...
    @property
    def stream_id(self) -> UUID: ...
    @property
    def version(self) -> int: ...
    @property
    def topic(self) -> str: ...
    @property
    def company_id(self) -> UUID | None: ...
    @property
    def actor(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def correlation_id(self) -> UUID: ...
    @property
    def causation_id(self) -> UUID | None: ...
    @property
    def release(self) -> str: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


COLUMNS = (
    "position",
    "recorded_at",
    "occurred_at",
    "topic",
    "company_id",
    "stream_id",
    "version",
    "actor",
    "correlation_id",
    "causation_id",
    "event_id",
    "release",
    "data",
)


def as_json(event: AuditLine, **more: object) -> dict[str, Any]:
    """The fact as one JSON object."""
    return {name: getattr(event, name) for name in COLUMNS} | more


def json_line(event: AuditLine, **more: object) -> bytes:
    """One line of JSON, ended."""
    return orjson.dumps(as_json(event, **more)) + b"\n"


def csv_cells(event: AuditLine) -> list[str]:
    """The fact as cells, in the order of COLUMNS; `data` is JSON."""
    *plain, data = (getattr(event, name) for name in COLUMNS)
    return [_cell(value) for value in plain] + [orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()]


def csv_line(cells: Iterable[str], delimiter: str = ",") -> bytes:
    """One line of CSV (RFC 4180), ended. An apostrophe keeps a spreadsheet from running a cell."""
    line = StringIO()
    csv.writer(line, delimiter=delimiter).writerow([inert(cell) for cell in cells])
    return line.getvalue().encode()


def inert(cell: str) -> str:
    """The cell as no spreadsheet runs it."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else str(value)
