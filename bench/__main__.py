"""`python -m bench`: runs the named benchmarks, prints a table and writes bench/latest.json."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.rows import Row

_FOLDER = Path(__file__).parent
_LATEST = _FOLDER / "latest.json"


def names() -> list[str]:
    """Every module of the package that has a `run(scale)`."""
    return sorted(file.stem for file in _FOLDER.glob("[a-z]*.py") if "\ndef run(" in file.read_text("utf-8"))


def main(arguments: list[str] | None = None) -> int:
    """Answer 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--names", default="", help="comma-separated; all of them if empty")
    parser.add_argument("--scale", choices=("small", "full"), default="small")
    options = parser.parse_args(arguments)
    chosen = [name for name in options.names.split(",") if name] or names()
    unknown = set(chosen) - set(names())
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    console = Console(stderr=True)
    rows: list[Row] = []
    for name in chosen:
        start = time.perf_counter()
        with console.status(f"{name} ({options.scale})"):
            measured = importlib.import_module(f"bench.{name}").run(options.scale)
        console.print(f"{name}: {time.perf_counter() - start:.0f} s")
        for row in measured:
            console.print(f"  {row.name} {row.ratio:.2f}: {row.note}")
        rows += measured
    _LATEST.write_text(json.dumps([row.as_json() for row in rows], indent=2) + "\n", encoding="utf-8")
    Console().print(_table(rows))
    return 0 if all(row.met for row in rows) else 1


def _table(rows: list[Row]) -> Table:
    table = Table("name", "ratio", "goal", "met", "note")
    for row in rows:
        sign = ">=" if row.better == "higher" else "<="
        goal = "" if row.goal is None else f"{sign} {row.goal:g}"
        table.add_row(row.name, f"{row.ratio:.2f}", goal, "yes" if row.met else "NO", row.note)
    return table


if __name__ == "__main__":
    sys.exit(main())
