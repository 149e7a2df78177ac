"""How commands speak: data on standard output (a table, or JSON on request), everything else on the other."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

notices = Console(stderr=True, highlight=False, soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", envvar="LASTRO_JSON", help="Print the data as JSON.")]

_UNCUT = 4_000
"""Columns of a table that goes to a file or a program: nothing may be cut off."""

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]

type Row = Mapping[str, object]


def show(rows: Iterable[Row], *, columns: Sequence[str], as_json: bool) -> None:
    """A list: JSON keeps every field, a table only `columns`."""
    if as_json:
        show_json(list(rows))
        return
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*("" if row[column] is None else _text(row[column]) for column in columns))
    width = None if sys.stdout.isatty() else _UNCUT
    # A cell is what a person typed, or [removido]: never markup.
    Console(highlight=False, width=width, markup=False, emoji=False).print(table)


def show_json(value: object) -> None:
    """One JSON document: money and ids as strings, instants in ISO 8601."""
    typer.echo(json.dumps(value, default=_plain, ensure_ascii=False, indent=2))


def progress() -> Progress:
    """Bars for work that takes over two seconds; one line per task where there is no terminal."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=notices,
    )


@contextmanager
def progress_of(what: str, total: int | None = None) -> Iterator[Callable[[int, int], None]]:
    """A bar that is told how much is done, of how much. It shows once both are known, and ends full.

    Left by an error it stays where it stood: so much is done.
    """
    with progress() as bars:
        task = bars.add_task(what, total=total, visible=total is not None)

        def reached(done: int, of: int) -> None:
            bars.update(task, completed=done, total=of, visible=True)

        yield reached
        bars.update(task, completed=bars.tasks[task].total)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what is being done while it is being done, and how long it took."""
    started = time.monotonic()
    if notices.is_terminal:
        with notices.status(f"{what} …"):
            yield
    else:
        notices.print(f"{what} …")
        yield
    notices.print(f"{what}: {time.monotonic() - started:.1f} s")


def confirmed(question: str, *, yes: bool) -> None:
    """Come back if a person agrees to what cannot be undone; otherwise the command ends with 1.

    Where there is no terminal to ask on, only --yes agrees: bad usage without it.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise typer.BadParameter("it cannot be undone: say --yes where nobody can be asked")
    if not typer.confirm(question, err=True):
        notices.print("nothing was done")
        raise typer.Exit(1)


def plainly(value: object) -> str:
    """A value as a person writes it: without the marks of the language it is programmed in."""
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(plainly(each) for each in value)
    return "none" if value is None else _text(value)


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    return _text(value)


def _text(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    return str(value)
