"""A receipt that a person placed by mistake forgets the mistake: company and account are open again."""

from __future__ import annotations

from application.access import SYSTEM
from domain.invoice.events import InstallmentPaid
from domain.settlement.settlement import Place
from domain.values.ids import settlement_id
from tests.application.settlements.organisation import SOURCE, Organisation, received
from tests.application.world import CNPJS

E1 = settlement_id(SOURCE, "E-1")


def test_it_may_be_placed_in_another_account_afterwards(org: Organisation) -> None:
    second = org.world.add_account(org.world.company, "CAIXA")
    wrong, _ = org.billed()
    right, _ = org.billed("B-1", customer=1)
    org.apply(received("E-1"))
    org.settlements.identify(SYSTEM, E1, wrong.id, 1)
    org.settlements.release(SYSTEM, E1, "outra fatura")
    assert (org.settlement("E-1").company_id, org.settlement("E-1").account_id) == (None, None)
    org.settlements.identify(SYSTEM, E1, right.id, 1, second)
    assert org.settlement("E-1").account_id == second
    paid = org.world.facts(topics=[InstallmentPaid.TOPIC])[-1]
    assert isinstance(paid, InstallmentPaid)
    assert (paid.originator_id, paid.account_id) == (right.id, second)


def test_it_may_be_placed_in_another_company_where_it_named_none(org: Organisation) -> None:
    wrong, _ = org.billed()
    org.apply(received("E-1"))
    org.settlements.identify(SYSTEM, E1, wrong.id, 1)
    org.settlements.release(SYSTEM, E1, "outra empresa")
    other = org.world.add_company("OUTRA", CNPJS[1])
    elsewhere = Place(other, wrong.id, 1, wrong.customer_id, org.world.account)
    assert org.settlement("E-1").require_open(elsewhere)["reference"] == "E-1"


def test_what_the_receipt_itself_told_stays_known(org: Organisation) -> None:
    wrong, _ = org.billed()
    org.apply(received("E-1", invoice_id=wrong.id, company="ACME", account="ITAU"))
    org.settlements.release(SYSTEM, E1, "a fatura citada está errada")
    settlement = org.settlement("E-1")
    assert (settlement.company_id, settlement.account_id) == (org.world.company, org.world.account)


def test_a_receipt_found_by_its_boleto_stays_in_the_account_of_that_boleto(org: Organisation) -> None:
    _, boleto = org.billed()
    org.apply(received("E-1", bank_code="341", nosso_numero=boleto.nosso_numero))
    org.settlements.release(SYSTEM, E1, "pago por engano")
    settlement = org.settlement("E-1")
    assert (settlement.company_id, settlement.account_id) == (org.world.company, org.world.account)
