"""Commands on one invoice, and *Faturar agora* with an outcome for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from application.access import SYSTEM, PermissionMissingError, Principal
from application.app import NotFoundError
from application.billing import desk
from application.ids import new_id
from application.invoices import LinesNotFromContractError, PaymentElsewhereError
from application.lookups import Lookup, Lookups
from application.registry import Change
from application.unit_of_work import context_of
from domain.account.account import AccountUnfitError
from domain.contract.events import SplitPart
from domain.invoice.errors import InvoiceBilledError, InvoicePaidError
from domain.invoice.events import BoletoIssued, InvoiceEvent
from domain.invoice.invoice import Invoice
from domain.invoice.situacao import Situacao
from domain.numbering.numbering import project as project_numbering
from domain.user.roles import Role
from domain.values.payment import Document, DocumentState, PaymentMethod, ValueType
from tests.application.world import CNPJS, World, person
from tests.support.house import ITAU


def boletos(world: World) -> list[BoletoIssued]:
    facts = world.facts(topics=[BoletoIssued.TOPIC])
    return [fact for fact in facts if isinstance(fact, BoletoIssued)]


def test_billing_now_makes_a_real_boleto_with_its_payer(world: World) -> None:
    invoice = world.sign("A-1")[0]
    (outcome,) = world.commands.invoices.bill_now(SYSTEM, [invoice])
    assert (outcome.outcome, outcome.reason) == ("billed", "")
    assert outcome.position == world.lastro.safe_position()
    (boleto,) = boletos(world)
    assert (boleto.bank_code, boleto.portfolio, boleto.nosso_numero) == ("341", "109", "00000001")
    assert boleto.payer is not None
    assert (boleto.payer.name, boleto.payer.document) == ("Cliente C0", "52998224725")
    assert boleto.payer.address == "Rua Augusta, 100, Consolação, São Paulo/SP, 01304000"


def test_an_unsound_item_never_fails_the_others_of_the_click(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsound, sound = world.sign("A-1")[:2]
    decide = desk.decide

    def breaking(loaded: desk.Loaded, invoice: Invoice, *rest: Any) -> list[InvoiceEvent]:
        if invoice.id == unsound:
            raise RuntimeError("planted")
        return decide(loaded, invoice, *rest)

    monkeypatch.setattr(desk, "decide", breaking)
    outcomes = world.commands.invoices.bill_now(SYSTEM, [unsound, sound])
    assert [(each.outcome, each.reason) for each in outcomes] == [("refused", "unexpected"), ("billed", "")]
    assert len(boletos(world)) == 1


def test_the_numbers_and_the_billing_are_one_command(world: World) -> None:
    invoice = world.sign("A-1")[0]
    world.commands.invoices.bill_now(SYSTEM, [invoice])
    log = world.lastro.read(0, 1_000, ["numbering.reserved.v1", BoletoIssued.TOPIC])
    assert [event.topic for event in log] == ["numbering.reserved.v1", BoletoIssued.TOPIC]
    assert len({event.correlation_id for event in log}) == 1


def test_documents_without_a_gateway_wait(world: World) -> None:
    invoice = world.sign("A-1")[0]
    world.commands.invoices.bill_now(SYSTEM, [invoice])
    state = world.invoice(invoice)
    assert state.situacao() is Situacao.BILLED
    assert state.document_states()[Document.NFSE] is DocumentState.WAITING
    assert state.document_states()[Document.EMAIL] is DocumentState.WAITING


def test_a_missing_fiscal_code_fails_the_nota_alone_until_it_is_corrected(world: World) -> None:
    (invoice, *_) = world.sign("A-1", items=(world.item(service=world.uncoded),))
    (failed,) = world.commands.invoices.bill_now(SYSTEM, [invoice])
    assert (failed.outcome, failed.reason) == ("failed", "service_without_fiscal_code")
    assert "Serviço CON" in failed.detail
    assert world.invoice(invoice).situacao() is Situacao.ERROR
    world.commands.services.assign_fiscal_code(SYSTEM, world.uncoded, "01.05")
    (billed,) = world.commands.invoices.bill_now(SYSTEM, [invoice])
    assert billed.outcome == "billed"
    assert len(boletos(world)) == 1
    assert world.invoice(invoice).situacao() is Situacao.BILLED


def test_each_invoice_of_many_has_its_outcome_in_order(world: World) -> None:
    first, second, _ = world.sign("A-1")
    (variable, *_) = world.sign("A-2", customer=1, variable=True)
    world.commands.invoices.bill_now(SYSTEM, [first])
    unknown = UUID(int=5)
    outcomes = world.commands.invoices.bill_now(SYSTEM, [unknown, second, variable, first, second])
    assert [(each.outcome, each.reason) for each in outcomes] == [
        ("refused", "not_found"),
        ("billed", ""),
        ("refused", "value_pending"),
        ("refused", "invoice_billed"),
        ("billed", ""),
    ]
    assert len(boletos(world)) == 2


def test_a_customer_without_document_fails_the_boleto_with_the_reason(world: World) -> None:
    world.customers[0] = world.add_customer("SEM", None)
    (outcome,) = world.commands.invoices.bill_now(SYSTEM, world.sign("A-1")[:1])
    assert (outcome.outcome, outcome.reason) == ("failed", "payer_without_document")


def test_numbers_that_run_out_fail_the_boleto_with_the_reason(world: World) -> None:
    invoices = world.sign("A-1")
    world.commands.invoices.bill_now(SYSTEM, invoices[:1])
    with world.lastro.database.connection() as db:
        row = db.execute("SELECT stream_id FROM event WHERE topic = 'numbering.reserved.v1'").fetchone()
    assert row is not None
    exhaust(world, row[0])
    (outcome,) = world.commands.invoices.bill_now(SYSTEM, invoices[1:2])
    assert (outcome.outcome, outcome.reason) == ("failed", "boleto_numbers_exhausted")


def exhaust(world: World, stream: UUID) -> None:
    numbering = world.lastro.load(project_numbering, stream)
    left = 99_999_999 - numbering.next_number + 1
    fact = numbering.reserve(world.account, left, world.now, maximum=99_999_999)
    world.lastro.record(context_of(SYSTEM), fact)


def test_only_who_may_bill_in_the_company_bills(world: World) -> None:
    invoice = world.sign("A-1")[0]
    other = world.add_company("BETA", CNPJS[1])
    for who, code in (
        (person(Role.VIEWER, world.company), "permission_missing"),
        (person(Role.FINANCE, other), "not_found"),
    ):
        (outcome,) = world.commands.invoices.bill_now(who, [invoice])
        assert (outcome.outcome, outcome.reason) == ("refused", code)
    assert world.topics_of(invoice) == ["invoice.opened.v1"]


def test_what_is_out_of_sight_is_refused_in_the_words_of_what_does_not_exist(world: World) -> None:
    theirs, absent = world.sign("A-1")[0], new_id()
    stranger = person(Role.FINANCE, world.add_company("BETA", CNPJS[1]))
    hidden, unknown = world.commands.invoices.bill_now(stranger, [theirs, absent])
    assert replace(hidden, invoice_id=absent) == unknown


def test_a_definitive_value_is_shared_among_the_lines(world: World) -> None:
    items = (world.item(price="100.00"), world.item(service=world.uncoded, price="50.00"))
    (invoice, *_) = world.sign("A-1", variable=True, items=items)
    assert world.invoice(invoice).situacao() is Situacao.VALUE_PENDING
    world.commands.invoices.set_definitive_value(SYSTEM, invoice, Decimal("100.00"))
    state = world.invoice(invoice)
    assert [line.amount for line in state.lines] == [Decimal("66.67"), Decimal("33.33")]
    assert (state.amount, state.situacao()) == (Decimal("100.00"), Situacao.PENDING)


def test_a_definitive_value_of_a_single_nota_is_shared_among_its_instalments(world: World) -> None:
    parts = tuple(SplitPart(percent=Decimal(p), amount=None) for p in (30, 30, 40))
    items = (world.item(price="1000.00"),)
    (invoice,) = world.sign("A-1", value_type=ValueType.SPLIT, split=parts, nfse="single", items=items)
    world.commands.invoices.set_definitive_value(SYSTEM, invoice, Decimal("77.01"))
    state = world.invoice(invoice)
    assert [str(each.amount) for each in state.instalments] == ["23.10", "23.10", "30.81"]
    assert sum(line.amount for line in state.lines) == Decimal("77.01")


def test_lines_that_no_contract_agreed_on_are_valued_one_by_one(world: World) -> None:
    state = world.invoice(world.sign("A-1")[0])
    lines = tuple(line.model_copy(update={"source": None}) for line in state.lines)
    world.commands.invoices.set_definitive_lines(SYSTEM, state.id, lines)
    with pytest.raises(LinesNotFromContractError):
        world.commands.invoices.set_definitive_value(SYSTEM, state.id, Decimal("1.00"))


def test_rescheduling_moves_one_invoice_only(world: World) -> None:
    first, second, _ = world.sign("A-1")
    world.commands.invoices.reschedule(SYSTEM, first, 1, date(2026, 3, 14))
    moved = world.invoice(first).instalments[0]
    assert (moved.due_on, moved.payable_until) == (date(2026, 3, 14), date(2026, 3, 16))
    assert world.invoice(second).instalments[0].due_on == date(2026, 4, 10)
    again = world.commands.invoices.reschedule(SYSTEM, first, 1, date(2026, 3, 14))
    assert (again.change, again.position) == (Change.SAME, None)


def test_the_payment_of_one_invoice_moves_to_pix(world: World) -> None:
    invoice = world.sign("A-1")[0]
    with pytest.raises(AccountUnfitError):
        world.commands.invoices.revise_payment(SYSTEM, invoice, PaymentMethod.PIX, world.account)
    world.commands.accounts.set_pix_key(SYSTEM, world.account, "contas@example.com")
    world.commands.invoices.revise_payment(SYSTEM, invoice, PaymentMethod.PIX, world.account)
    assert world.invoice(invoice).documents[0] is Document.PIX


def test_the_account_of_another_company_is_unknown(world: World) -> None:
    invoice = world.sign("A-1")[0]
    other = world.add_account(world.add_company("BETA", CNPJS[1]), "ITAU", agreement=ITAU)
    with pytest.raises(NotFoundError):
        world.commands.invoices.revise_payment(SYSTEM, invoice, PaymentMethod.BOLETO, other)
    with pytest.raises(NotFoundError):
        pay(world, invoice, account_id=other)


def pay(world: World, invoice: UUID, payment: int = 1, **changes: Any) -> Any:
    return world.commands.invoices.pay(
        SYSTEM,
        invoice,
        1,
        **{
            "payment_id": UUID(int=payment),
            "paid_on": date(2026, 3, 2),
            "amount": Decimal("150.00"),
            **changes,
        },
    )


def test_the_same_receipt_twice_is_one(world: World) -> None:
    invoice = world.sign("A-1")[0]
    assert pay(world, invoice).change is Change.CORRECTED
    assert pay(world, invoice).change is Change.SAME
    assert world.invoice(invoice).balance == 0
    owed = world.commands.invoices.owed_on(SYSTEM, invoice, 1, date(2026, 3, 30))
    assert owed.total == 0


def test_a_reversed_receipt_is_owed_again(world: World) -> None:
    invoice = world.sign("A-1")[0]
    pay(world, invoice)
    world.commands.invoices.reverse_payment(SYSTEM, invoice, UUID(int=1), "wrong invoice")
    assert world.invoice(invoice).balance == Decimal("150.00")


def test_a_receipt_is_on_one_invoice_at_a_time(world: World) -> None:
    first, second, _ = world.sign("A-1")
    pay(world, first)
    with pytest.raises(PaymentElsewhereError) as refused:
        pay(world, second)
    assert refused.value.details == {"payment_id": UUID(int=1), "invoice_id": first}
    world.commands.invoices.reverse_payment(SYSTEM, first, UUID(int=1), "wrong invoice")
    assert pay(world, second).change is Change.CORRECTED
    assert [world.invoice(each).balance for each in (first, second)] == [Decimal("150.00"), 0]


def test_a_receipt_told_of_two_invoices_at_once_is_on_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, _ = world.sign("A-1")
    find = Lookups.find

    def overtaken(lookups: Lookups, kind: Lookup, text: str) -> UUID | None:
        seen = find(lookups, kind, text)
        monkeypatch.setattr(Lookups, "find", find)
        pay(world, first)
        return seen

    monkeypatch.setattr(Lookups, "find", overtaken)
    with pytest.raises(PaymentElsewhereError):
        pay(world, second)
    assert [world.invoice(each).balance for each in (first, second)] == [0, Decimal("150.00")]


def test_whose_invoice_has_the_receipt_is_told_only_who_sees_it(world: World) -> None:
    other = world.add_company("BETA", CNPJS[1])
    pay(world, world.sign("A-1")[0])
    account = world.add_account(other, "ITAU", agreement=ITAU)
    terms = world.terms(account_id=account, items=(), gross_amount=Decimal("10.00"))
    form = world.form("B-1").model_copy(update={"company_id": other, "terms": terms})
    theirs = world.invoices_of(world.commands.contracts.sign(SYSTEM, form).id)[0]
    with pytest.raises(PaymentElsewhereError) as refused:
        world.commands.invoices.pay(
            person(Role.FINANCE, other),
            theirs,
            1,
            payment_id=UUID(int=1),
            paid_on=date(2026, 3, 2),
            amount=Decimal("10.00"),
        )
    assert refused.value.details["invoice_id"] is None


def test_a_waived_nota_lets_the_billing_end(world: World) -> None:
    (invoice, *_) = world.sign("A-1", items=(world.item(service=world.uncoded),))
    world.commands.invoices.bill_now(SYSTEM, [invoice])
    world.commands.invoices.waive(SYSTEM, invoice, (Document.NFSE,))
    assert world.invoice(invoice).situacao() is Situacao.BILLED


def test_a_cancelled_boleto_is_made_again_with_a_new_number(world: World) -> None:
    invoice = world.sign("A-1")[0]
    world.commands.invoices.bill_now(SYSTEM, [invoice])
    world.commands.invoices.cancel_boleto(SYSTEM, invoice, 1, "wrong address")
    world.commands.invoices.bill_now(SYSTEM, [invoice])
    assert [boleto.nosso_numero for boleto in boletos(world)] == ["00000001", "00000002"]


def test_a_cancelled_invoice_keeps_its_period_unless_it_frees_it(world: World) -> None:
    first, second, _ = world.sign("A-1")
    contract = world.invoice(first).contract_id
    assert contract is not None
    world.commands.invoices.cancel(SYSTEM, first, "duplicate", frees_period=False)
    assert len(world.invoices_of(contract)) == 3
    world.commands.invoices.cancel(SYSTEM, second, "wrong price", frees_period=True)
    invoices = world.invoices_of(contract)
    assert len(invoices) == 4
    live = [each for each in invoices if world.invoice(each).situacao() is Situacao.PENDING]
    assert [world.invoice(each).instalments[0].due_on for each in live] == [
        date(2026, 4, 10),
        date(2026, 5, 10),
    ]
    (line,) = world.invoice(live[0]).lines
    assert line.source is not None
    assert getattr(line.source, "attempt", None) == 2


def test_a_freed_single_nota_is_opened_again_whole(world: World) -> None:
    parts = tuple(SplitPart(percent=Decimal(p), amount=None) for p in (30, 30, 40))
    (invoice,) = world.sign("A-1", value_type=ValueType.SPLIT, split=parts, nfse="single")
    contract = world.invoice(invoice).contract_id
    assert contract is not None
    world.commands.invoices.cancel(SYSTEM, invoice, "wrong price", frees_period=True)
    first, second = world.invoices_of(contract)
    assert world.invoice(first).cancelled != world.invoice(second).cancelled
    assert [len(world.invoice(each).instalments) for each in (first, second)] == [3, 3]


def test_a_paid_invoice_is_not_cancelled_nor_a_billed_one_repriced(world: World) -> None:
    paid, billed, _ = world.sign("A-1")
    pay(world, paid)
    world.commands.invoices.bill_now(SYSTEM, [billed])
    with pytest.raises(InvoicePaidError):
        world.commands.invoices.cancel(SYSTEM, paid, "x", frees_period=True)
    with pytest.raises(InvoiceBilledError):
        world.commands.invoices.set_definitive_value(SYSTEM, billed, Decimal("1.00"))


COMMANDS: list[Callable[[World, Principal, UUID], object]] = [
    lambda w, who, i: w.commands.invoices.set_definitive_value(who, i, Decimal("1.00")),
    lambda w, who, i: w.commands.invoices.set_definitive_lines(who, i, w.invoice(i).lines),
    lambda w, who, i: w.commands.invoices.reschedule(who, i, 1, date(2026, 3, 20)),
    lambda w, who, i: w.commands.invoices.revise_payment(who, i, PaymentMethod.CASH, w.account),
    lambda w, who, i: w.commands.invoices.waive(who, i, (Document.PDF,)),
    lambda w, who, i: w.commands.invoices.cancel_boleto(who, i, 1, "x"),
    lambda w, who, i: w.commands.invoices.pay(
        who, i, 1, payment_id=UUID(int=1), paid_on=date(2026, 3, 1), amount=Decimal("1.00")
    ),
    lambda w, who, i: w.commands.invoices.reverse_payment(who, i, UUID(int=1), "x"),
    lambda w, who, i: w.commands.invoices.cancel(who, i, "x", frees_period=False),
]


def test_every_command_asks_for_permission_and_hides_from_other_companies(world: World) -> None:
    invoice = world.sign("A-1")[0]
    other = world.add_company("BETA", CNPJS[1])
    for command in COMMANDS:
        with pytest.raises(PermissionMissingError):
            command(world, person(Role.VIEWER, world.company), invoice)
        with pytest.raises(NotFoundError):
            command(world, person(Role.FINANCE, other), invoice)
    assert world.topics_of(invoice) == ["invoice.opened.v1"]
    assert world.commands.invoices.load(person(Role.VIEWER, world.company), invoice).id == invoice
