"""The problems of an import: the first ones on the screen, all of them in a file beside the one imported."""

from __future__ import annotations

import csv
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from application.portfolio.problems import Problem
from lastro.output import notices
from web.wording.portfolio import PROBLEM_HEADINGS, problem_text, problem_words

SHOWN = 50

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ProblemReport:
    """Takes problems as they are found and holds none of them but the first few.

    The file is made with the first problem and replaces that of an earlier import of the same file.
    """

    def __init__(self, imported: Path, *, quiet: bool) -> None:
        self.path = imported.with_name(f"{imported.name}.problemas.csv")
        self.first: list[dict[str, Any]] = []
        self.count = 0
        self._quiet = quiet
        self._file: TextIO | None = None
        self._writer: Any = None

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def tell(self, problem: Problem) -> None:
        """Note one problem."""
        self.count += 1
        if self._writer is None:
            self._open()
        cells = (problem.sheet, problem.line, problem.column, problem.value)
        self._writer.writerow(_harmless(text) for text in (*cells, problem_words(problem), problem.code))
        if self.count <= SHOWN:
            self.first.append({**asdict(problem), "text": problem_text(problem)})
            if not self._quiet:
                notices.print(problem_text(problem), markup=False)

    def _open(self) -> None:
        self._file = self.path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file, delimiter=";")
        self._writer.writerow(PROBLEM_HEADINGS)


def _harmless(value: object) -> str:
    """As text that no spreadsheet takes for a formula (OWASP: CSV injection)."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
