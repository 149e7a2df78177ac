"""`lastro projections replay-parked`: what it says, its exit codes, and a kill in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from uuid import UUID

import pytest

from application.app import Lastro
from application.database import Database
from projections.invoice_grid.model import INVOICE_GRID
from projections.progress import parked_streams
from tests.projections.poison import poisoned
from tests.projections.rows import CONTEXT, fed, record
from tests.projections.test_runner import billed, insert, opened
from tests.support.cli import Cli
from tests.support.processes import eventually


@pytest.fixture
def parked(lastro: Lastro, database: Database) -> list[UUID]:
    """Twelve invoices whose billing a model could not take, the cause corrected since."""
    streams = [UUID(int=number) for number in range(1, 13)]
    record(lastro, [opened(number) for number in range(1, 13)])
    record(lastro, [billed(stream, 2) for stream in streams])
    fed(database, poisoned(INVOICE_GRID, [(stream, 2) for stream in streams]))
    assert len(parked_streams(database)) == 12
    return streams


def test_all_parked_streams_are_replayed(cli: Cli, database: Database, parked: list[UUID]) -> None:
    said = cli("projections", "replay-parked")
    assert (said.code, said.err.splitlines()[-1]) == (0, "12 replayed, 0 still parked")
    assert "cli:maria" in said.err
    assert fed(database, INVOICE_GRID) == fed(database, replace(INVOICE_GRID, version=2))
    again = cli("projections", "replay-parked")
    assert (again.code, again.err.strip()) == (0, "nothing is parked")


def test_one_stream_of_one_model_is_replayed(cli: Cli, database: Database, parked: list[UUID]) -> None:
    said = cli("projections", "replay-parked", "invoice_grid", "--stream", str(parked[3]), "--json")
    (row,) = said.json
    assert (row["stream_id"], row["applied"], row["waiting"]) == (str(parked[3]), 1, 0)
    assert parked[3] not in {each.stream_id for each in parked_streams(database)}
    assert cli("projections", "replay-parked", "customers", "--json").json == []
    assert len(parked_streams(database)) == 11


def test_what_fails_again_stays_parked_and_ends_with_one(
    cli: Cli, lastro: Lastro, database: Database
) -> None:
    lastro.record(CONTEXT, opened(1))
    insert(database, UUID(int=1), 2, "invoice.billed.v1", {"billed_on": "31/02/2026"})
    fed(database, INVOICE_GRID)
    said = cli("projections", "replay-parked", "--json")
    assert said.code == 1
    (row,) = said.json
    assert row["reason"].startswith("DatetimeFieldOverflow")
    assert "0 replayed, 1 still parked" in said.err


def test_a_model_that_is_not_there_is_bad_usage(cli: Cli) -> None:
    assert cli("projections", "replay-parked", "invoices").code == 2


def test_killed_in_the_middle_it_is_run_again_and_ends_equal(
    cli: Cli, database: Database, parked: list[UUID]
) -> None:
    with database.connection() as holder:
        # It stops inside the transaction of the fifth stream: this row is ours for now.
        holder.execute("SELECT FROM projection_parked WHERE stream_id = %s FOR UPDATE", [parked[4]])
        process = subprocess.Popen([sys.executable, "-m", "lastro", "projections", "replay-parked"])
        eventually(lambda: len(parked_streams(database)) == 8, 60, "four streams are replayed")
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    assert len(parked_streams(database)) == 8
    said = cli("projections", "replay-parked")
    assert (said.code, said.err.splitlines()[-1]) == (0, "8 replayed, 0 still parked")
    assert fed(database, INVOICE_GRID) == fed(database, replace(INVOICE_GRID, version=2))
