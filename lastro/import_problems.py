"""An import's problems in order of line: the first on the screen, all in a file beside the one imported."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from application.audit_outputs import inert
from application.portfolio.problems import Problem
from lastro.output import notices
from web.wording.portfolio import PROBLEM_HEADINGS, problem_text, problem_words

SHOWN = 50
_COLUMNS = "line, column, code, value, sheet, details"


class ProblemReport:
    """Takes problems as they are found, kind by kind, and tells them at the end by sheet and line.

    They wait in a temporary file, so that the memory stays flat. Leaving the block, also by an error,
    writes the file of problems, if there are any, and replaces that of an earlier import.
    """

    def __init__(self, imported: Path, *, quiet: bool) -> None:
        self.path = imported.with_name(f"{imported.name}.problemas.csv")
        self.first: list[dict[str, Any]] = []
        self.count = 0
        self._quiet = quiet
        self._sheets: dict[str | None, int] = {}

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        self._found = sqlite3.connect("", isolation_level=None)
        self._found.execute(f"CREATE TABLE problem (place, {_COLUMNS})")
        self._found.execute("BEGIN")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.count:
            self._write()
        self._found.close()

    def tell(self, problem: Problem) -> None:
        """Note one problem."""
        self.count += 1
        place = self._sheets.setdefault(problem.sheet, len(self._sheets))
        cells = (problem.line, problem.column, problem.code, problem.value, problem.sheet)
        details = json.dumps(dict(problem.details))
        self._found.execute("INSERT INTO problem VALUES (?, ?, ?, ?, ?, ?, ?)", (place, *cells, details))

    def _write(self) -> None:
        with self.path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(PROBLEM_HEADINGS)
            for number, problem in enumerate(self._in_order()):
                cells = (problem.sheet, problem.line, problem.column, problem.value)
                writer.writerow(_harmless(text) for text in (*cells, problem_words(problem), problem.code))
                if number < SHOWN:
                    self._show(problem)

    def _show(self, problem: Problem) -> None:
        text = problem_text(problem)
        self.first.append({**asdict(problem), "text": text})
        if not self._quiet:
            notices.print(text, markup=False)

    def _in_order(self) -> Iterator[Problem]:
        query = f"SELECT {_COLUMNS} FROM problem ORDER BY place, line, rowid"  # noqa: S608 - our own constant
        for line, column, code, value, sheet, details in self._found.execute(query):
            yield Problem(line, column, code, value, sheet, json.loads(details))


def _harmless(value: object) -> str:
    return inert("" if value is None else str(value))
