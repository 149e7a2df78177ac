"""Remembers every code of a file and which of them were refused, on disk: the memory stays flat."""

from __future__ import annotations

import sqlite3
from types import TracebackType
from typing import Self

from application.portfolio.columns import Kind


class Seen:
    """Lives as long as one import; its temporary file goes with it."""

    def __enter__(self) -> Self:
        self._codes = sqlite3.connect("", isolation_level=None)
        self._codes.execute("PRAGMA journal_mode = OFF")
        self._codes.execute("PRAGMA synchronous = OFF")
        self._codes.execute(
            "CREATE TABLE code (kind TEXT, key TEXT, line INT, refused INT DEFAULT 0,"
            " PRIMARY KEY (kind, key)) WITHOUT ROWID"
        )
        self._codes.execute("BEGIN")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._codes.close()

    def first_line(self, kind: Kind, key: str, line: int) -> int | None:
        """The line on which this code stood before; None the first time."""
        added = self._codes.execute(
            "INSERT OR IGNORE INTO code (kind, key, line) VALUES (?, ?, ?)", (kind, key, line)
        ).rowcount
        if added:
            return None
        found = self._codes.execute("SELECT line FROM code WHERE kind = ? AND key = ?", (kind, key))
        return int(found.fetchone()[0])

    def refuse(self, kind: Kind, key: str) -> None:
        """The row with this code did not go in."""
        self._codes.execute("UPDATE code SET refused = 1 WHERE kind = ? AND key = ?", (kind, key))

    def is_refused(self, kind: Kind, key: str) -> bool:
        """Whether the file had a row with this code that did not go in."""
        found = self._codes.execute(
            "SELECT 1 FROM code WHERE kind = ? AND key = ? AND refused = 1", (kind, key)
        )
        return found.fetchone() is not None
