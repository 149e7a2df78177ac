"""`python -m bench.scale`: what so many contracts need: printed, measured anew, written into its document."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

from bench.scale_model import COSTS, Costs, Limit, Needs, Plan, limits, needs

DOCUMENT = Path(__file__).parents[1] / "docs" / "scale.md"
SIZES = (100_000, 1_000_000, 10_000_000)
_BLOCK = re.compile(r"(<!-- counted -->\n).*?(\n<!-- /counted -->)", re.DOTALL)


def main(arguments: list[str] | None = None) -> int:
    """Print a table; with `--measure N`, of N contracts, the costs are measured first and kept."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale")
    parser.add_argument("--contracts", type=int, action="append", help="how many; may be given again")
    parser.add_argument("--measure", type=int, metavar="N", help="measure with N contracts, keep the costs")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/scale.md")
    options = parser.parse_args(arguments)
    if options.measure:
        from bench.scale_measure import measure

        COSTS.write_text(json.dumps(measure(options.measure), indent=2) + "\n", encoding="utf-8")
    costs, plan = Costs.load(), Plan()
    if options.write:
        DOCUMENT.write_text(with_tables(DOCUMENT.read_text(encoding="utf-8"), costs, plan), encoding="utf-8")
    sys.stdout.write(tables([needs(n, costs, plan) for n in options.contracts or SIZES], limits(costs, plan)))
    return 0


def with_tables(text: str, costs: Costs, plan: Plan) -> str:
    """The document with its counted block as it should be."""
    counted = tables([needs(size, costs, plan) for size in SIZES], limits(costs, plan)).rstrip()
    return _BLOCK.sub(lambda found: f"{found[1]}{counted}{found[2]}", text)


def tables(found: list[Needs], reached: list[Limit]) -> str:
    """Two tables in Markdown: what is needed, and the limits in the order in which they are reached."""
    header = "| | " + " | ".join(f"{each.contracts:,} contracts" for each in found) + " |"
    lines = [header, "|---" * (len(found) + 1) + "|"]
    lines += [f"| {name} | " + " | ".join(cells) + " |" for name, cells in _rows(found)]
    lines += ["", "| limit | reached at | what then |", "|---|---|---|"]
    lines += [f"| {each.name} | {_count(each.contracts)} contracts | {each.remedy} |" for each in reached]
    return "\n".join(lines) + "\n"


def _rows(found: list[Needs]) -> list[tuple[str, list[str]]]:
    years = Plan().years
    pair = f"after one year, after {years}"
    return [
        ("facts a month", [_count(each.events_month) for each in found]),
        ("facts a year", [_count(each.events_year) for each in found]),
        (
            f"facts a second while the month is billed in {Plan().batch_hours:g} h",
            [f"{each.peak_events:,.0f}" for each in found],
        ),
        (f"log, without indexes, {pair}", [_bytes(*each.log_bytes) for each in found]),
        (f"its indexes, {pair}", [_bytes(*each.index_bytes) for each in found]),
        (f"read models with indexes, {pair}", [_bytes(*each.model_bytes) for each in found]),
        ("WAL a month", [_bytes(each.wal_month) for each in found]),
        ("messages of a month, uncompressed", [_bytes(each.kafka_month) for each in found]),
        ("every model rebuilt after a year, two processors", [_hours(each.rebuild_hours) for each in found]),
        ("every topic filled after a year", [_hours(each.backfill_hours) for each in found]),
        (
            f"a month billed at full speed, two and {Plan().processors} processors",
            [", ".join(map(_hours, each.batch_hours)) for each in found],
        ),
        (
            "of a processor, the busiest thread of one worker then",
            [f"{each.busiest_thread:.0%}" for each in found],
        ),
        ("workers (shards) then", [str(each.shards) for each in found]),
        (
            f"workers (shards) that follow {Plan().processors} processors billing at full speed",
            [str(each.shards_at_full_speed) for each in found],
        ),
        ("consumers (partitions) of receipts", [str(each.consumers) for each in found]),
    ]


def _count(number: float) -> str:
    """Three figures: more would say that they are known."""
    for size, name in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if number >= size:
            return f"{_figures(number / size)} {name}"
    return _figures(number)


def _bytes(*sizes: float) -> str:
    return ", ".join(_size(size) for size in sizes)


def _size(size: float) -> str:
    for unit, name in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if size >= unit:
            return f"{_figures(size / unit)} {name}"
    return f"{size:,.0f} bytes"


def _hours(hours: float) -> str:
    if hours < 1 / 60:
        return f"{_figures(hours * 3_600)} s"
    if hours < 1:
        return f"{_figures(hours * 60)} min"
    return f"{_figures(hours)} h" if hours < 48 else f"{_figures(hours / 24)} days"


def _figures(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


if __name__ == "__main__":
    sys.exit(main())
