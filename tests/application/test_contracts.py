"""Contracts and their invoices move together, in one transaction, and billing excludes a revision."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from application.access import SYSTEM, PermissionMissingError
from application.app import NotFoundError
from application.contracts import ServicesNeedNfseError
from application.event_store.errors import TextUnstorableError
from application.price_indices import PriceIndexForm
from application.registry import Change, Done, EntryConflictError, EntryRepeatedError, EntryTakenError
from application.signing import ReferenceUnknownError
from domain.account.account import AccountUnfitError
from domain.contract.contract import project
from domain.contract.events import AdjustmentClause, SplitPart
from domain.invoice.situacao import Situacao
from domain.kernel import DomainError
from domain.user.roles import Role
from domain.values.ids import contract_id
from domain.values.payment import Document, PaymentMethod, ValueType
from tests.application.world import CNPJS, World, person
from tests.support.house import ITAU

PIX_KEY = "contas@example.com"


def the_contract(world: World, code: str = "A-1") -> UUID:
    return contract_id(world.company, code)


def test_signing_opens_an_invoice_for_each_period(world: World) -> None:
    invoices = world.sign("A-1")
    assert [world.topics_of(invoice) for invoice in invoices] == [["invoice.opened.v1"]] * 3
    first = world.invoice(invoices[0])
    assert first.situacao() is Situacao.PENDING
    assert first.documents == (Document.BOLETO, Document.NFSE, Document.PDF, Document.EMAIL)
    assert (first.instalments[0].due_on, first.amount) == (date(2026, 3, 10), Decimal("150.00"))


def test_an_invoice_comes_after_the_period_that_caused_it(world: World) -> None:
    world.sign("A-1")
    log = [(event.topic, event.position) for event in world.lastro.read(0, 1_000)]
    generated = [position for topic, position in log if topic == "contract.installment_generated.v1"]
    opened = [position for topic, position in log if topic == "invoice.opened.v1"]
    assert max(generated) < min(opened)


def test_an_imported_contract_meets_itself(world: World) -> None:
    form = world.form("A-1")
    first = world.commands.contracts.sign_or_same(SYSTEM, form)
    assert first.change is Change.REGISTERED
    assert world.commands.contracts.sign_or_same(SYSTEM, form) == Done(first.id, Change.SAME)
    assert len(world.invoices_of(first.id)) == 3


@pytest.mark.parametrize("code", ["a-1", " A-1 ", "A\u20111", "\uff21-1", "A-1\u200b", "A\u00ad-1"])
def test_another_spelling_of_a_code_is_the_same_contract(world: World, code: str) -> None:
    world.sign("A-1")
    assert world.commands.contracts.sign_or_same(SYSTEM, world.form(code)).change is Change.SAME
    with pytest.raises(EntryTakenError):
        world.commands.contracts.sign(SYSTEM, world.form(code))


def test_notes_and_customer_codes_are_kept_sealed_and_die_with_the_customers_key(world: World) -> None:
    done = world.commands.contracts.sign(SYSTEM, world.form("A-1", notes="Maria Lima, tel 11 98765-4321"))
    terms, today = world.terms(), date(2026, 4, 1)
    world.commands.contracts.revise(SYSTEM, done.id, terms, today, "Maria mudou para Santos")
    assert world.lastro.load(project, done.id).notes == "Maria mudou para Santos"
    with world.lastro.database.connection() as db:
        states = db.execute("SELECT string_agg(state::text, ' ') FROM event").fetchone()
        world.lastro.keyring.erase(db, world.customers[0], "subject", world.now)
    assert states is not None
    assert not [word for word in ("Maria", "98765", "Santos", '"C0"') if word in states[0]]
    assert world.lastro.load(project, done.id).notes is None


def test_the_code_is_kept_as_it_was_typed(world: World) -> None:
    world.sign("Ção/0042 b")
    assert world.lastro.load(project, the_contract(world, "ÇÃO/0042  B")).code == "Ção/0042 b"


def test_codes_that_are_generated_do_not_meet(world: World) -> None:
    done = world.commands.contracts.sign(SYSTEM, world.form())
    assert re.fullmatch(r"CT-[0-9A-F]{15}", world.lastro.load(project, done.id).code)


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_a_text_that_cannot_be_stored_fails_its_own_contract_alone(world: World, text: str) -> None:
    described = world.item().model_copy(update={"description": text})
    good, *bad = world.commands.contracts.sign_many(
        SYSTEM,
        [
            world.form("A-1"),
            world.form("A-2", notes=text),
            world.form("A-3", department=text),
            world.form("A-4", items=(described,)),
            world.form(text),
        ],
    )
    assert isinstance(good, Done)
    assert [type(outcome) for outcome in bad] == [TextUnstorableError] * 4
    with pytest.raises(TextUnstorableError):
        world.commands.contracts.end(SYSTEM, good.id, date(2026, 4, 1), text)


def test_a_contract_signed_again_is_the_same_after_it_was_revised(world: World) -> None:
    form = world.form("A-1")
    done = world.commands.contracts.sign_or_same(SYSTEM, form)
    world.commands.contracts.revise(SYSTEM, done.id, world.terms(department="TI"), date(2026, 4, 1))
    assert world.commands.contracts.sign_or_same(SYSTEM, form).change is Change.SAME


def test_a_contract_of_the_same_code_and_other_terms_is_a_conflict(world: World) -> None:
    world.sign("A-1")
    with pytest.raises(EntryConflictError) as conflict:
        world.commands.contracts.sign_or_same(SYSTEM, world.form("A-1", customer=1, due_day=11))
    assert conflict.value.details["fields"] == ["due_day", "customer_id"]
    with pytest.raises(EntryTakenError):
        world.commands.contracts.sign(SYSTEM, world.form("A-1"))


def test_a_bad_contract_never_fails_the_others(world: World) -> None:
    outcomes = world.commands.contracts.sign_many(
        SYSTEM,
        [
            world.form("A-1"),
            world.form("A-2", due_day=None),
            world.form("A-3", account_id=UUID(int=1)),
            world.form("A-1"),
            world.form("A-1", department="TI"),
            world.form(None, customer=1),
        ],
    )
    good, rule, unknown, same, repeated, unnamed = outcomes
    assert isinstance(good, Done)
    assert isinstance(rule, DomainError)
    assert isinstance(unknown, ReferenceUnknownError)
    assert unknown.details["field"] == "account_id"
    assert same == Done(good.id, Change.SAME)
    assert isinstance(repeated, EntryRepeatedError)
    assert isinstance(unnamed, Done)
    assert len(world.invoices_of(unnamed.id)) == 3


def test_what_belongs_to_another_company_is_unknown(world: World) -> None:
    other = world.add_company("BETA", CNPJS[1])
    foreign = world.add_account(other, "ITAU", agreement=ITAU)
    for form in (
        world.form("A-1", account_id=foreign),
        world.form("A-1", items=(world.item(service=UUID(int=3)),)),
        world.form("A-1").model_copy(update={"customer_id": UUID(int=4)}),
        world.form("A-1").model_copy(update={"customer_id": world.service}),
    ):
        with pytest.raises(ReferenceUnknownError):
            world.commands.contracts.sign(SYSTEM, form)


def test_the_account_must_fit_the_payment_method(world: World) -> None:
    with pytest.raises(AccountUnfitError):
        world.sign("A-1", payment_method=PaymentMethod.PIX)
    world.commands.accounts.set_pix_key(SYSTEM, world.account, PIX_KEY)
    invoice = world.invoice(world.sign("A-1", payment_method=PaymentMethod.PIX)[0])
    assert Document.PIX in invoice.documents


def test_late_charges_default_to_the_account_then_the_company_then_none(world: World) -> None:
    def signed(code: str) -> tuple[Decimal, Decimal]:
        form = world.form(code).model_copy(update={"default_late_charges": True})
        done = world.commands.contracts.sign(SYSTEM, form)
        charges = world.invoice(world.invoices_of(done.id)[0]).late_charges
        return charges.fine_percent, charges.interest_percent_month

    assert signed("A-1") == (Decimal(0), Decimal(0))
    world.commands.companies.set_late_charges(SYSTEM, world.company, Decimal("2.0000"), Decimal("1.0000"))
    assert signed("A-2") == (Decimal(2), Decimal(1))
    world.commands.accounts.set_late_charges(SYSTEM, world.account, Decimal("1.5000"), Decimal("0.5000"))
    assert signed("A-3") == (Decimal("1.5"), Decimal("0.5"))


def test_a_single_nota_is_one_invoice_with_all_instalments(world: World) -> None:
    parts = tuple(SplitPart(percent=Decimal(p), amount=None) for p in (30, 30, 40))
    (invoice_id,) = world.sign(
        "A-1",
        value_type=ValueType.SPLIT,
        split=parts,
        nfse="single",
        items=(world.item(price="1000.00"),),
    )
    invoice = world.invoice(invoice_id)
    assert [each.amount for each in invoice.instalments] == [300, 300, 400]
    assert sum(line.amount for line in invoice.lines) == 1000


def test_a_preview_shows_the_periods_and_records_nothing(world: World) -> None:
    before = world.lastro.safe_position()
    periods = world.commands.contracts.preview(SYSTEM, world.form())
    assert [period.due_on for period in periods] == [date(2026, 3, 10), date(2026, 4, 10), date(2026, 5, 10)]
    assert world.lastro.safe_position() == before


def test_a_revision_reaches_exactly_what_its_preview_showed(world: World) -> None:
    invoices = world.sign("A-1")
    world.commands.invoices.bill_now(SYSTEM, [invoices[1]])
    terms = world.terms(items=(world.item(price="200.00"),), due_day=20)
    contracts, contract = world.commands.contracts, the_contract(world)
    changes = contracts.preview_revision(SYSTEM, contract, terms, date(2026, 4, 1))
    assert [change.invoice_id for change in changes] == [invoices[2]]
    before = [world.invoice(invoice) for invoice in invoices]
    contracts.revise(SYSTEM, contract, terms, date(2026, 4, 1))
    after = [world.invoice(invoice) for invoice in invoices]
    assert after[:2] == before[:2]
    assert (after[2].amount, after[2].instalments[0].due_on) == (Decimal("200.00"), date(2026, 5, 20))
    assert (changes[0].amount, changes[0].due_on) == (after[2].amount, after[2].instalments[0].due_on)


def test_a_revision_of_the_method_moves_the_documents(world: World) -> None:
    world.commands.accounts.set_pix_key(SYSTEM, world.account, PIX_KEY)
    invoices = world.sign("A-1")
    terms = world.terms(payment_method=PaymentMethod.PIX)
    world.commands.contracts.revise(SYSTEM, the_contract(world), terms, date(2026, 4, 1))
    assert Document.BOLETO in world.invoice(invoices[0]).documents
    assert Document.PIX in world.invoice(invoices[1]).documents
    assert world.topics_of(invoices[2])[-1] == "invoice.payment_revised.v1"


def test_a_revision_to_an_unfit_account_is_refused(world: World) -> None:
    world.sign("A-1")
    bare = world.add_account(world.company, "CAIXA")
    with pytest.raises(AccountUnfitError):
        world.commands.contracts.revise(
            SYSTEM, the_contract(world), world.terms(account_id=bare), date(2026, 4, 1)
        )


def test_ending_cancels_the_unbilled_invoices_past_the_end(world: World) -> None:
    invoices = world.sign("A-1")
    world.commands.invoices.bill_now(SYSTEM, [invoices[2]])
    ended = world.commands.contracts.end(SYSTEM, the_contract(world), date(2026, 3, 31), "asked to leave")
    assert [world.invoice(each).situacao() for each in invoices] == [
        Situacao.PENDING,
        Situacao.CANCELLED,
        Situacao.BILLED,
    ]
    assert ended.past_end == (3,)


def test_extending_opens_the_further_invoices(world: World) -> None:
    world.sign("A-1")
    world.commands.contracts.extend(SYSTEM, the_contract(world), None, 5)
    assert len(world.invoices_of(the_contract(world))) == 5


def test_an_open_ended_contract_keeps_twelve_months_ahead(world: World) -> None:
    world.sign("A-1", instalment_count=None)
    world.sign("A-2", instalment_count=3)
    assert len(world.invoices_of(the_contract(world))) == 12
    assert world.commands.growth.top_up(SYSTEM) == 0
    world.now = datetime(2026, 5, 2, 12, tzinfo=UTC)
    assert world.commands.growth.top_up(SYSTEM) == 2
    assert world.commands.growth.top_up(SYSTEM) == 0
    assert len(world.invoices_of(the_contract(world))) == 14


def clause(**changes: object) -> AdjustmentClause:
    base: dict[str, object] = {
        "index": "IPCA",
        "every_months": 12,
        "when_unpublished": "hold",
        "when_negative": "floor",
        "rounded_percent": False,
        "outside_law": False,
    }
    return AdjustmentClause(**{**base, **changes})  # type: ignore[arg-type]


def test_an_adjustment_reprices_what_is_not_billed_yet(world: World) -> None:
    index = world.commands.price_indices.register(SYSTEM, PriceIndexForm(code="IPCA", name="IPCA")).id
    world.sign("A-1", instalment_count=None, adjustment=clause())
    world.now = datetime(2027, 3, 2, 12, tzinfo=UTC)
    for month in range(12):
        year, number = divmod(2 + month, 12)
        point = f"{2026 + year}-{number + 1:02d}"
        world.commands.price_indices.publish(SYSTEM, index, point, Decimal("1.00"), "IBGE")
    world.commands.growth.top_up(SYSTEM)
    world.commands.contracts.adjust(SYSTEM, the_contract(world))
    amounts = [world.invoice(each).amount for each in world.invoices_of(the_contract(world))]
    assert amounts[:12] == [Decimal("150.00")] * 12
    assert set(amounts[12:]) == {Decimal("169.02")}


def test_a_clause_needs_its_index(world: World) -> None:
    world.sign("A-1", instalment_count=None, adjustment=clause(index="IGPM"))
    with pytest.raises(ReferenceUnknownError):
        world.commands.contracts.adjust(SYSTEM, the_contract(world))


def test_contracts_ask_for_permission_and_hide_from_other_companies(world: World) -> None:
    world.sign("A-1")
    other = world.add_company("BETA", CNPJS[1])
    contracts, contract, day = world.commands.contracts, the_contract(world), date(2026, 4, 1)
    viewer, stranger = person(Role.VIEWER, world.company), person(Role.FINANCE, other)
    terms = world.terms(department="TI")
    for who, refusal in ((viewer, PermissionMissingError), (stranger, NotFoundError)):
        for command in (
            lambda who=who: contracts.sign(who, world.form("A-2")),
            lambda who=who: contracts.revise(who, contract, terms, day),
            lambda who=who: contracts.preview_revision(who, contract, terms, day),
            lambda who=who: contracts.end(who, contract, day, "x"),
            lambda who=who: contracts.extend(who, contract, None, 5),
            lambda who=who: contracts.adjust(who, contract),
            lambda who=who: contracts.preview(who, world.form("A-2")),
        ):
            with pytest.raises(refusal):
                command()
    assert contracts.load(viewer, contract).code == "A-1"
    with pytest.raises(NotFoundError):
        contracts.load(stranger, contract)


def test_a_contract_of_goods_alone_can_do_without_notas_of_services(world: World) -> None:
    printed = world.item(service=world.add_product("APO"))
    first, *rest = world.sign("A-1", items=(printed,))
    (outcome,) = world.commands.invoices.bill_now(SYSTEM, [first])
    assert (outcome.outcome, outcome.reason, outcome.detail) == (
        "failed",
        "goods_take_nfe",
        "APO Produto APO",
    )
    contracts = world.commands.contracts
    assert contracts.forgo_nfse(SYSTEM, the_contract(world)).change is Change.CORRECTED
    assert contracts.forgo_nfse(SYSTEM, the_contract(world)).change is Change.SAME
    assert world.invoice(first).situacao() is Situacao.ERROR
    world.commands.invoices.waive(SYSTEM, first, (Document.NFSE,))
    assert world.invoice(first).situacao() is Situacao.BILLED
    outcomes = world.commands.invoices.bill_now(SYSTEM, rest)
    assert [each.outcome for each in outcomes] == ["billed", "billed"]


def test_a_contract_that_sells_a_service_keeps_its_notas(world: World) -> None:
    both = (world.item(), world.item(service=world.add_product("APO")))
    (invoice, *_) = world.sign("A-1", items=both)
    with pytest.raises(ServicesNeedNfseError):
        world.commands.contracts.forgo_nfse(SYSTEM, the_contract(world))
    assert world.commands.invoices.bill_now(SYSTEM, [invoice])[0].outcome == "billed"
