"""`lastro projections`: what a person sees of the builds and can do with them."""

from __future__ import annotations

import csv
from pathlib import Path
from uuid import UUID

import pytest

from application.app import Lastro
from application.database import Database
from projections.builds import builds
from projections.installation import install
from projections.registry import projections
from projections.runner import Runner, catch_up
from tests.projections.rows import CONTEXT
from tests.projections.test_runner import billed, insert, opened
from tests.support.cli import Cli


@pytest.fixture
def live(lastro: Lastro, database: Database) -> Database:
    """Every model installed; two invoices, one of them billed."""
    lastro.record(CONTEXT, opened(1), opened(2), billed(UUID(int=2), 2))
    with database.autocommit() as connection:
        models = projections(lastro.keyring)
        for model in models:
            install(connection, model)
        catch_up(connection, [Runner(model) for model in models])
    return database


def test_status_lists_the_builds(cli: Cli, live: Database) -> None:
    said = cli("projections", "status", "--json")
    assert said.code == 0
    grid = next(row for row in said.json if row["name"] == "invoice_grid")
    assert (grid["build"], grid["state"], grid["lag_events"], grid["differs"]) == (1, "live", 0, False)
    assert "invoice_grid" in cli("projections", "status").out


def test_status_ends_with_1_where_a_model_is_missing_or_made_by_other_code(cli: Cli, live: Database) -> None:
    with live.autocommit() as connection:
        connection.execute("UPDATE projection_build SET fingerprint = 'x' WHERE name = 'accounts'")
    said = cli("projections", "status", "--json")
    assert said.code == 1
    assert [row["name"] for row in said.json if row["differs"]] == ["accounts"]


def test_a_rebuild_by_hand_stops_when_ready_then_promote_and_rollback(cli: Cli, live: Database) -> None:
    said = cli("projections", "rebuild", "invoice_grid", "--json")
    assert said.code == 0
    (outcome,) = said.json
    assert (outcome["build"], outcome["state"], outcome["comparison"]["equal"]) == (2, "ready", True)
    assert "is ready: `lastro projections promote invoice_grid`" in said.err
    promoted = cli("projections", "promote", "invoice_grid", "--json")
    assert (promoted.code, promoted.json["build"], promoted.json["before"]) == (0, 2, 1)
    assert "cli:maria" in promoted.err
    with live.autocommit() as connection:
        assert [each.asked_by for each in builds(connection, ["invoice_grid"])] == ["system", "cli:maria"]
    back = cli("projections", "rollback", "invoice_grid", "--json")
    assert (back.code, back.json["build"], back.json["before"]) == (0, 1, 2)


def test_promote_in_one_go(cli: Cli, live: Database) -> None:
    said = cli("projections", "rebuild", "invoice_grid", "--promote", "--json")
    assert [row["state"] for row in said.json] == ["live"]


def test_without_a_name_what_other_code_has_made_is_rebuilt(cli: Cli, live: Database) -> None:
    assert "made by this code" in cli("projections", "rebuild").err
    with live.autocommit() as connection:
        connection.execute("UPDATE projection_build SET fingerprint = 'x' WHERE name = 'accounts'")
    said = cli("projections", "rebuild", "--promote", "--json")
    assert [(row["name"], row["state"]) for row in said.json] == [("accounts", "live")]
    assert cli("projections", "status").code == 0


def test_verify_finds_a_difference_and_writes_each_to_a_file(
    cli: Cli, live: Database, tmp_path: Path
) -> None:
    assert cli("projections", "verify", "invoice_grid").code == 0
    with live.autocommit() as connection:
        connection.execute(
            "UPDATE invoice_grid__v1 SET amount = -1, department = '=HYPERLINK(1)' WHERE situacao = 'billed'"
        )
    said = cli("projections", "verify", "invoice_grid", "--differences", tmp_path / "found.csv", "--json")
    assert said.code == 1
    (table,) = [each for each in said.json[0]["comparison"]["tables"] if not each["equal"]]
    assert (table["table"], table["changed"], table["columns"]) == (
        "invoice_grid",
        1,
        {"amount": 1, "department": 1},
    )
    assert table["totals"][0]["money"]["amount"] == ["199.00", "400.00"]
    with (tmp_path / "found.csv").open(encoding="utf-8", newline="") as file:
        lines = {line["column"]: (line["old"], line["new"]) for line in csv.DictReader(file)}
    assert lines == {"amount": ("-1.00", "200.00"), "department": ("'=HYPERLINK(1)", "")}
    assert "amount 199.00 -> 400.00" in cli("projections", "verify", "invoice_grid").err


def test_shadow_says_what_would_change_and_leaves_nothing(cli: Cli, live: Database) -> None:
    said = cli("projections", "rebuild", "invoice_grid", "--shadow", "--json")
    assert (said.code, said.json[0]["comparison"]["equal"]) == (0, True)
    rows = cli("projections", "status", "--json").json
    assert [row["build"] for row in rows if row["name"] == "invoice_grid"] == [1]
    cli("projections", "rebuild", "invoice_grid", "--shadow", "--keep")
    rows = cli("projections", "status", "--json").json
    assert [row["state"] for row in rows if row["name"] == "invoice_grid"] == ["live", "ready"]


def test_a_poisoned_event_is_told_with_its_position_and_reason(cli: Cli, live: Database) -> None:
    insert(live, UUID(int=1), 2, "invoice.billed.v1", {"billed_on": "31/02/2026"})
    said = cli("projections", "rebuild", "invoice_grid")
    assert said.code == 1
    assert "position 5, invoice.billed.v1: DatetimeFieldOverflow" in said.err
    failed = cli("projections", "status", "--json")
    assert failed.code == 1
    assert [row["state"] for row in failed.json if row["name"] == "invoice_grid"] == ["live", "failed"]


def test_bad_usage_ends_with_2(cli: Cli, live: Database) -> None:
    assert cli("projections", "rebuild", "nonsense").code == 2
    assert cli("projections", "rebuild", "invoice_grid", "--shadow", "--promote").code == 2
    assert cli("projections", "promote", "invoice_grid").code == 1


def test_shards_are_shown_and_changed_and_a_worker_of_another_number_is_refused(
    cli: Cli, live: Database
) -> None:
    before = cli("projections", "shards", "--json")
    assert (before.code, before.json["shards"]) == (0, 1)
    assert cli("projections", "shards", "2").code == 0
    found = cli("projections", "shards", "--json").json
    assert found["shards"] == 2
    of = {(each["name"], each["shard"]): each["of"] for each in found["builds"]}
    assert of["invoice_grid", 1] == of["invoice_grid", 2] == 2
    assert of["audit", 1] == 1
    assert {each["lag_positions"] for each in found["builds"]} == {0}
    refused = cli("worker", "--shard", "1/4", "--no-schedule")
    assert refused.code == 1
    assert "fed by 2 shards, and this worker was started for 1/4" in " ".join(refused.err.split())
    assert cli("worker", "--shard", "5/4").code == 2
    assert cli("projections", "shards", "0").code == 2
