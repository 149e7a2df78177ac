"""What can be wrong with a row of a portfolio file, as codes; `web/` words them for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that keeps a row (or, on line 0, the whole file) out.

    `line` counts from 1 with the header as line 1, as a spreadsheet shows it; `sheet` is None for CSV.
    `code` is stable; `value` is what stood in the cell, cut to 80 characters.
    """

    line: int
    column: str | None
    code: str
    value: str = ""
    sheet: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)


class PortfolioFileError(Exception):
    """The file as a whole cannot be read; nothing of it was imported. `code` says why."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.code = code
        self.details = details
