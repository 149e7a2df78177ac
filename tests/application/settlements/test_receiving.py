"""Receipts pay what they name: in full, in part, too much, what nothing is owed for; the others wait."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from application.access import SYSTEM
from domain.invoice.events import InstallmentPaid
from domain.settlement.errors import SettlementInFutureError, SettlementInvalidError
from domain.settlement.events import SettlementApplied, SettlementUnidentified
from tests.application.settlements.organisation import Organisation, received
from tests.application.world import CNPJS
from tests.support.house import ITAU


def unidentified(org: Organisation) -> list[SettlementUnidentified]:
    facts = org.world.facts(topics=[SettlementUnidentified.TOPIC])
    return [fact for fact in facts if isinstance(fact, SettlementUnidentified)]


def why(org: Organisation, **named: Any) -> str:
    reference = f"E-{len(unidentified(org))}-{org.fresh()}"
    assert org.results(received(reference, **named)) == ["unidentified"]
    return unidentified(org)[-1].why


def test_a_receipt_in_full_pays_the_instalment_and_both_facts_are_of_one_commit(org: Organisation) -> None:
    invoice, boleto = org.billed()
    before = org.world.lastro.safe_position()
    item = received("E-1", bank_code="341", nosso_numero=boleto.nosso_numero)
    assert org.results(item) == ["applied"]
    applied, paid = org.world.facts(after=before)
    assert isinstance(applied, SettlementApplied)
    assert isinstance(paid, InstallmentPaid)
    assert (applied.invoice_id, applied.instalment, applied.found_by) == (invoice.id, 1, "boleto")
    assert (applied.customer_id, applied.account_id) == (invoice.customer_id, org.world.account)
    assert applied.payment_id == paid.payment_id == applied.originator_id
    assert (paid.source, paid.on_principal, paid.principal) == ("settlement", True, Decimal("150.00"))
    recorded = org.world.lastro.read(before, 10)
    assert {each.actor for each in recorded} == {"kafka:payments.settlements.v1"}
    assert org.world.invoice(invoice.id).balance == 0
    assert org.settled == [[None]]


def test_a_part_leaves_the_rest_open(org: Organisation) -> None:
    invoice, _ = org.billed()
    assert org.results(received("E-1", "50.00", invoice_id=invoice.id)) == ["applied"]
    assert org.world.invoice(invoice.id).balance == Decimal("100.00")


def test_several_receipts_of_one_invoice_in_one_batch_fold_in_their_order(org: Organisation) -> None:
    invoice, _ = org.billed()
    parts = [received(f"E-{n}", "60.00", invoice_id=invoice.id) for n in range(3)]
    assert org.results(*parts) == ["applied"] * 3
    facts = org.world.facts(topics=[InstallmentPaid.TOPIC])
    paid = [(fact.principal, fact.excess) for fact in facts if isinstance(fact, InstallmentPaid)]
    assert paid == [
        (Decimal("60.00"), Decimal("0.00")),
        (Decimal("60.00"), Decimal("0.00")),
        (Decimal("30.00"), Decimal("30.00")),
    ]
    applied = org.world.facts(topics=[SettlementApplied.TOPIC])
    assert [each.excess for each in applied if isinstance(each, SettlementApplied)] == [e for _, e in paid]


@pytest.mark.parametrize("state", ["paid", "cancelled"])
def test_what_nothing_is_owed_for_is_a_credit_of_the_customer(org: Organisation, state: str) -> None:
    invoice, boleto = org.billed()
    if state == "paid":
        org.apply(received("E-0", invoice_id=invoice.id))
    else:
        org.world.commands.invoices.cancel(SYSTEM, invoice.id, "pedido", frees_period=False)
    item = received("E-1", bank_code="341", nosso_numero=boleto.nosso_numero)
    assert org.results(item) == ["applied"]
    paid = org.world.facts(topics=[InstallmentPaid.TOPIC])[-1]
    assert isinstance(paid, InstallmentPaid)
    assert (paid.principal, paid.excess) == (Decimal("0.00"), Decimal("150.00"))


def test_without_instalment_the_first_open_one_is_paid_also_within_a_batch(org: Organisation) -> None:
    invoice = org.world.invoice(org.world.sign("A-1")[0])
    first, second = (received(f"E-{n}", invoice_id=invoice.id) for n in range(2))
    org.apply(first, second)
    facts = org.world.facts(topics=[SettlementApplied.TOPIC])
    assert [each.instalment for each in facts if isinstance(each, SettlementApplied)] == [1, 1]


def test_linha_and_barcode_lead_to_their_boleto_with_and_without_punctuation(org: Organisation) -> None:
    invoice, boleto = org.billed()
    linha = boleto.linha_digitavel
    dotted = f"{linha[:5]}.{linha[5:10]} {linha[10:]}"
    items = [
        received("E-1", "10.00", linha_digitavel=dotted),
        received("E-2", "10.00", barcode=boleto.barcode),
        received("E-3", "10.00", barcode=boleto.barcode, linha_digitavel=linha, invoice_id=invoice.id),
        received("E-4", "10.00", bank_code="341", nosso_numero=boleto.nosso_numero.lstrip("0")),
    ]
    assert org.results(*items) == ["applied"] * 4
    assert org.world.invoice(invoice.id).balance == Decimal("110.00")


def test_a_cancelled_boleto_still_says_whose_money_it_is(org: Organisation) -> None:
    invoice, boleto = org.billed()
    org.world.commands.invoices.cancel_boleto(SYSTEM, invoice.id, 1, "2a via")
    org.world.commands.invoices.bill_now(SYSTEM, [invoice.id])
    item = received("E-1", bank_code="341", nosso_numero=boleto.nosso_numero)
    assert org.results(item) == ["applied"]
    assert org.world.invoice(invoice.id).balance == 0


def test_what_names_nothing_that_is_known_waits_with_the_reason(org: Organisation) -> None:
    invoice, boleto = org.billed()
    _, other = org.billed("B-1", customer=1)
    assert why(org) == "nothing_named"
    assert why(org, invoice_id=org.fresh()) == "invoice_unknown"
    assert why(org, invoice_id=invoice.id, instalment=2) == "instalment_unknown"
    assert why(org, linha_digitavel="1" * 47) == "boleto_invalid"
    assert why(org, bank_code="341", nosso_numero="99999999") == "boleto_unknown"
    assert why(org, bank_code="001", nosso_numero=boleto.nosso_numero) == "boleto_unknown"
    assert why(org, invoice_id=invoice.id, barcode=other.barcode) == "contradictory"
    assert why(org, invoice_id=invoice.id, company="NOBODY") == "company_unknown"
    assert why(org, invoice_id=invoice.id, account="NONE") == "account_unknown"
    assert org.world.invoice(invoice.id).receipts == ()


def test_money_of_another_company_is_not_taken_for_this_one_s(org: Organisation) -> None:
    invoice, _ = org.billed()
    other = org.world.add_company("OTHER", CNPJS[1])
    account = org.world.add_account(other, "CAIXA")
    assert why(org, invoice_id=invoice.id, company="OTHER", account="CAIXA") == "other_company"
    assert why(org, invoice_id=invoice.id, company=CNPJS[1]) == "other_company"
    assert why(org, invoice_id=invoice.id, account="CAIXA") == "account_unknown"
    first = unidentified(org)[0]
    assert (first.company_id, first.account_id) == (other, account)


def test_company_and_account_are_found_by_what_people_call_them(org: Organisation) -> None:
    invoice, _ = org.billed()
    account = org.world.add_account(org.world.company, "CAIXA")
    item = received("E-1", invoice_id=invoice.id, company="11.222.333/0001-81", account="caixa")
    assert org.results(item) == ["applied"]
    (applied,) = org.world.facts(topics=[SettlementApplied.TOPIC])
    assert isinstance(applied, SettlementApplied)
    assert applied.account_id == account


def test_an_invoice_without_its_value_cannot_be_paid_yet(org: Organisation) -> None:
    pending = org.world.sign("V-1", variable=True)[0]
    assert why(org, invoice_id=pending) == "value_pending"
    assert unidentified(org)[0].company_id == org.world.company


def test_two_accounts_that_number_alike_are_told_apart_or_nobody_guesses(org: Organisation) -> None:
    _, boleto = org.billed()
    elsewhere = ITAU.model_copy(update={"branch": "0812", "account_digit": None})
    second = org.world.add_account(org.world.company, "ITAU2", elsewhere)
    _, other = org.billed("B-1", customer=1, account_id=second)
    assert other.nosso_numero == boleto.nosso_numero
    number = {"bank_code": "341", "nosso_numero": boleto.nosso_numero}
    assert why(org, **number) == "boleto_ambiguous"
    assert why(org, **number, company="ACME") == "boleto_ambiguous"
    assert why(org, **number, account="CAIXA") == "boleto_ambiguous"
    items = [
        received("E-7", "1.00", **number, account="ITAU2"),
        received("E-8", "1.00", **number, company="ACME", account="ITAU2"),
        received("E-9", "1.00", **number, agreement="0812"),
    ]
    assert org.results(*items) == ["applied"] * 3
    assert org.world.invoice(other.originator_id).balance == Decimal("147.00")


def test_late_charges_are_the_bank_s_of_a_boleto_and_ours_of_other_money(org: Organisation) -> None:
    org.world.now += timedelta(days=30)
    late = date(2026, 3, 20)
    by_boleto, boleto = org.billed()
    by_invoice, _ = org.billed("B-1", customer=1)
    org.apply(
        received("E-1", paid_on=late, barcode=boleto.barcode),
        received("E-2", paid_on=late, invoice_id=by_invoice.id),
    )
    assert org.world.invoice(by_boleto.id).balance == 0
    assert org.world.invoice(by_invoice.id).balance == Decimal("3.50")


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        ("0.00", "not_positive"),
        ("-1.00", "not_positive"),
        ("10000000000000.00", "too_large"),
        ("1.001", "cents"),
        ("NaN", "too_large"),
    ],
)
def test_amounts_that_cannot_be_are_refused_and_nothing_is_recorded(
    org: Organisation, amount: str, reason: str
) -> None:
    invoice, _ = org.billed()
    before = org.world.lastro.safe_position()
    good = received("E-2", invoice_id=invoice.id)
    refused, applied = org.apply(received("E-1", amount, invoice_id=invoice.id), good)
    assert isinstance(refused.error, SettlementInvalidError)
    assert refused.error.details == {"field": "amount", "reason": reason}
    assert applied.result == "applied"
    assert len(org.world.facts(after=before)) == 2
    assert org.settled == [[refused.error, None]]


def test_the_largest_amount_is_kept_to_the_cent(org: Organisation) -> None:
    invoice, _ = org.billed()
    assert org.results(received("E-1", "9999999999999.99", invoice_id=invoice.id)) == ["applied"]
    (paid,) = org.world.facts(topics=[InstallmentPaid.TOPIC])
    assert isinstance(paid, InstallmentPaid)
    assert paid.excess == Decimal("9999999999849.99")


def test_tomorrow_s_money_is_refused_and_money_of_before_the_invoice_is_not(org: Organisation) -> None:
    invoice, _ = org.billed()
    tomorrow = received("E-1", invoice_id=invoice.id, paid_on=date(2026, 3, 3))
    ancient = received("E-3", invoice_id=invoice.id, paid_on=date(1999, 12, 31))
    early = received("E-2", invoice_id=invoice.id, paid_on=date(2025, 1, 2))
    first, second, third = org.apply(tomorrow, ancient, early)
    assert isinstance(first.error, SettlementInFutureError)
    assert isinstance(second.error, SettlementInvalidError)
    assert third.result == "applied"
    assert org.world.invoice(invoice.id).balance == 0


def test_who_paid_is_kept_only_while_nobody_knows(org: Organisation) -> None:
    invoice, _ = org.billed()
    payer = {"payer_name": "Maria", "payer_document": "52998224725", "payer_text": "PIX"}
    org.apply(received("E-1", invoice_id=invoice.id, **payer), received("E-2", **payer))
    held = unidentified(org)[0]
    assert held.payer is not None
    assert (held.payer.name, held.payer.document, held.payer.text) == ("Maria", "52998224725", "PIX")
    stored = [str(each.state) for each in org.world.lastro.read(0, 10_000)]
    assert not any("Maria" in state for state in stored)
