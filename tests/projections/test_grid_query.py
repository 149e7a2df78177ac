"""The listing's queries against the aggregates: whatever the filter, all that fits it and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest

from application.app import Lastro
from application.database import Database
from application.ports import ReadModelBehindError
from domain.customer.customer import Customer
from domain.invoice.invoice import Invoice
from domain.invoice.situacao import InstalmentStatus, Situacao
from domain.values.payment import ValueType
from projections import registry
from projections.invoice_grid import query
from projections.invoice_grid.filter import FACETS, DateType, GridFilter, SearchType
from projections.invoice_grid.query import GridBillableInvoices
from projections.invoice_grid.rollup import daily_totals
from projections.invoice_grid.rows import Count, GridRow
from projections.runner import Runner, catch_up
from projections.search_key import search_key
from tests.projections.histories import TODAY, Organisation, lived
from tests.projections.rows import record

EVERYTHING = GridFilter(start=date(2020, 1, 1), end=date(2035, 12, 31), today=TODAY, companies=None)


@pytest.fixture
def organisation(lastro: Lastro, database: Database) -> Organisation:
    """An organisation whose read models are at the log's end."""
    found = lived(21, 1_100, invoices=70)
    record(lastro, found.events)
    with database.autocommit() as connection:
        catch_up(connection, [Runner(model) for model in registry.projections(lastro.keyring)])
    return found


def states(organisation: Organisation, kind: type[Any]) -> dict[UUID, Any]:
    found = {key: stream.state for key, stream in organisation.streams.items()}
    return {key: state for key, state in found.items() if isinstance(state, kind)}


def every_page(
    database: Database, filter: GridFilter, size: int, *, descending: bool = False
) -> Iterator[GridRow]:
    shown = query.page(database, filter, size=size, descending=descending)
    yield from shown.rows
    while shown.after is not None:
        shown = query.page(database, filter, size=size, key=shown.after, descending=descending)
        assert shown.before is not None
        yield from shown.rows


def fits(filter: GridFilter, row: GridRow, invoice: Invoice, customer: Customer) -> bool:
    day = getattr(row, filter.date_type.value)
    statuses = invoice.instalment_statuses(filter.today)
    key = search_key(filter.search)
    return all(
        (
            day is not None and filter.start <= day <= filter.end,
            filter.companies is None or invoice.company_id in filter.companies,
            not filter.customers or invoice.customer_id in filter.customers,
            not filter.accounts or invoice.account_id in filter.accounts,
            not filter.situacoes or invoice.situacao() in filter.situacoes,
            not filter.instalment_statuses or bool(statuses & set(filter.instalment_statuses)),
            not filter.value_types or row.value_type in filter.value_types,
            not filter.departments or row.department in filter.departments,
            not filter.search
            or key in search_key(customer.name or "")
            or key in search_key(customer.trade_name or ""),
        )
    )


def some[T](random: Random, values: list[T]) -> tuple[T, ...]:
    return tuple(random.sample(values, random.randint(1, 2))) if random.random() < 0.3 else ()


def random_filter(random: Random, organisation: Organisation) -> GridFilter:
    invoices = list(states(organisation, Invoice).values())
    start = TODAY + timedelta(random.randint(-60, 30))
    return GridFilter(
        start=start,
        end=start + timedelta(random.choice((0, 30, 400))),
        today=TODAY + timedelta(random.randint(-20, 40)),
        date_type=random.choice(list(DateType)),
        companies=some(random, [each.company_id for each in invoices]) or None,
        customers=some(random, [each.customer_id for each in invoices]),
        accounts=some(random, [each.account_id for each in invoices]),
        situacoes=some(random, list(Situacao)),
        instalment_statuses=some(random, list(InstalmentStatus)),
        value_types=some(random, list(ValueType)),
        departments=some(random, [None, "Comercial", "Suporte"]),
        search_type=SearchType.CUSTOMER,
        search=random.choice(("", "", "", "agua", "CONCEIÇÃO", "loja n", "%")),
    )


def test_any_filter_shows_what_fits_it_and_counts_the_same(
    database: Database, organisation: Organisation
) -> None:
    random = Random(5)
    invoices, customers = states(organisation, Invoice), states(organisation, Customer)
    everything = {row.invoice_id: row for row in every_page(database, EVERYTHING, 50)}
    assert everything.keys() == invoices.keys()
    shown = 0
    for _ in range(150):
        filter = random_filter(random, organisation)
        wanted = {
            id
            for id, row in everything.items()
            if fits(filter, row, invoices[id], customers[row.customer_id])
        }
        rows = list(every_page(database, filter, random.choice((1, 7, 50))))
        keys = [(getattr(row, filter.date_type.value), row.invoice_id) for row in rows]
        assert keys == sorted(keys)
        assert {row.invoice_id for row in rows} == wanted
        assert query.count(database, filter) == Count(len(wanted), more=False)
        assert query.totals(database, filter) == (len(wanted), sum((row.amount for row in rows), Decimal(0)))
        assert [each.invoice_id for each in query.select_all(database, filter)] == sorted(wanted)
        assert [row.invoice_id for row in query.stream(database, filter)] == [row.invoice_id for row in rows]
        shown += len(rows)
    assert shown > 300


def test_the_way_back_shows_the_same_pages(database: Database, organisation: Organisation) -> None:
    for descending in (False, True):
        forth = []
        page = query.page(database, EVERYTHING, size=9, descending=descending)
        while True:
            forth.append(page.rows)
            if page.after is None:
                break
            page = query.page(database, EVERYTHING, size=9, key=page.after, descending=descending)
        back = [page.rows]
        while page.before is not None:
            page = query.page(
                database, EVERYTHING, size=9, key=page.before, direction="before", descending=descending
            )
            back.append(page.rows)
        assert back[::-1] == forth
        last = query.page(database, EVERYTHING, size=9, direction="before", descending=descending)
        assert last.rows == tuple(row for rows in forth for row in rows)[-9:]
        assert last.after is None


def test_facets_count_each_value_under_the_other_choices(
    database: Database, organisation: Organisation
) -> None:
    random = Random(6)
    for _ in range(30):
        filter = random_filter(random, organisation)
        facets = query.facets(database, filter)
        assert facets is not None
        without = replace(filter, situacoes=())
        rows = every_page(database, without, 200)
        assert facets["situacao"] == Counter(row.situacao for row in rows)
        kinds = every_page(database, replace(filter, value_types=()), 200)
        assert facets["value_type"] == Counter(row.value_type for row in kinds)


def test_counting_stops_where_it_is_told_to(database: Database, organisation: Organisation) -> None:
    assert query.count(database, EVERYTHING, 5) == Count(5, more=True)
    assert query.count(database, EVERYTHING, None) == Count(70, more=False)


def test_nobody_sees_a_company_that_is_not_theirs(database: Database, organisation: Organisation) -> None:
    nobody = replace(EVERYTHING, companies=())
    assert query.page(database, nobody, size=50).rows == ()
    assert query.count(database, nobody).rows == 0
    assert query.totals(database, nobody) == (0, Decimal(0))
    assert query.facets(database, nobody) == {facet: {} for facet in FACETS}
    assert list(query.select_all(database, nobody)) == []


def test_numbers_are_found_by_their_beginning(database: Database, organisation: Organisation) -> None:
    rows = list(every_page(database, EVERYTHING, 200))
    issued = next(row for row in rows if row.nosso_numero)
    assert issued.nosso_numero is not None
    by_boleto = replace(EVERYTHING, search_type=SearchType.BOLETO, search=issued.nosso_numero[:5])
    found = query.page(database, by_boleto, size=200).rows
    assert issued in found
    assert all((row.nosso_numero or "").startswith(issued.nosso_numero[:5]) for row in found)
    assert query.count(database, replace(by_boleto, search="999999999")).rows == 0
    by_cpf = replace(EVERYTHING, search_type=SearchType.DOCUMENT, search="529.982")
    assert {row.customer_document for row in query.page(database, by_cpf, size=200).rows} == {"52998224725"}
    anything = replace(EVERYTHING, search="529.982")
    assert {row.customer_document for row in query.page(database, anything, size=200).rows} >= {"52998224725"}


def test_notes_are_searched_in_the_contract(database: Database, organisation: Organisation) -> None:
    notes = replace(EVERYTHING, search_type=SearchType.NOTES, search="marco")
    assert query.page(database, notes, size=50).rows == ()
    assert query.count(database, replace(notes, companies=())).rows == 0


def test_rows_carry_the_names_of_whom_they_are_about(database: Database, organisation: Organisation) -> None:
    customers = states(organisation, Customer)
    for row in every_page(database, EVERYTHING, 200):
        customer = customers[row.customer_id]
        assert (row.customer_name, row.customer_document) == (customer.name, customer.document)
        assert row.company_trade_name is not None
        assert row.company_trade_name.startswith("Empresa")
        assert not row.parked
        assert query.invoice(database, row.invoice_id) == row
    assert query.invoice(database, UUID(int=1)) is None


def test_billable_are_the_pending_failed_and_waiting_of_an_interval(
    lastro: Lastro, database: Database, organisation: Organisation
) -> None:
    billable = GridBillableInvoices(database)
    billable.wait_for(lastro.safe_position(), 5.0)
    rows = {row.invoice_id: row for row in every_page(database, EVERYTHING, 200)}
    start, end = TODAY - timedelta(10), TODAY + timedelta(30)
    open_states = {Situacao.PENDING, Situacao.ERROR, Situacao.VALUE_PENDING}
    wanted = {id for id, row in rows.items() if row.situacao in open_states and start <= row.due_on <= end}
    found = list(billable.candidates(None, start, end))
    assert {each.invoice_id for each in found} == wanted
    order = [(each.company_id, each.customer_id, each.due_on, each.invoice_id) for each in found]
    assert order == sorted(order)
    company, day = found[0].company_id, found[0].due_on
    some = list(billable.candidates([company], start, end, day))
    assert some == [each for each in found if (each.company_id, each.due_on) == (company, day)]


def test_waiting_for_a_position_beyond_the_log_gives_up(
    database: Database, organisation: Organisation
) -> None:
    with pytest.raises(ReadModelBehindError):
        GridBillableInvoices(database).wait_for(10**9, 0.01)


def test_panels_read_daily_totals(database: Database, organisation: Organisation) -> None:
    rows = list(every_page(database, EVERYTHING, 200))
    totals = daily_totals(database, None, EVERYTHING.start, EVERYTHING.end)
    assert sum(total.invoices for total in totals) == len(rows)
    assert sum(total.amount for total in totals) == sum(row.amount for row in rows)
    company = rows[0].company_id
    own = daily_totals(database, [company], EVERYTHING.start, EVERYTHING.end)
    assert own == [total for total in totals if total.company_id == company]
