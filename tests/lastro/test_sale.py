"""`lastro sale`: open sales listed, shown, billed item by item and cancelled; `lastro bill` tells of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from application.app import Context
from application.clock import utc_now
from application.ids import new_id
from application.registry import Done
from application.sales import OrderItem, OrderPlaced, Orders
from application.settings import Settings
from domain.values.payment import PaymentMethod
from lastro.billing import BillingUseCases
from lastro.wiring import opened
from projections.progress import wait_for
from projections.sales_to_bill.query import OpenSalesQuery
from tests.lastro.conftest import Copies, Imported, working
from tests.support.cli import Cli, read_models
from tests.support.portfolio import GOOD, write_csv

DUE = date(2026, 3, 10)


def caught_up() -> None:
    with opened(Settings()) as runtime:
        assert wait_for(runtime.database, runtime.lastro.safe_position(), 30, read_models(runtime))


def one(table: str, columns: str, where: str = "true") -> Any:
    with opened(Settings()) as runtime, runtime.database.connection() as db:
        row = db.execute(f"SELECT {columns} FROM {table} WHERE {where} LIMIT 1").fetchone()
    assert row is not None
    return row


@pytest.fixture(scope="module")
def portfolio(imported: Imported, tmp_path_factory: pytest.TempPathFactory) -> Copies:
    """The good one."""
    return imported(write_csv(tmp_path_factory.mktemp("portfolio") / "carteira.csv", GOOD))


@pytest.fixture
def house(cli: Cli, portfolio: Copies) -> Iterator[Cli]:
    """A copy of it, and two sales of its first customer: one avulso, one contractual."""
    with portfolio() as url:
        cli.monkeypatch.setenv("LASTRO_DATABASE_URL", url)
        with working():
            sell()
            caught_up()
            yield cli


def sell() -> None:
    company, code, account, method = one(
        "contracts JOIN companies USING (company_id) JOIN accounts USING (account_id)",
        "companies.code, contracts.customer_id, accounts.code, contracts.payment_method",
    )
    (service,) = one(
        "services JOIN companies USING (company_id)", "services.code", f"companies.code = '{company}'"
    )
    orders = [
        OrderPlaced(
            source="loja",
            order=number,
            sold_on=DUE,
            due_on=DUE,
            items=(
                OrderItem(service, Decimal(1), Decimal("70.00")),
                OrderItem(service, Decimal(1), Decimal("30.01")),
            ),
            mode=mode,  # type: ignore[arg-type]
            payment_method=PaymentMethod(method),
            company_code=company,
            customer_id=code,
            account_code=account,
        )
        for number, mode in (("1", "avulso"), ("2", "contractual"))
    ]
    with opened(Settings()) as runtime:
        cases = BillingUseCases(runtime)
        taking = Orders(runtime.lastro, cases.lookups, utc_now, OpenSalesQuery(runtime.database))
        found = taking.record(Context("kafka:sales.orders.v1", new_id()), orders, lambda *_: None)
    assert all(isinstance(each, Done) for each in found), found


def company_and_account() -> tuple[str, str]:
    company, account = one(
        "sales_to_bill JOIN companies USING (company_id) JOIN accounts USING (account_id)",
        "companies.code, accounts.code",
    )
    return company, account


def listed(house: Cli, *args: str) -> dict[str, Any]:
    said = house("sale", "list", "--json", *args)
    assert said.code == 0, said.err
    return {row["code"]: row for row in json.loads(said.out)}


def test_open_sales_are_listed_and_shown_item_by_item(house: Cli) -> None:
    rows = listed(house)
    assert {code: row["open_amount"] for code, row in rows.items()} == {
        "loja/1": "100.01",
        "loja/2": "100.01",
    }
    assert "loja/1" in house("sale", "list").out
    assert listed(house, "--state", "billed") == {}
    assert listed(house, "--until", "2026-03-09") == {}
    assert house("sale", "list", "--state", "gone").code == 2
    shown = house("sale", "show", rows["loja/1"]["sale_id"])
    assert "70.00" in shown.out
    company, _ = company_and_account()
    by_code = house("sale", "show", "loja/1", "--company", company, "--json")
    assert [item["amount"] for item in json.loads(by_code.out)["items"]] == ["70.00", "30.01"]
    assert house("sale", "show", "loja/1").code == 2
    assert house("sale", "show", str(UUID(int=1))).code == 1


def test_items_are_billed_by_hand_in_instalments_and_once(house: Cli) -> None:
    company, account = company_and_account()
    asked = ("loja/1:2", "loja/2", "--company", company, "--account", account, "--first-due", "2026-04-10")
    assert house("sale", "bill", *asked).code == 2
    done = house("sale", "bill", *asked, "--instalments", "3", "--yes", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert (told["amount"], told["billed"]) == ("130.02", None)
    assert [each["amount"] for each in told["instalments"]] == ["43.34", "43.34", "43.34"]
    caught_up()
    assert {code: row["open_amount"] for code, row in listed(house).items()} == {"loja/1": "70.00"}
    again = house("sale", "bill", *asked, "--yes")
    assert (again.code, "sale_item" in again.err) == (1, True)
    now = house("sale", "bill", "loja/1", *asked[2:], "--now", "--yes")
    assert now.code == 0, now.err
    assert house("sale", "bill", "loja/1", *asked[2:4], "--account", "NADA", *asked[6:], "--yes").code == 2


def test_a_sale_is_cancelled_with_a_reason(house: Cli) -> None:
    company, _ = company_and_account()
    assert house("sale", "cancel", "loja/1", "--company", company, "--reason", "desistiu").code == 2
    done = house("sale", "cancel", "loja/1", "--company", company, "--reason", "desistiu", "--yes", "--json")
    assert json.loads(done.out)["change"] == "corrected"
    caught_up()
    assert set(listed(house)) == {"loja/2"}
    assert (
        "is cancelled"
        in house("sale", "cancel", "loja/2", "--company", company, "--reason", "x", "--yes").err
    )


def test_a_plan_tells_the_sales_that_it_bills_and_reminds_of_the_others(house: Cli) -> None:
    said = house("bill", "plan", "--from", "2026-03-10", "--until", "2026-03-10")
    assert said.code == 0, said.err
    assert "sales in this plan" in said.out
    assert "loja/2" in said.out
    assert "reminder: open sales that this plan does not bill" in said.out
    left = json.loads(house("bill", "plan", "--until", "2026-03-10", "--sales", "leave-out", "--json").out)
    assert left["sales"] == []
    assert [(each["sales"], each["amount"]) for each in left["reminders"]] == [(2, "200.02")]
    own = json.loads(house("bill", "plan", "--until", "2026-03-10", "--sales", "own", "--json").out)
    assert [each["joins"] for each in own["sales"]] == [False]
    assert [each["sales"] for each in own["reminders"]] == [1]
