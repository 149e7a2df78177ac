"""What a storm came to: what everybody saw against the log, and each read model against one made anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from psycopg import sql

from application.database import Connection, Database
from projections.projection import Projection
from projections.runner import Runner
from tests.soak.feed_reader import Seen

_REBUILT = 9_000
"""The build number of the models that are made anew to compare with: out of the way of every real one."""


@dataclass
class Outcome:
    """What everybody saw. `log` is the table by position; `acts` what was done to whom, and when."""

    log: list[tuple[int, UUID, UUID, int]] = field(default_factory=list)
    seen: dict[str, list[Seen]] = field(default_factory=dict)
    acknowledged: dict[int, tuple[UUID, int]] = field(default_factory=dict)
    models: dict[str, list[str]] = field(default_factory=dict)
    acts: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    seconds: float = 0.0

    def faults(self) -> list[str]:
        """What went wrong, in words; empty when all is well."""
        truth = [(position, event) for position, event, _, _ in self.log]
        found = [_told(name, truth, seen) for name, seen in self.seen.items() if seen != truth]
        at = {position: (stream, version) for position, _, stream, version in self.log}
        lost = sum(at.get(position) != fact for position, fact in self.acknowledged.items())
        if lost:
            found.append(f"{lost} acknowledged commits are not in the log")
        versions: dict[UUID, int] = {}
        disordered = set()
        for _, _, stream, version in self.log:
            if version != versions.get(stream, 0) + 1:
                disordered.add(stream)
            versions[stream] = version
        if disordered:
            found.append(f"{len(disordered)} streams have gaps or are out of order")
        return found + [f"{name}: {what}" for name, told in self.models.items() for what in told]


def _told(name: str, truth: Sequence[Seen], seen: Sequence[Seen]) -> str:
    order = "kept" if list(seen) == sorted(seen) else "broken"
    return (
        f"{name}: {len(set(truth) - set(seen))} missed, {len(seen) - len(set(seen))} twice,"
        f" {len(set(seen) - set(truth))} that are not in the log, order {order}"
    )


def told(outcome: Outcome, seed: int) -> str:
    """One line for people."""
    counts = ", ".join(f"{count} {what}" for what, count in sorted(outcome.counts.items()))
    return (
        f"seed {seed}: {len(outcome.log):,} events in {outcome.seconds:.0f} s; {counts}:"
        f" {'; '.join(outcome.faults()) or 'all is well'}"
    )


def differences(database: Database, model: Projection) -> list[str]:
    """The model that lived through it against one that is made anew from the same log."""
    anew = replace(model, version=_REBUILT)
    with database.autocommit() as connection:
        live = connection.execute(
            "SELECT version FROM projection WHERE name = %s AND live", [model.name]
        ).fetchone()
        assert live is not None
        lived_through = replace(model, version=live[0])
        row = connection.execute("SELECT max(position) FROM event").fetchone()
        assert row is not None
        Runner(anew).run_to(connection, row[0])
        return [
            f"{count} rows of {table} {which}"
            for table in model.relations
            for count, which in _table_differences(
                connection, lived_through.relation(table), anew.relation(table)
            )
            if count
        ]


def _table_differences(connection: Connection, one: str, other: str) -> Iterator[tuple[int, str]]:
    query = sql.SQL("SELECT count(*) FROM (TABLE {} EXCEPT ALL TABLE {}) AS different")
    for left, right, which in ((one, other, "are too many or wrong"), (other, one, "are missing or wrong")):
        row = connection.execute(query.format(sql.Identifier(left), sql.Identifier(right))).fetchone()
        assert row is not None
        yield row[0], which
