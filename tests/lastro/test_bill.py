"""`lastro bill`: a plan is made, shown, confirmed by its hash and told again; what is due bills by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from application.access import operator
from application.billing import batch
from application.clock import sao_paulo_date, utc_now
from application.settings import Settings
from deploy.local.sample import write_sample
from lastro.billing import BillingUseCases
from lastro.wiring import opened
from projections.invoice_grid.query import chosen
from projections.invoice_grid.rows import GridRow
from tests.lastro.conftest import Copies, Imported, working
from tests.support.cli import Cli

TODAY = sao_paulo_date(utc_now())
UNTIL = (TODAY + timedelta(days=40)).isoformat()
CLI = operator("test")
LONG_AGO = "2001-01-01"


@pytest.fixture(scope="module")
def sample(imported: Imported, tmp_path_factory: pytest.TempPathFactory) -> Copies:
    """An imported sample."""
    file = tmp_path_factory.mktemp("sample") / "sample.csv"
    write_sample(file, contracts=66, today=TODAY)
    return imported(file)


@pytest.fixture
def billing(cli: Cli, sample: Copies) -> Iterator[Cli]:
    """The command on a copy of it, with a worker that keeps the read models but bills nothing."""
    with sample() as url:
        cli.monkeypatch.setenv("LASTRO_DATABASE_URL", url)
        with working():
            yield cli


def listed(invoices: list[str]) -> dict[str, GridRow]:
    with opened(Settings()) as runtime:
        rows = chosen(runtime.database, [UUID(each) for each in invoices])
    return {str(row.invoice_id): row for row in rows}


def test_a_plan_bills_nothing_and_the_next_one_finds_no_difference(billing: Cli) -> None:
    first = billing("bill", "plan", "--until", UNTIL, "--json").json
    again = billing("bill", "plan", "--until", UNTIL, "--json").json

    assert first["state"] == "planned"
    assert first["invoices"] > 0
    assert Decimal(first["amount"]) == sum(Decimal(one["amount"]) for one in first["companies"])
    assert again["plan_hash"] != first["plan_hash"]
    assert again["difference"] == {"new": 0, "changed": 0, "dropped": 0, "blocked": 0}
    assert set(first["progress"].values()) == {0, "0.00"}


def test_confirming_bills_exactly_the_plan_once(billing: Cli) -> None:
    plan = billing("bill", "plan", "--until", UNTIL, "--json").json

    confirmed = billing("bill", "confirm", plan["plan_hash"][:12], "--processes", "1", "--json")
    twice = billing("bill", "confirm", plan["plan_hash"])
    empty = billing("bill", "plan", "--until", UNTIL, "--json").json

    assert confirmed.code == 0
    assert confirmed.json["state"] == "closed"
    done = confirmed.json["progress"]
    assert done["billed"] + done["with_failures"] == plan["invoices"]
    assert Decimal(done["amount"]) == Decimal(plan["amount"])
    assert (twice.code, "run_not_planned" in twice.err) == (1, True)
    assert empty["invoices"] == 0


def test_two_processes_bill_the_same_plan(billing: Cli) -> None:
    plan = billing("bill", "plan", "--until", UNTIL, "--json").json

    confirmed = billing("bill", "confirm", plan["plan_hash"], "--processes", "2", "--json")

    assert (confirmed.code, confirmed.json["state"]) == (0, "closed")


def test_an_item_whose_facts_moved_is_refused_and_named(billing: Cli) -> None:
    plan = billing("bill", "plan", "--until", UNTIL, "--json").json
    with opened(Settings()) as runtime:
        use_cases = BillingUseCases(runtime)
        item = use_cases.batch.items(CLI, plan["plan_hash"], limit=1)[0]
        use_cases.invoices.cancel(CLI, item.invoice_id, "paid elsewhere", frees_period=False)

    confirmed = billing("bill", "confirm", plan["plan_hash"], "--processes", "1", "--json")

    assert confirmed.code == 1
    assert confirmed.json["progress"]["refused"] == 1
    (named,) = [one for one in confirmed.json["items_not_plainly_billed"] if one["outcome"] == "refused"]
    assert named["invoice_id"] == named["stream_id"] == str(item.invoice_id)
    assert named["moved"] == "invoice"


def test_a_plan_for_one_company_leaves_the_others_alone(billing: Cli) -> None:
    plan = billing("bill", "plan", "--until", UNTIL, "--company", "ATLAS", "--json").json

    assert [one["company"] for one in plan["companies"]] == ["ATLAS"]


def test_the_last_plan_is_shown_without_a_hash(billing: Cli) -> None:
    plan = billing("bill", "plan", "--until", UNTIL, "--json").json

    shown = billing("bill", "show", "--json").json
    told = billing("bill", "show", plan["plan_hash"][:8])

    assert shown["plan_hash"] == plan["plan_hash"]
    assert told.out.splitlines()[0] == f"plan {plan['plan_hash']}"
    assert "ATLAS" in told.out


def test_what_is_left_out_is_named(billing: Cli) -> None:
    plan = billing("bill", "plan", "--until", UNTIL, "--json").json
    told = billing("bill", "show")

    (left_out,) = [one for one in plan["exclusions"] if one["reason"] == "value_pending"]
    named = [one for one in plan["excluded"] if one["reason"] == "value_pending"]
    assert len(named) == left_out["invoices"] > 0
    grid = listed([one["invoice_id"] for one in named])
    for one in named:
        row = grid[one["invoice_id"]]
        assert (one["contract"], one["customer"]) == (row.contract_code, row.customer_name)
        assert (one["due_on"], one["amount"]) == (row.due_on.isoformat(), str(row.amount))
        assert f"{one['contract']}  {one['customer']}" in told.out
    assert f"left out: {len(plan['excluded'])}" in told.out


def test_what_fails_is_named_and_a_redirected_table_is_whole(billing: Cli) -> None:
    plan = billing("bill", "plan", "--until", UNTIL, "--json").json
    done = billing("bill", "confirm", plan["plan_hash"], "--processes", "1", "--json").json
    told = billing("bill", "show", plan["plan_hash"])

    failed = done["items_not_plainly_billed"]
    assert len(failed) == done["progress"]["with_failures"] > 0
    for one in failed[:20]:
        line = next(line for line in told.out.splitlines() if f"{one['contract']}  {one['customer']}" in line)
        assert one["detail"] in line
        assert one["invoice_id"] not in told.out
    assert f"closed: billed {done['progress']['billed']}" in told.out
    assert "confirm" not in told.err


def test_a_plan_alone_tells_how_to_bill_it_and_no_progress(billing: Cli) -> None:
    billing("bill", "plan", "--until", UNTIL)
    again = billing("bill", "plan", "--until", UNTIL)

    assert "`lastro bill confirm " in again.err
    assert "since the plan before: no difference" in again.out
    assert "billed 0" not in again.out
    assert "nothing is to be billed" in billing("bill", "plan", "--until", LONG_AGO).out


def test_what_is_due_is_billed_once_where_automatic_billing_is_on(billing: Cli) -> None:
    first = billing("bill", "due", "--until", UNTIL, "--processes", "1", "--json")
    again = billing("bill", "due", "--until", UNTIL, "--processes", "1", "--json")

    assert first.code == 0
    assert [one["company"] for run in first.json for one in run["companies"]] == ["NIMBO"]
    assert again.json == []
    assert "nothing is due" in billing("bill", "due", "--until", LONG_AGO).err


@pytest.mark.parametrize("command", ["show", "confirm", "resume", "stop"])
def test_an_unknown_plan_is_refused(cli: Cli, command: str) -> None:
    said = cli("bill", command, "0123456789abcdef")

    assert said.code == 1
    assert "plan_unknown" in said.err


def test_a_plan_alone_can_be_neither_resumed_nor_stopped(billing: Cli) -> None:
    plan = billing("bill", "plan", "--until", UNTIL, "--json").json["plan_hash"]

    assert billing("bill", "resume", plan).code == 1
    assert billing("bill", "stop", plan).code == 1


def test_an_unknown_company_is_refused(cli: Cli) -> None:
    said = cli("bill", "plan", "--until", UNTIL, "--company", "NOWHERE")

    assert said.code == 1
    assert "NOWHERE" in said.err


def test_a_date_that_is_none_is_bad_usage(cli: Cli) -> None:
    assert cli("bill", "plan", "--until", "31/12/2026").code == 2


def test_planning_without_a_worker_is_told_to_start_one(cli: Cli, tmp_path: Path) -> None:
    sample = tmp_path / "sample.csv"
    write_sample(sample, contracts=1, today=TODAY)
    cli("import", "portfolio", sample)
    cli.monkeypatch.setattr(batch, "_WAIT_SECONDS", 0.1)

    said = cli("bill", "plan", "--until", UNTIL)

    assert said.code == 1
    assert "worker" in said.err


def test_billed_with_a_failed_document_is_billed_and_said_plainly(billing: Cli) -> None:
    plan = billing("bill", "plan", "--until", UNTIL, "--json").json
    done = billing("bill", "confirm", plan["plan_hash"], "--processes", "1")
    failed = billing("bill", "show", "--json").json["progress"]["with_failures"]

    assert (done.code, failed > 0) == (0, True)
    assert f"billed, one document failed {failed}" in done.out
    assert done.out.count("billed, one document failed  ") == min(failed, 20)
    assert f"{failed} billed with one document failed: they count as billed (exit code 0)" in done.err
    assert "one document failed" in " ".join(billing("bill", "confirm", "--help").out.split())


def test_whoever_was_forgotten_is_told_as_removed(billing: Cli) -> None:
    plan = billing("bill", "plan", "--until", UNTIL, "--json").json
    customer = plan["excluded"][0]["customer"]
    with opened(Settings()) as runtime, runtime.database.connection() as connection:
        connection.execute("DELETE FROM customers WHERE name = %s", (customer,))

    shown = billing("bill", "show")
    assert customer not in shown.out
    lines = [each for each in shown.out.splitlines() if f" {plan['excluded'][0]['contract']} " in each]
    assert lines
    assert all(" [removido] " in each for each in lines)
