"""What a read model is: a name, a version, the topics it folds, its tables, and how a page becomes rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from application.database import Connection
from projections.page import Page

Fold = Callable[[Connection, Page], None]
"""Folds one page in Python, inside the transaction that moves the checkpoint.

May read and write the model's own tables, nothing else; must give the same rows for the same events however
they are cut into pages. A ValueError, LookupError, TypeError or refusal of the database parks the stream.
"""


@dataclass(frozen=True, slots=True)
class Sums:
    """A table whose rows add up what many streams give: its key; every other column is a sum."""

    table: str
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """One read model in one version. Data and SQL only; the runner owns pages, checkpoints and parking.

    SQL writes its tables as `{name}` (they carry the version: `name__v3`) and reads the page as `{page}`,
    a row source with the columns of `event`. `apply` is one or more statements, each ended by a semicolon at
    the end of a line, or a fold in Python. `indexes` stands apart from `table`, so that a bulk load can build
    them last; what an upsert rests on belongs to `table`.

    `version` counts the builds of a model: the code says 1, a rebuild takes the next number. `by_stream` says
    that a row rests on the facts of one stream alone, but for the tables of `sums`: a rebuild then loads
    whole streams, on several connections at once; else it reads the log in order. `code` is the text of a
    fold in Python: what is built from other text is another definition. `personal` are the columns that hold
    what a person's key has opened: nothing but the model's own tables may.
    """

    name: str
    version: int
    topics: tuple[str, ...]
    table: str
    indexes: str
    apply: str | Fold
    tables: tuple[str, ...] = ()
    by_stream: bool = False
    sums: tuple[Sums, ...] = ()
    code: str = ""
    personal: frozenset[str] = frozenset()

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

    @property
    def definition(self) -> dict[str, Any] | None:
        """What rows are made from, to be kept with a build; None for a fold in Python, which is only code."""
        return None if callable(self.apply) else {**self._shape(), "apply": self.apply}

    @property
    def fingerprint(self) -> str:
        """Equal for definitions that say the same; comments and the lines' margins say nothing."""
        said = self._shape() | {"apply": self.code if callable(self.apply) else self.apply}
        plain = {name: _plain(text) if isinstance(text, str) else text for name, text in said.items()}
        return sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()

    def _shape(self) -> dict[str, Any]:
        return {
            "topics": sorted(self.topics),
            "table": self.table,
            "indexes": self.indexes,
            "tables": list(self.tables),
        }

    @classmethod
    def restored(cls, name: str, version: int, definition: Mapping[str, Any]) -> Self:
        """The model as a build was made from it, to go on feeding it when the code has moved on."""
        return cls(
            name=name,
            version=version,
            topics=tuple(definition["topics"]),
            table=definition["table"],
            indexes=definition["indexes"],
            apply=definition["apply"],
            tables=tuple(definition["tables"]),
        )


def sql_file(module_file: str, name: str) -> str:
    """The text of the SQL file `name` beside the module."""
    return (Path(module_file).parent / name).read_text(encoding="utf-8")


@cache
def fold_code(module_file: str) -> str:
    """The text of a fold in Python: every file beside the module but those that only read its tables."""
    folder = Path(module_file).parent
    files = sorted(file for file in folder.iterdir() if file.suffix in (".py", ".sql"))
    return "\n".join(file.read_text(encoding="utf-8") for file in files if file.name != "query.py")


def statements(text: str) -> list[str]:
    """The statements of an SQL text, each ended by a semicolon at the end of a line."""
    parts = (part.strip() for part in re.split(r";[ \t]*(?:\n|$)", text))
    return [part for part in parts if _says_something(part)]


def _says_something(part: str) -> bool:
    return any(line.strip() and not line.strip().startswith("--") for line in part.splitlines())


def _plain(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("--"))
