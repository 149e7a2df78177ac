"""What a read model is: a name, a version, the topics it folds, its tables, and how a page becomes rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from application.database import Connection
from projections.page import Page

Fold = Callable[[Connection, Page], None]
"""Folds one page in Python, inside the transaction that moves the checkpoint.

May read and write the model's own tables, nothing else; must give the same rows for the same events however
they are cut into pages. A ValueError, LookupError, TypeError or refusal of the database parks the stream.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """One read model in one version. Data and SQL only; the runner owns pages, checkpoints and parking.

    SQL writes its tables as `{name}` (they carry the version: `name__v3`) and reads the page as `{page}`,
    a row source with the columns of `event`. `apply` is one or more statements, each ended by a semicolon at
    the end of a line, or a fold in Python. `indexes` stands apart from `table`, so that a bulk load can build
    them last; what an upsert rests on belongs to `table`.
    """

    name: str
    version: int
    topics: tuple[str, ...]
    table: str
    indexes: str
    apply: str | Fold
    tables: tuple[str, ...] = ()

    @property
    def relations(self) -> tuple[str, ...]:
        """The tables of this model, without version, its namesake first."""
        return (self.name, *self.tables)

    def relation(self, table: str) -> str:
        """The name of one of its tables with the version, `invoice_grid__v1`."""
        return f"{table}__v{self.version}"

    def named(self, text: str) -> str:
        """`text` with every `{table}` of this model replaced by its versioned name."""
        for table in self.relations:
            text = text.replace(f"{{{table}}}", self.relation(table))
        return text


def sql_file(module_file: str, name: str) -> str:
    """The text of the SQL file `name` beside the module."""
    return (Path(module_file).parent / name).read_text(encoding="utf-8")


def statements(text: str) -> list[str]:
    """The statements of an SQL text, each ended by a semicolon at the end of a line."""
    parts = (part.strip() for part in re.split(r";[ \t]*(?:\n|$)", text))
    return [part for part in parts if _says_something(part)]


def _says_something(part: str) -> bool:
    return any(line.strip() and not line.strip().startswith("--") for line in part.splitlines())
