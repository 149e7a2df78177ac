"""Time per invoice of contracts with 120 past periods, against contracts with one."""

from __future__ import annotations

from datetime import date

from application.commands import Commands
from application.database import Database
from bench.billing_house import billing, grid, settle, timed_batch
from bench.portfolio import found
from bench.rows import Row
from bench.server import durable_server, migrated
from domain.calendar import add_months

_PERIODS = 120
_ROUNDS = 3
_OLD_START = date(2016, 1, 1)
_NEW_START = date(2027, 1, 1)


def run(scale: str) -> list[Row]:
    """Plan, confirmation and grid together, the last months of the old against the only one of the new."""
    contracts = 200 if scale == "small" else 1_000
    with durable_server() as server, migrated(server) as database, billing(database, 1) as commands:
        portfolio = found(commands)
        portfolio.grow(0, contracts, periods=_PERIODS, starts_on=_OLD_START)
        for number in range(_ROUNDS):
            start = contracts * (number + 1)
            portfolio.grow(start, contracts, starts_on=add_months(_NEW_START, number))
        with grid(database):
            settle(database)
            young = _fastest(database, commands, _NEW_START)
            old = _fastest(database, commands, add_months(_OLD_START, _PERIODS - _ROUNDS))
    note = (
        f"{old / contracts * 1e6:.0f} µs an invoice after {_PERIODS} periods,"
        f" {young / contracts * 1e6:.0f} µs in the first"
    )
    return [Row("billing_age", old / young, 1.2, "lower", note)]


def _fastest(database: Database, commands: Commands, first: date) -> float:
    months = [add_months(first, number) for number in range(_ROUNDS)]
    rounds = (timed_batch(database, commands, month, month.replace(day=28)) for month in months)
    return min(timed.planned + timed.billed for timed in rounds)
