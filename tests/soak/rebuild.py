"""Rebuilds that are killed (-9) at random points and finished by others; any seed, any number of points.

`python -m tests.soak.rebuild --seed N --points M` on a server of its own, or on the one that
LASTRO_TEST_DATABASE_URL names.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection as Pipe
from typing import Any
from uuid import UUID

from application.database import Database
from projections.builds import Promote, State, builds
from projections.invoice_grid.model import INVOICE_GRID
from projections.projection import Projection
from projections.rebuild.intent import ask, at_work
from projections.rebuild.operations import go_on
from tests.projections.histories import lived
from tests.projections.rows import fed, record
from tests.projections.test_runner import billed, opened
from tests.support.application import application_on
from tests.support.postgres import SCHEMA, migrated_template, test_server

_RANGE = 40
_STEPS = 18
_STEP_SECONDS = 0.05
_FINISHED_SECONDS = 120.0


@dataclass
class Outcome:
    """What was killed, and where; `faults` in words."""

    killed: list[str] = field(default_factory=list)
    too_late: int = 0
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def says(self) -> str:
        """In one line."""
        places = {state: self.killed.count(state) for state in dict.fromkeys(self.killed)}
        told = ", ".join(f"{count} {state}" for state, count in places.items())
        return (
            f"{len(self.killed)} rebuilds killed ({told}), {self.too_late} too late, {self.seconds:.0f} s:"
            f" {'; '.join(self.faults) or 'all ended equal'}"
        )


def kill_rebuilds(database: Database, *, seed: int, points: int) -> Outcome:
    """Ask for a rebuild that goes live, kill its process at a random moment, let another finish; again."""
    chance, outcome, start = random.Random(seed), Outcome(), time.monotonic()
    with application_on(database) as lastro:
        record(lastro, lived(seed, 300).events)
        record(lastro, [opened(number) for number in range(1, 400)])
        fed(database, INVOICE_GRID)
        number = 1_000
        while len(outcome.killed) < points:
            with database.autocommit() as connection:
                ask(connection, INVOICE_GRID, "soak", Promote.IF_EQUAL)
            for _ in range(chance.choice((1, 1, 1, 2, 3))):
                _kill(database, chance, outcome)
                number += 1
                record(lastro, [opened(number), billed(UUID(int=number), 2)])
            _finish(database, outcome)
    outcome.seconds = time.monotonic() - start
    return outcome


def _kill(database: Database, chance: random.Random, outcome: Outcome) -> None:
    """Let it come some steps far, and a moment further."""
    with _victim(database) as (process, told):
        try:
            for _ in range(chance.randint(1, _STEPS)):
                told.recv()
        except EOFError:
            outcome.too_late += 1
            return
        process.join(chance.uniform(0, _STEP_SECONDS))
        process.kill()
        process.join()
    with database.autocommit() as connection:
        under_way = at_work(connection, INVOICE_GRID.name)
    if under_way is None:
        outcome.too_late += 1
    else:
        outcome.killed.append(under_way.state.value)


def _finish(database: Database, outcome: Outcome) -> None:
    """Another process, this one, goes on with what is left; what is live must be what it always was."""
    deadline = time.monotonic() + _FINISHED_SECONDS
    with database.autocommit() as connection:
        while at_work(connection, INVOICE_GRID.name) is not None:
            go_on(database, INVOICE_GRID, range_events=_RANGE)
            if time.monotonic() > deadline:
                outcome.faults.append("a rebuild was not finished by the next process")
                return
        found = {build.version: build for build in builds(connection, [INVOICE_GRID.name])}
    unlike = [version for version, held in _rows(database, found) if held != _truth(database)]
    outcome.faults += [f"build {version} is not what the log says" for version in unlike]
    outcome.faults += [f"build {v} is {b.state.value}: {b.failure}" for v, b in found.items() if b.failure]


def _rows(database: Database, found: dict[int, Any]) -> Iterator[tuple[int, Any]]:
    """Every build that can be shown, brought to the end of the log."""
    for version, build in found.items():
        if build.state in (State.LIVE, State.KEPT, State.READY):
            yield version, fed(database, replace(INVOICE_GRID, version=version))


def _truth(database: Database) -> Any:
    """The rows as pages of the log make them, in tables of their own."""
    return fed(database, _TRUTH)


_TRUTH: Projection = replace(INVOICE_GRID, version=1_000_000)


@contextmanager
def _victim(database: Database) -> Iterator[tuple[multiprocessing.Process, Pipe]]:
    context = multiprocessing.get_context("spawn")
    told, tell = context.Pipe(duplex=False)
    process = context.Process(target=_rebuild, args=(database.url, database.schema, tell), daemon=True)
    process.start()
    tell.close()
    try:
        yield process, told  # type: ignore[misc]  # a spawned process is one, whatever typeshed says
    finally:
        process.kill()
        process.join()


def _rebuild(url: str, schema: str, tell: Pipe) -> None:
    with Database(url, schema, 4) as database:
        tell.send("ready")
        go_on(database, INVOICE_GRID, lambda progress: tell.send(progress.state), range_events=_RANGE)


@contextmanager
def _own_database() -> Iterator[Database]:
    with (
        test_server() as server,
        migrated_template(server) as template,
        server.fresh(template) as url,
        Database(url, SCHEMA, 6) as database,
    ):
        yield database


def main() -> int:
    """Answer 1 when a rebuild was lost or ended otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.rebuild", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--points", type=int, default=100)
    options = parser.parse_args()
    with _own_database() as database:
        outcome = kill_rebuilds(database, seed=options.seed, points=options.points)
    print(f"seed {options.seed}: {outcome.says()}")  # noqa: T201 - the command's answer
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
