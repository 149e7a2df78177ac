"""What it costs to keep every read model at the log's end, by event, as a share of appending the event."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import batched
from uuid import UUID

from application.access import SYSTEM
from application.app import Context, Lastro, StoredFact
from application.database import Database
from application.event_store.keys import Keyring, MasterKey
from application.event_store.reading import safe_position
from application.ids import new_id
from bench.billing_house import billing, grid, open_lastro, settle
from bench.portfolio import MARCH, found
from bench.rows import Row
from bench.server import durable_server, migrated
from projections.installation import build_indexes, install
from projections.registry import projections
from projections.runner import Runner, configure

_LIVE_PAGE = 200
_BUILD = 9
_COMMIT = 60
"""Facts of a commit: appended one by one they cost more, in whole batches less."""


def run(scale: str) -> list[Row]:
    """One log: appended again to an empty database, and followed by each read model in pages as they come."""
    contracts = 300 if scale == "small" else 20_000
    with durable_server() as server, migrated(server) as database, migrated(server) as twin:
        _log(database, contracts)
        followed = _followed(database)
        facts = _facts(open_lastro(database.url, database.schema))
        appended = _appended(twin, facts)
    events = len(facts)
    each = ", ".join(
        f"{name} {seconds / events * 1e6:.0f}"
        for name, seconds in sorted(followed.items(), key=lambda m: -m[1])
    )
    note = f"{events:,} events; append {appended / events * 1e6:.0f} µs an event; µs an event of each: {each}"
    return [Row("live_cost", sum(followed.values()) / appended, None, "lower", note)]


def _log(database: Database, contracts: int) -> None:
    """Contracts of a year, their invoices, and a month of them billed."""
    with billing(database, 1) as commands:
        found(commands).grow(0, contracts, periods=12)
        with grid(database):
            settle(database)
            plan = commands.batch.plan(SYSTEM, due_from=MARCH[0], due_until=MARCH[1])
            commands.batch.confirm(SYSTEM, plan.plan_hash)


def _followed(database: Database) -> dict[str, float]:
    """Seconds of each model from the first event to the last, its indexes in place."""
    took = {}
    for live in projections(Keyring(database, MasterKey(bytes(32)))):
        model = replace(live, version=_BUILD)
        with database.dedicated() as connection:
            configure(connection)
            install(connection, model)
            build_indexes(connection, model)
            start = time.perf_counter()
            Runner(model, page_size=_LIVE_PAGE).run_to(connection, safe_position(connection))
            took[model.name] = time.perf_counter() - start
    return took


def _facts(lastro: Lastro) -> list[StoredFact]:
    with lastro.database.autocommit() as connection:
        rows = connection.execute(
            "SELECT stream_id, version, topic, state::text, occurred_at, company_id"
            " FROM event ORDER BY position"
        ).fetchall()
    return [
        StoredFact(stream, version, topic, state.encode(), at, company)
        for stream, version, topic, state, at, company in rows
    ]


def _appended(twin: Database, facts: list[StoredFact]) -> float:
    lastro = open_lastro(twin.url, twin.schema)
    context = Context("bench", UUID(int=new_id().int))
    start = time.perf_counter()
    for commit in batched(facts, _COMMIT):
        lastro.record_prepared(context, commit)
    took = time.perf_counter() - start
    lastro.close()
    return took
