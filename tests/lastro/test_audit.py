"""`lastro audit completeness` on the read models of a real run: exit code, JSON, and the file."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from application.access import SYSTEM
from application.app import Lastro
from application.completeness.findings import Asked
from application.completeness.keeping import Checks
from domain.values.ids import contract_id
from tests.application.world import World
from tests.lastro.test_forget import feed
from tests.support.cli import Cli

CHECK = ("audit", "completeness")


@pytest.fixture
def world(lastro: Lastro) -> World:
    """Two contracts, their first period billed, and the listing fed."""
    made = World(lastro)
    invoices = [made.sign("K1")[0], made.sign("=K2", customer=1)[0]]
    made.commands.invoices.bill_now(SYSTEM, invoices)
    feed(lastro)
    return made


def test_a_whole_log_is_exit_code_0(world: World, cli: Cli) -> None:
    said = cli(*CHECK, "--until", "2026-03-31", "--json")
    assert (said.code, said.json["complete"]) == (0, True)
    assert (said.json["contracts"], said.json["expected"], said.json["billed"]) == (2, 2, 2)
    assert said.json["findings"] == []
    assert said.json["companies"] is None


def test_gaps_are_exit_code_1_and_all_in_the_file(world: World, cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "gaps.csv"
    said = cli(*CHECK, "--until", "2026-05-31", "--differences", path)
    assert said.code == 1
    assert "gap: not_billed: 4 (R$ 600.00)" in said.err
    assert "not_billed" in said.out
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["contract_code"], row["ordinal"], row["reason"]) for row in rows} == {
        (code, ordinal, "not_billed") for code in ("K1", "'=K2") for ordinal in ("2", "3")
    }
    assert {row["amount"] for row in rows} == {"150.00"}


def test_the_table_names_the_company_and_lines_of_one_name_add_up(
    world: World, lastro: Lastro, cli: Cli
) -> None:
    world.commands.contracts.end(SYSTEM, contract_id(world.company, "K1"), date(2026, 3, 31), "mudou-se")
    feed(lastro)
    said = cli(*CHECK, "--until", "2026-05-31")
    assert "ACME" in said.out
    assert "company" in said.out.splitlines()[0]
    sums = Counter[str]()
    for name, count in re.findall(r"^(gap|explained|not owed): \w+: (\d+) ", said.err, re.MULTILINE):
        sums[name] += int(count)
    last = said.err.splitlines()[-1]
    assert sums["not owed"] > 0
    assert f"{sums['explained']} explained, {sums['gap']} gaps; {sums['not owed']} not owed" in last
    assert "?" not in said.err


def test_a_row_that_was_deleted_is_found(world: World, lastro: Lastro, cli: Cli) -> None:
    with lastro.database.connection() as connection:
        connection.execute("DELETE FROM invoice_grid WHERE billed_on IS NOT NULL")
    said = cli(*CHECK, "--until", "2026-03-31", "--json")
    assert said.code == 1
    assert {each["reason"] for each in said.json["findings"]} == {"row_missing"}


def test_a_company_is_checked_alone(world: World, cli: Cli) -> None:
    world.add_company("OUTRA", "19131243000197")
    assert cli(*CHECK, "--company", "OUTRA", "--json").json["contracts"] == 0
    unknown = cli(*CHECK, "--company", "NINGUEM")
    assert unknown.code == 1
    assert "not_found" in unknown.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--until", "31/03/2026"),
        ("--until", "2026-02-30"),
        ("--grace", "-1"),
        ("--grace", "x"),
        ("--differences", "/tmp"),
        ("--differences", "/nowhere/at/all.csv"),
        ("--asked", "--until", "2026-03-31"),
        ("surplus",),
    ],
)
def test_bad_usage_is_told_apart(world: World, cli: Cli, arguments: tuple[str, ...]) -> None:
    assert cli(*CHECK, *arguments).code == 2


def test_what_was_asked_for_is_done_once(world: World, lastro: Lastro, cli: Cli) -> None:
    asked = Asked(until=world.now.date().replace(day=31), today=world.now.date())
    checks = Checks(lastro.database)
    check_id = checks.ask(asked, "user:1", world.now)
    assert cli(*CHECK, "--asked").code == 0
    done = checks.find(check_id)
    assert done is not None
    assert (done.state, done.done) == ("done", 2)
    again = cli(*CHECK, "--asked", "--json")
    assert (again.code, again.out) == (0, "")
