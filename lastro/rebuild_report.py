"""What a rebuild or a comparison has come to, on the screen and in a file of every difference."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from application.audit_outputs import inert
from lastro.output import notices
from projections.builds import State
from projections.rebuild.compare import Comparison
from projections.rebuild.differences import Difference, Differences
from projections.rebuild.report import as_json
from projections.rebuild.run import Progress as Made
from projections.rebuild.run import Tell

_HEADER = ("table", "key", "company_id", "kind", "column", "old", "new")
_KINDS = {"only_old": "only in the live build", "only_new": "only in the new build", "changed": "changed"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one read model came out. `same_code`: both builds were made by this code, and must be equal."""

    name: str
    build: int | None
    state: State | None
    comparison: Comparison | None
    differences: Differences | None
    same_code: bool

    @property
    def wanting(self) -> bool:
        """Whether equal was promised and is not."""
        return self.same_code and self.comparison is not None and not self.comparison.equal

    def as_json(self) -> dict[str, Any]:
        """Everything but each single difference."""
        return {
            "name": self.name,
            "build": self.build,
            "state": self.state,
            "comparison": None if self.comparison is None else as_json(self.comparison, self.differences),
        }


class DifferencesFile:
    """A CSV file with a line per differing column; nothing is written where no file is wanted."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        if self._path is not None:
            self._file = self._path.open("w", encoding="utf-8", newline="")
            csv.writer(self._file).writerow(_HEADER)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, difference: Difference) -> None:
        """Every column that differs, as a line."""
        if self._file is None:
            return
        key = json.dumps(dict(difference.key), ensure_ascii=False)
        fixed = (difference.table, key, difference.company_id or "", difference.kind)
        csv.writer(self._file).writerows(
            (*fixed, column, _cell(old), _cell(new)) for column, (old, new) in difference.changes.items()
        )


@contextmanager
def bars(name: str) -> Iterator[Tell]:
    """A bar of the events read, with the rate and the time left."""
    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=notices,
    )
    with shown:
        task = shown.add_task(f"{name}: asked", total=None, rate="", visible=False)

        def tell(made: Made) -> None:
            what = made.state.value.replace("_", " ")
            behind = f", {made.waiting:,} events behind" if made.waiting else ""
            shown.update(
                task,
                description=f"{name}: {what}{behind}",
                total=made.events,
                completed=made.done,
                visible=True,
            )
            speed = shown.tasks[task].speed
            shown.update(task, rate="" if not speed else f"{speed:,.0f} events/s")

        yield tell


def print_outcome(outcome: Outcome) -> None:
    """What changed, by table and company, with a few examples, on the other output."""
    if outcome.state is not None and outcome.build is not None:
        what = {State.LIVE: "is live", State.READY: f"is ready: `lastro projections promote {outcome.name}`"}
        notices.print(f"{outcome.name}: build {outcome.build} {what.get(outcome.state, 'was dropped')}")
    compared = outcome.comparison
    if compared is None:
        notices.print(f"{outcome.name}: there is nothing to compare it with")
        return
    at = f"at position {compared.position}, builds {compared.old_version} and {compared.new_version}"
    if compared.equal:
        rows = sum(table.rows()[1] for table in compared.tables)
        notices.print(f"{outcome.name}: equal {at}: {rows:,} rows")
    else:
        notices.print(f"{outcome.name}: different {at}")
    told = as_json(compared, outcome.differences)
    for table in told["tables"]:
        _print_table(table)


def _print_table(table: dict[str, Any]) -> None:
    for what in ("columns_gone", "columns_new"):
        if table[what]:
            notices.print(f"  {table['table']}: {what.replace('_', ' ')}: {', '.join(table[what])}")
    if table["equal"]:
        return
    counts = ", ".join(f"{table[kind]:,} {words}" for kind, words in _KINDS.items())
    notices.print(f"  {table['table']}: {table['rows_old']:,} -> {table['rows_new']:,} rows; {counts}")
    columns = ", ".join(f"{name} {count:,}" for name, count in table["columns"].items())
    if columns:
        notices.print(f"    columns: {columns}")
    for total in table["totals"]:
        money = ", ".join(f"{name} {old} -> {new}" for name, (old, new) in total["money"].items())
        rows = " -> ".join(f"{count:,}" for count in total["rows"])
        notices.print(f"    company {total['company_id'] or '-'}: rows {rows}; {money}")
    _print_sample(table["sample"])


def _print_sample(sample: list[dict[str, Any]]) -> None:
    shown = Table("row", "", "column", "live", "new", box=None, pad_edge=True)
    for each in sample:
        key = ", ".join(str(value) for value in each["key"].values())
        if each["kind"] != "changed":
            shown.add_row(key, _KINDS[each["kind"]], "", "", "")
            continue
        for column, (old, new) in each["changes"].items():
            shown.add_row(key, "changed", column, _plain(old), _plain(new))
    notices.print(shown)


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str | Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _cell(value: object) -> str:
    """An amount stays a number, whatever its sign."""
    return inert(value) if isinstance(value, str) else _plain(value)
