"""Contracts, customers, registries, runs and the history: rows and queries against the aggregates."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from application.app import Lastro
from application.database import Database
from domain.account.account import Account
from domain.billing_run.billing_run import BillingRun
from domain.company.company import Company
from domain.contract.contract import Contract
from domain.contract.events import InstallmentGenerated
from domain.customer.customer import Customer
from domain.invoice.events import InvoiceOpened
from domain.invoice.invoice import Invoice
from domain.service.service import Service
from projections import registry
from projections.accounts.query import accounts
from projections.billing_runs.query import billing_run, billing_runs
from projections.companies.query import AutomaticBillingCompanies, companies
from projections.contracts.query import GrowingContractsQuery, contract, contracts, schedule
from projections.customers.fold import LAST
from projections.customers.model import customers as customers_model
from projections.customers.query import customer, customers, key_of
from projections.installation import show
from projections.invoice_history.query import history
from projections.runner import Runner, catch_up
from projections.search_key import search_key
from projections.services.query import services
from tests.projections.histories import START, TODAY, Organisation, lived
from tests.projections.rows import CONTEXT, fed, record


@pytest.fixture
def organisation(lastro: Lastro, database: Database) -> Organisation:
    """An organisation whose read models are at the log's end."""
    found = lived(33, 900)
    record(lastro, found.events)
    feed(lastro, database)
    return found


def feed(lastro: Lastro, database: Database) -> None:
    with database.autocommit() as connection:
        catch_up(connection, [Runner(model) for model in registry.projections(lastro.keyring)])


def states(organisation: Organisation, kind: type[Any]) -> dict[UUID, Any]:
    found = {key: stream.state for key, stream in organisation.streams.items()}
    return {key: state for key, state in found.items() if isinstance(state, kind)}


def test_companies_are_what_their_aggregates_say(database: Database, organisation: Organisation) -> None:
    known = states(organisation, Company)
    rows = companies(database, None)
    assert [row.code for row in rows] == ["E0", "E1"]
    for row in rows:
        company: Company = known[row.company_id]
        assert (row.legal_name, row.cnpj) == (company.legal_name, company.cnpj)
        assert row.automatic_billing == company.automatic_billing
        assert row.year_end_rule == company.year_end_rule
    assert companies(database, [rows[0].company_id]) == rows[:1]
    automatic = sorted(key for key, company in known.items() if company.automatic_billing)
    assert list(AutomaticBillingCompanies(database).automatic()) == automatic


def test_accounts_are_what_their_aggregates_say(database: Database, organisation: Organisation) -> None:
    known = states(organisation, Account)
    rows = accounts(database, None)
    assert {row.account_id for row in rows} == known.keys()
    for row in rows:
        account: Account = known[row.account_id]
        assert (row.company_id, row.code, row.pix_key, row.closed) == (
            account.company_id,
            account.code,
            account.pix_key,
            account.closed,
        )
        assert row.bank_code == (account.agreement and account.agreement.bank_code)
    assert accounts(database, [rows[0].company_id]) == rows[:1]
    assert accounts(database, []) == []


def test_services_are_what_their_aggregates_say(database: Database, organisation: Organisation) -> None:
    known = states(organisation, Service)
    rows = services(database, None)
    assert {row.service_id for row in rows} == known.keys()
    for row in rows:
        service: Service = known[row.service_id]
        assert (row.lc116, row.ctribnac, row.list_price, row.retired) == (
            service.lc116,
            service.ctribnac,
            service.list_price,
            service.retired,
        )
    assert services(database, [rows[0].company_id]) == rows[:1]


def test_customers_are_what_their_aggregates_say(database: Database, organisation: Organisation) -> None:
    known = states(organisation, Customer)
    for key, state in known.items():
        row = customer(database, key)
        assert row is not None
        collection = state.collection_contact
        assert (row.name, row.trade_name, row.document) == (state.name, state.trade_name, state.document)
        assert row.collection_email == (collection and collection.email)
        assert [UUID(each["contact_id"]) for each in row.contacts] == [each.id for each in state.contacts]
        assert row.address == (state.address and state.address.model_dump(mode="json"))
    assert customer(database, UUID(int=1)) is None


def test_customers_are_listed_and_found_by_name_or_number(
    database: Database, organisation: Organisation
) -> None:
    known = states(organisation, Customer)
    listed = customers(database)
    keys = [LAST if state.name is None else search_key(state.name) for state in known.values()]
    assert [row.sort_key for row in listed] == sorted(keys)
    assert [row.name for row in listed].index(None) == len(listed) - 1
    paged = customers(database, size=2)
    while more := customers(database, size=2, key=key_of(paged[-1])):
        paged += more
    assert paged == listed
    shops = {key for key, state in known.items() if state.trade_name == "Loja Nº 1"}
    assert shops
    assert {row.customer_id for row in customers(database, "LÒJA nº")} == shops
    by_number = {key for key, state in known.items() if (state.document or "").startswith("529982")}
    assert {row.customer_id for row in customers(database, "529.982")} == by_number


def test_a_forgotten_person_has_no_name_left_after_a_rebuild(lastro: Lastro, database: Database) -> None:
    born = Customer.register(UUID(int=9), "C9", "person", "Ana", None, "52998224725", None, START)
    lastro.record(CONTEXT, born)
    (before,) = fed(database, customers_model(lastro.keyring))["customers"]
    assert (before["name"], before["document"]) == ("Ana", "52998224725")
    with database.connection() as connection:
        lastro.keyring.erase(connection, UUID(int=9), "subject", START)
    again = replace(customers_model(lastro.keyring), version=2)
    (after,) = fed(database, again)["customers"]
    with database.connection() as connection:
        show(connection, again)
    personal = ("code", "name", "name_key", "document")
    assert [after[name] for name in personal] == [None] * 4
    assert {**before, **dict.fromkeys(personal), "sort_key": after["sort_key"]} == after
    assert key_of(customers(database)[0])[0] > search_key("Zélia")


def test_notes_on_the_contracts_of_a_forgotten_person_are_gone_after_a_rebuild(
    lastro: Lastro, database: Database, organisation: Organisation
) -> None:
    (before, *_) = [row for row in contracts(database, None) if row.notes]
    with database.connection() as connection:
        lastro.keyring.erase(connection, before.customer_id, "subject", START)
    again = fed(database, replace(customers_model(lastro.keyring), version=2))["contract_notes"]
    theirs = [row for row in again if row["customer_id"] == str(before.customer_id)]
    assert theirs
    assert {(row["notes"], row["notes_key"]) for row in theirs} == {(None, None)}
    assert any(row["notes"] for row in again)


def test_contracts_are_what_their_aggregates_say(database: Database, organisation: Organisation) -> None:
    known = states(organisation, Contract)
    rows = contracts(database, None)
    assert [row.code for row in rows] == sorted(state.code for state in known.values())
    for row in rows:
        state: Contract = known[row.contract_id]
        assert (row.company_id, row.customer_id) == (state.company_id, state.customer_id)
        assert row.ends_on == state.plan.terms.ends_on
        assert row.instalment_count == state.plan.terms.instalment_count
        assert (row.version, row.notes) == (state.version, state.notes)
        assert row.company_trade_name is not None
        assert row.customer_name == states(organisation, Customer)[state.customer_id].name
        assert contract(database, row.contract_id) == row
    assert contract(database, UUID(int=1)) is None


def test_contracts_are_filtered_and_paged(database: Database, organisation: Organisation) -> None:
    rows = contracts(database, None)
    company = rows[0].company_id
    assert contracts(database, [company]) == [row for row in rows if row.company_id == company]
    assert contracts(database, []) == []
    assert contracts(database, None, customer_id=rows[1].customer_id) == [rows[1]]
    assert contracts(database, None, text="CT-2") == [rows[2]]
    noted = [row for row in rows if "reajuste so em marco" in search_key(row.notes or "")]
    assert contracts(database, None, text="REAJUSTE SÓ em março") == noted != []
    paged = contracts(database, None, size=3)
    assert paged + contracts(database, None, size=3, key=(paged[-1].code, paged[-1].contract_id)) == rows


def test_a_schedule_has_each_period_as_it_was_generated(
    database: Database, organisation: Organisation
) -> None:
    generated = defaultdict(list)
    for fact in organisation.events:
        if isinstance(fact, InstallmentGenerated):
            generated[fact.originator_id].append((fact.ordinal, fact.attempt, fact.invoice_id, fact.due_on))
    for key, state in states(organisation, Contract).items():
        periods = schedule(database, key)
        found = [(each.ordinal, each.attempt, each.invoice_id, each.generated_due_on) for each in periods]
        assert found == sorted(generated[key])
        live = [each.ordinal for each in periods if not each.released]
        assert live == list(state.periods.live())


def test_a_schedule_shows_each_invoice_as_it_stands(lastro: Lastro, database: Database) -> None:
    organisation = lived(34, 0)
    key, state = next(iter(states(organisation, Contract).items()))
    invoice = state.invoice_of(1, 1)
    source = next(each for each in states(organisation, Invoice).values())
    born = next(each for each in organisation.events if each.originator_id == source.id)
    record(lastro, [*organisation.events, born.model_copy(update={"originator_id": invoice})])
    feed(lastro, database)
    first, second = schedule(database, key)[:2]
    assert (first.invoice_id, first.amount, first.situacao) == (invoice, source.amount, source.situacao())
    assert (second.amount, second.situacao) == (None, None)


def test_the_periods_of_a_single_nota_show_their_own_instalment(lastro: Lastro, database: Database) -> None:
    organisation = lived(34, 0)
    key, state = next(iter(states(organisation, Contract).items()))
    born = next(each for each in organisation.events if isinstance(each, InvoiceOpened))
    two = tuple(born.instalments[0].model_copy(update={"number": number}) for number in (1, 2))
    changed = {"originator_id": state.invoice_of(1, 1), "originator_version": 1, "instalments": two}
    record(lastro, [*organisation.events, born.model_copy(update=changed)])
    feed(lastro, database)
    first = schedule(database, key)[0]
    assert (first.instalment, first.instalments_total) == (1, 2)
    assert (first.amount, first.due_on) == (two[0].amount, two[0].due_on)
    assert (first.paid_amount, first.open_amount) == (Decimal("0.00"), two[0].amount)


def test_growing_are_the_open_ended_contracts_with_a_short_horizon(
    database: Database, organisation: Organisation
) -> None:
    rows = contracts(database, None)
    until = TODAY + timedelta(400)
    wanted = [
        row.contract_id
        for row in rows
        if row.ends_on is None and row.instalment_count is None and (row.generated_until or TODAY) < until
    ]
    assert list(GrowingContractsQuery(database).short_of(until)) == sorted(wanted)
    assert list(GrowingContractsQuery(database).short_of(TODAY - timedelta(900))) == []


def test_adjustable_are_at_least_the_contracts_whose_clause_is_due(
    database: Database, organisation: Organisation
) -> None:
    known = states(organisation, Contract)
    clauses = {key for key, state in known.items() if state.plan.terms.adjustment is not None}
    assert clauses
    for until in (TODAY, TODAY + timedelta(40), TODAY + timedelta(400)):
        found = list(GrowingContractsQuery(database).adjustable(until))
        due = {key for key in clauses if (on := known[key].next_adjustment_on) and on <= until}
        assert found == sorted(found)
        assert due <= set(found) <= clauses
    assert due
    assert list(GrowingContractsQuery(database).adjustable(TODAY - timedelta(900))) == []


def test_runs_are_what_their_aggregates_say(database: Database, organisation: Organisation) -> None:
    known = states(organisation, BillingRun)
    rows = billing_runs(database, None)
    assert [row.planned_at for row in rows] == sorted((row.planned_at for row in rows), reverse=True)
    for row in rows:
        run: BillingRun = known[row.run_id]
        assert (row.status, row.done, row.plan_hash) == (run.state.value, run.done, run.plan_hash)
        assert (row.billed, row.failed, row.billed_amount) == (run.billed, run.failed, run.amount)
        assert row.chunks == len(run.chunks)
        assert row.planned_by == CONTEXT.actor
        assert billing_run(database, row.run_id) == row
    first = rows[0]
    assert billing_runs(database, None, size=1, key=(first.planned_at, first.run_id)) == rows[1:2]
    assert billing_runs(database, list(first.companies)) == rows
    assert billing_runs(database, list(first.companies)[:1]) == []
    assert billing_run(database, UUID(int=1)) is None


def test_a_history_has_every_fact_and_nothing_personal(
    database: Database, organisation: Organisation
) -> None:
    recorded = defaultdict(list)
    for fact in organisation.events:
        recorded[fact.originator_id].append((fact.originator_version, fact.TOPIC))
    for key, state in states(organisation, Invoice).items():
        rows = history(database, key)
        assert [(row.version, row.topic) for row in rows] == recorded[key]
        assert all(row.company_id == state.company_id for row in rows)
        assert {row.actor for row in rows} == {CONTEXT.actor}
        assert not any({"payer", "lines", "customer_id"} & row.facts.keys() for row in rows)
    assert history(database, UUID(int=1)) == []


def test_search_keys_agree_in_python_and_in_sql(database: Database) -> None:
    texts = ["ÀÁÂÃÄÅ àáâãäå ÇçÑñ ÝýÿŸ", "Água & Cia Nº 1º", "ŁÓDŹ straße İstanbul", "%_\\'", "日本 e 𝄞"]
    with database.connection() as connection:
        for text in texts:
            assert connection.execute("SELECT search_key(%s)", [text]).fetchone() == (search_key(text),)
    assert search_key("Açúcar DA Conceição") == "acucar da conceicao"
