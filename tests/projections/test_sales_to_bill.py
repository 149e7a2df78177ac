"""sales_to_bill: each row is what its sale says, and its readers find what is to be billed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from application.app import Lastro
from application.database import Database
from domain.kernel import DomainEvent
from domain.sale.sale import Sale, evolve
from projections import registry
from projections.runner import Runner, catch_up
from projections.sales_to_bill.model import SALES_TO_BILL
from projections.sales_to_bill.query import OpenSalesQuery, SalesFilter, chosen, sale, sales, totals
from tests.projections.histories import lived
from tests.projections.rows import fed, record


def _state(sale: Sale) -> str:
    if sale.cancelled:
        return "cancelled"
    if not sale.is_open:
        return "billed"
    return "partly_billed" if sale.billed else "open"


def test_each_row_is_what_its_sale_says(lastro: Lastro, database: Database) -> None:
    events = [fact for seed in range(4) for fact in lived(seed, 0).events if fact.TOPIC.startswith("sale.")]
    record(lastro, events)
    states: dict[UUID, Sale] = {}
    for fact in events:
        states[fact.originator_id] = evolve(states.get(fact.originator_id), fact)  # type: ignore[arg-type]
    rows = {UUID(row["sale_id"]): row for row in fed(database, SALES_TO_BILL, 13)["sales_to_bill"]}
    assert rows.keys() == states.keys()
    assert {_state(each) for each in states.values()} == {"open", "partly_billed", "billed", "cancelled"}
    for id, state in states.items():
        open_amount = sum(each.amount for each in state.open_items)
        row = rows[id]
        assert (row["state"], row["version"], row["code"]) == (_state(state), state.version, state.code)
        assert (f"{row['amount']:.2f}", f"{row['open_amount']:.2f}") == (
            f"{state.amount}",
            f"{open_amount:.2f}",
        )
        on = {int(number): UUID(invoice) for number, invoice in row["billed"].items() if invoice}
        assert on == state.billed


EVERYTHING = SalesFilter(companies=None, states=())
FROM, UNTIL = date(2026, 10, 20), date(2026, 11, 25)


@pytest.fixture
def sold(lastro: Lastro, database: Database) -> dict[UUID, Sale]:
    """Sales of two organisations' lives, and every read model at their end."""
    events: list[DomainEvent] = [
        fact
        for seed in (0, 1)
        for fact in lived(seed, 0).events
        if not fact.TOPIC.startswith("settlement.")  # receipts of one number meet in both lives
    ]
    record(lastro, events)
    with database.autocommit() as connection:
        catch_up(connection, [Runner(each) for each in registry.projections(lastro.keyring)])
    states: dict[UUID, Sale] = {}
    for fact in events:
        if fact.TOPIC.startswith("sale."):
            states[fact.originator_id] = evolve(states.get(fact.originator_id), fact)  # type: ignore[arg-type]
    return states


def test_the_list_is_read_page_by_page_in_one_order(database: Database, sold: dict[UUID, Sale]) -> None:
    whole = sales(database, EVERYTHING, size=1_000)
    assert {each.sale_id for each in whole} == sold.keys()
    order = [(each.name_key, *each.key) for each in whole]
    assert order == sorted(order)
    paged, key = [], None
    while page := sales(database, EVERYTHING, size=3, key=key):
        paged += page
        key = page[-1].key
    assert paged == whole


def test_a_row_shows_each_item_and_the_invoice_that_it_is_on(
    database: Database, sold: dict[UUID, Sale]
) -> None:
    for id, state in sold.items():
        row = sale(database, id)
        assert row is not None
        assert [(each.number, each.amount, each.invoice_id) for each in row.items] == [
            (each.number, each.amount, state.billed.get(each.number)) for each in state.items
        ]
    assert sale(database, UUID(int=1)) is None
    assert {each.sale_id for each in chosen(database, sold)} == sold.keys()


@pytest.mark.parametrize(
    "changes",
    [
        {"states": ("open", "partly_billed")},
        {"states": ("cancelled",)},
        {"modes": ("avulso",)},
        {"due_from": FROM, "due_until": UNTIL},
        {"text": "açaí/3"},
        {"text": "conceicao"},
        {"companies": ()},
    ],
)
def test_a_filter_shows_what_fits_it_and_counts_the_same(
    database: Database, sold: dict[UUID, Sale], changes: dict[str, object]
) -> None:
    filter = replace(EVERYTHING, **changes)  # type: ignore[arg-type]
    shown = sales(database, filter, size=1_000)
    fitting = {id for id, each in sold.items() if _fits(each, filter)} if not filter.text else None
    assert fitting is None or {row.sale_id for row in shown} == fitting
    assert bool(shown) == (filter.companies is None)
    assert totals(database, filter) == (len(shown), sum(row.open_amount for row in shown))
    if filter.text == "conceicao":
        assert {row.customer_name for row in shown} == {"José da Conceição"}


def _fits(each: Sale, filter: SalesFilter) -> bool:
    return (
        filter.companies is None
        and (not filter.states or _state(each) in filter.states)
        and (not filter.modes or each.mode in filter.modes)
        and (filter.due_from or date.min) <= each.due_on <= (filter.due_until or date.max)
    )


def test_the_batch_is_given_what_is_due_and_emits_documents(
    database: Database, sold: dict[UUID, Sale]
) -> None:
    port = OpenSalesQuery(database)
    wanted = {
        id
        for id, each in sold.items()
        if each.is_open
        and each.mode == "contractual"
        and each.emits_documents
        and FROM <= each.due_on <= UNTIL
    }
    due = list(port.due(None, FROM, UNTIL))
    assert {each.sale_id for each in due} == wanted != set()
    assert [(each.company_id, each.customer_id, each.due_on) for each in due] == sorted(
        (each.company_id, each.customer_id, each.due_on) for each in due
    )
    day = due[0].due_on
    assert {each.due_on for each in port.due([due[0].company_id], FROM, UNTIL, day)} == {day}
    assert list(port.due([], FROM, UNTIL)) == []


def test_reminders_add_up_what_a_customer_s_open_sales_are_worth(
    database: Database, sold: dict[UUID, Sale]
) -> None:
    port = OpenSalesQuery(database)
    found = port.reminders(None, date.min, UNTIL, ["avulso"], 100)
    wanted = [
        each for each in sold.values() if each.is_open and each.mode == "avulso" and each.due_on <= UNTIL
    ]
    assert sum(each.sales for each in found) == len(wanted)
    assert sum(each.amount for each in found) == sum(
        item.amount for each in wanted for item in each.open_items
    )
    assert [each.amount for each in found] == sorted((each.amount for each in found), reverse=True)
    assert len(port.reminders(None, date.min, UNTIL, ["avulso"], 1)) == 1
    assert port.reminders(None, UNTIL + timedelta(900), UNTIL + timedelta(999), ["avulso"], 9) == []
