"""A nosso número is given once within the bank's own series, whoever numbers in it."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from application.access import SYSTEM, PermissionMissingError
from application.accounts import AccountForm
from application.app import NotFoundError
from application.event_store.mapper import FactMapper, StoredFact
from application.registry import Change
from application.signing import ContractForm
from domain.account.account import AccountUnfitError
from domain.account.account import project as project_account
from domain.account.events import BoletoAgreement
from domain.boleto.numbering import BoletoNumbering
from domain.invoice.events import BoletoIssued
from domain.numbering.events import NumbersReserved
from domain.numbering.numbering import NextNumberInvalidError, project
from domain.user.roles import Role
from tests.application.world import CNPJS, World, person
from tests.support.house import ITAU

BB = BoletoAgreement(
    bank_code="001",
    branch="1234",
    account_number="12345678",
    account_digit=None,
    portfolio="17",
    agreement="1234567",
    variation="019",
)
HIGHEST = 99_999_999


def signed(world: World, account: UUID, company: UUID | None = None) -> UUID:
    """The one invoice of a new contract on this account."""
    terms = world.terms(account_id=account, instalment_count=1)
    if company is not None:
        terms = terms.model_copy(update={"items": (), "gross_amount": Decimal("10.00")})
    form = ContractForm(
        company_id=company or world.company, customer_id=world.customers[0], terms=terms, code=None
    )
    (invoice,) = world.invoices_of(world.commands.contracts.sign(SYSTEM, form).id)
    return invoice


def bill(world: World, *invoices: UUID) -> list[int]:
    """The numbers of these invoices' boletos, billed now."""
    outcomes = world.commands.invoices.bill_now(SYSTEM, invoices)
    assert {each.outcome for each in outcomes} <= {"billed", "failed"}
    issued = {fact.originator_id: fact for fact in boletos(world)}
    return [int(issued[invoice].nosso_numero[-8:]) for invoice in invoices]


def boletos(world: World) -> list[BoletoIssued]:
    return [fact for fact in world.facts(topics=[BoletoIssued.TOPIC]) if isinstance(fact, BoletoIssued)]


def ranges(world: World) -> list[tuple[UUID, int, int]]:
    facts = world.facts(topics=[NumbersReserved.TOPIC])
    return [(f.owner_id, f.first, f.last) for f in facts if isinstance(f, NumbersReserved)]


def given_twice(world: World) -> list[tuple[str, str]]:
    counts = Counter((fact.bank_code, fact.nosso_numero) for fact in boletos(world))
    return [number for number, times in counts.items() if times > 1]


def agree(world: World, account: UUID, agreement: BoletoAgreement) -> None:
    world.commands.accounts.set_boleto_agreement(SYSTEM, account, agreement)


def test_accounts_of_one_convenio_share_its_numbers_across_companies(world: World) -> None:
    other = world.add_company("BETA", CNPJS[1])
    one = world.add_account(world.company, "BB1", BB)
    two = world.add_account(world.company, "BB2", BB.model_copy(update={"account_number": "87654321"}))
    three = world.add_account(other, "BB3", BB.model_copy(update={"branch": "4321"}))
    assert bill(world, signed(world, one)) == [1]
    assert bill(world, signed(world, two)) == [2]
    assert bill(world, signed(world, three, other)) == [3]
    assert given_twice(world) == []


def test_another_spelling_or_carteira_goes_on_in_the_same_series(world: World) -> None:
    account = world.add_account(world.company, "BB1", BB)
    assert bill(world, signed(world, account)) == [1]
    for number, portfolio in enumerate(("017", "11", "17"), start=2):
        agree(world, account, BB.model_copy(update={"portfolio": portfolio}))
        assert bill(world, signed(world, account)) == [number]
    assert given_twice(world) == []


def test_a_field_that_the_layout_does_not_read_makes_no_other_series(world: World) -> None:
    spare = world.add_account(world.company, "ITAU2", ITAU)
    assert bill(world, signed(world, world.account)) == [1]
    agree(world, world.account, ITAU.model_copy(update={"agreement": "00001"}))
    assert bill(world, signed(world, world.account), signed(world, spare)) == [2, 3]


def test_another_convenio_starts_its_own_series(world: World) -> None:
    account = world.add_account(world.company, "BB1", BB)
    assert bill(world, signed(world, account)) == [1]
    agree(world, account, BB.model_copy(update={"agreement": "7654321"}))
    assert bill(world, signed(world, account)) == [1]
    agree(world, account, BB)
    assert bill(world, signed(world, account)) == [2]


def test_accounts_of_one_series_have_consecutive_ranges_in_one_command(world: World) -> None:
    spare = world.add_account(world.company, "ITAU2", ITAU)
    invoices = [signed(world, account) for account in (world.account, spare, world.account)]
    assert sorted(bill(world, *invoices)) == [1, 2, 3]
    first, second = ranges(world)
    assert first[2] + 1 == second[1]
    assert {first[0], second[0]} == {world.account, spare}


def test_accounts_of_one_series_have_consecutive_ranges_in_one_run(world: World) -> None:
    spare = world.add_account(world.company, "ITAU2", ITAU)
    for account in (world.account, spare, world.account):
        signed(world, account)
    batch = world.commands.batch
    planned = batch.plan(SYSTEM, due_from=date(2026, 3, 1), due_until=date(2026, 3, 31))
    assert batch.confirm(SYSTEM, planned.plan_hash).run.billed == 3
    assert sorted(int(fact.nosso_numero) for fact in boletos(world)) == [1, 2, 3]
    assert len(ranges(world)) == 2


def test_reservations_belong_to_no_company(world: World) -> None:
    bill(world, signed(world, world.account))
    (fact,) = world.facts(topics=[NumbersReserved.TOPIC])
    assert fact.company_id is None


def test_a_company_that_migrates_goes_on_from_its_former_numbers(world: World) -> None:
    accounts = world.commands.accounts
    assert accounts.next_number(SYSTEM, world.account) == 1
    assert accounts.number_from(SYSTEM, world.account, 5001).change is Change.CORRECTED
    assert accounts.number_from(SYSTEM, world.account, 5001).change is Change.SAME
    assert bill(world, signed(world, world.account)) == [5001]
    assert accounts.next_number(SYSTEM, world.account) == 5002


@pytest.mark.parametrize("number", [5001, 1, 0, HIGHEST + 1])
def test_a_number_that_was_handed_out_or_does_not_fit_is_refused(world: World, number: int) -> None:
    world.commands.accounts.number_from(SYSTEM, world.account, 5001)
    bill(world, signed(world, world.account))
    with pytest.raises(NextNumberInvalidError) as refused:
        world.commands.accounts.number_from(SYSTEM, world.account, number)
    assert (refused.value.details["lowest"], refused.value.details["highest"]) == (5002, HIGHEST)


def test_an_account_is_registered_with_its_next_number_and_never_set_back(world: World) -> None:
    form = AccountForm(
        company_id=world.company, code="BB1", name="BB", kind="bank", agreement=BB, next_number=700
    )
    accounts = world.commands.accounts
    done = accounts.register_or_same(SYSTEM, form)
    assert bill(world, signed(world, done.id)) == [700]
    assert accounts.register_or_same(SYSTEM, form).change is Change.SAME
    later = form.model_copy(update={"next_number": 900})
    assert accounts.register_or_same(SYSTEM, later).change is Change.CORRECTED
    assert accounts.next_number(SYSTEM, done.id) == 900


def test_only_who_keeps_the_registries_sets_the_next_number(world: World) -> None:
    other = world.add_company("BETA", CNPJS[1])
    accounts = world.commands.accounts
    with pytest.raises(PermissionMissingError):
        accounts.number_from(person(Role.VIEWER, world.company), world.account, 10)
    with pytest.raises(NotFoundError):
        accounts.number_from(person(Role.FINANCE, other), world.account, 10)
    with pytest.raises(AccountUnfitError):
        accounts.number_from(SYSTEM, world.add_account(world.company, "SEM"), 10)


def change_account_after(world: World, monkeypatch: pytest.MonkeyPatch, where: str, name: str) -> None:
    """Another carteira and another account number, agreed on just after this function has looked."""
    module = importlib.import_module(where)
    look = getattr(module, name)
    other = ITAU.model_copy(update={"account_number": "54321", "account_digit": None, "portfolio": "110"})

    def looked(*arguments: Any) -> Any:
        seen = look(*arguments)
        agree(world, world.account, other)
        return seen

    monkeypatch.setattr(module, name, looked)


def test_a_boleto_is_of_one_agreement_although_it_changes_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = signed(world, world.account)
    seen = world.lastro.load(project_account, world.account).version
    change_account_after(world, monkeypatch, "application.billing.desk", "load")
    bill(world, invoice)
    (boleto,) = boletos(world)
    numbering = BoletoNumbering.for_agreement(ITAU)
    (fact,) = world.facts(topics=[NumbersReserved.TOPIC])
    assert isinstance(fact, NumbersReserved)
    assert (fact.series, boleto.portfolio, boleto.account_version) == (numbering.series, "109", seen)
    assert boleto.barcode == numbering.numbers(fact.first, boleto.due_on, boleto.amount).barcode


def test_a_run_refuses_items_whose_agreement_changes_as_it_looks(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed(world, world.account)
    batch = world.commands.batch
    planned = batch.plan(SYSTEM, due_from=date(2026, 3, 1), due_until=date(2026, 3, 31))
    change_account_after(world, monkeypatch, "application.billing.plans", "versions")
    done = batch.confirm(SYSTEM, planned.plan_hash)
    assert (done.run.billed, done.run.refused, boletos(world)) == (0, 1, [])
    (report,) = batch.reports(SYSTEM, planned.plan_hash)
    assert report.stream_id == world.account


def test_a_long_series_is_not_read_from_its_beginning(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        bill(world, signed(world, world.account))
    (stream,) = {fact.originator_id for fact in world.facts(topics=[NumbersReserved.TOPIC])}
    invoice, read = signed(world, world.account), list[UUID]()
    opened = FactMapper.to_domain_events

    def noted(mapper: FactMapper, facts: Sequence[StoredFact]) -> list[Any]:
        read.extend(fact.originator_id for fact in facts)
        return opened(mapper, facts)

    monkeypatch.setattr(FactMapper, "to_domain_events", noted)
    world.commands.invoices.bill_now(SYSTEM, [invoice])
    assert read.count(stream) == 1
    assert world.lastro.load_last(project, [stream, UUID(int=1)]) == {
        stream: world.lastro.load(project, stream)
    }
