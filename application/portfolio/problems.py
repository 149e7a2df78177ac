"""What can be wrong with a row of a portfolio file, as codes; `web/` words them for people."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that keeps a row (or, on line 0, the whole file) out.

    `line` counts from 1 with the header as line 1, as a spreadsheet shows it; `sheet` is None for CSV.
    `code` is stable; `value` is what stood in the cell, as `shown` gives it.
    """

    line: int
    column: str | None
    code: str
    value: str = ""
    sheet: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)


Report = Callable[[Problem], None]


def shown(raw: str) -> str:
    """A cell's text for people: cut to 80 characters; nothing in it that a terminal would obey."""
    return "".join("\N{MIDDLE DOT}" if unicodedata.category(c)[0] == "C" else c for c in raw[:_SHOWN])


class RowRefusedError(Exception):
    """A row cannot become what it should; `column` says where and `code` why."""

    def __init__(self, column: str | None, code: str, **details: str) -> None:
        super().__init__(code)
        self.column = column
        self.code = code
        self.details = details


class PortfolioFileError(Exception):
    """The file as a whole cannot be read; nothing of it was imported. `code` says why."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.code = code
        self.details = details
