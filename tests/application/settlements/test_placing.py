"""Receipts that wait are placed by a person or by what was recorded later, released and placed again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from application.access import SYSTEM, PermissionMissingError
from application.app import NotFoundError
from application.registry import Change
from domain.invoice.errors import InstalmentUnknownError, ValuePendingError
from domain.invoice.events import InstallmentPaid
from domain.settlement.errors import (
    SettlementElsewhereError,
    SettlementNotPlacedError,
    SettlementPlacedError,
    SettlementReversedError,
)
from domain.settlement.events import SettlementIdentified
from domain.user.roles import Role
from domain.values.ids import settlement_id
from tests.application.settlements.organisation import KAFKA, SOURCE, Organisation, received, taken_back
from tests.application.world import CNPJS, person

E1 = settlement_id(SOURCE, "E-1")


def test_a_person_places_it_and_the_invoice_is_paid_in_the_same_commit(org: Organisation) -> None:
    invoice, _ = org.billed()
    org.apply(received("E-1", "200.00"))
    done = org.settlements.identify(person(Role.FINANCE), E1, invoice.id, 1)
    assert done.position == org.world.lastro.safe_position()
    facts = org.world.facts(topics=[SettlementIdentified.TOPIC, InstallmentPaid.TOPIC])
    identified, paid = facts
    assert isinstance(identified, SettlementIdentified)
    assert isinstance(paid, InstallmentPaid)
    assert (identified.by, identified.excess, paid.excess) == ("person", Decimal("50.00"), Decimal("50.00"))
    assert (identified.company_id, paid.payment_id) == (org.world.company, E1)
    assert org.world.invoice(invoice.id).balance == 0


def test_it_is_placed_once(org: Organisation) -> None:
    invoice, _ = org.billed()
    org.apply(received("E-1"), received("E-2"), taken_back("E-2"))
    org.settlements.identify(SYSTEM, E1, invoice.id, 1)
    with pytest.raises(SettlementPlacedError):
        org.settlements.identify(SYSTEM, E1, invoice.id, 1)
    with pytest.raises(SettlementReversedError):
        org.settlements.identify(SYSTEM, settlement_id(SOURCE, "E-2"), invoice.id, 1)


def test_released_it_waits_again_and_may_come_back_to_the_same_invoice(org: Organisation) -> None:
    invoice, _ = org.billed()
    other, _ = org.billed("B-1", customer=1)
    org.apply(received("E-1"))
    for target in (invoice, other, invoice, invoice):
        org.settlements.identify(SYSTEM, E1, target.id, 1)
        assert org.world.invoice(target.id).balance == 0
        org.settlements.release(SYSTEM, E1, "era de outro cliente")
        assert org.world.invoice(target.id).balance == Decimal("150.00")
        assert org.settlement("E-1").waits
    with pytest.raises(SettlementNotPlacedError):
        org.settlements.release(SYSTEM, E1, "de novo")


def test_a_receipt_that_named_its_debt_can_be_released_and_reversed_by_a_person(org: Organisation) -> None:
    invoice, _ = org.billed()
    org.apply(received("E-1", invoice_id=invoice.id))
    org.settlements.release(SYSTEM, E1, "engano")
    org.settlements.identify(SYSTEM, E1, invoice.id, 1)
    assert org.settlements.reverse(SYSTEM, E1, "cheque devolvido").change is Change.CORRECTED
    assert org.settlements.reverse(SYSTEM, E1, "cheque devolvido").change is Change.SAME
    assert org.world.invoice(invoice.id).balance == Decimal("150.00")
    assert org.results(taken_back("E-1")) == ["known"]


def test_money_of_a_known_company_pays_no_debt_of_another(org: Organisation) -> None:
    other = org.world.add_company("OTHER", CNPJS[1])
    account = org.world.add_account(other, "CAIXA")
    invoice, _ = org.billed()
    org.apply(received("E-1", company="OTHER", account="CAIXA"), received("E-2"))
    with pytest.raises(SettlementElsewhereError):
        org.settlements.identify(SYSTEM, E1, invoice.id, 1)
    with pytest.raises(NotFoundError):
        org.settlements.identify(SYSTEM, settlement_id(SOURCE, "E-2"), invoice.id, 1, account)
    assert org.world.invoice(invoice.id).balance == Decimal("150.00")


def test_what_the_invoice_refuses_the_person_is_told(org: Organisation) -> None:
    invoice, _ = org.billed()
    pending = org.world.sign("V-1", variable=True)[0]
    org.apply(received("E-1"))
    with pytest.raises(InstalmentUnknownError):
        org.settlements.identify(SYSTEM, E1, invoice.id, 9)
    with pytest.raises(ValuePendingError):
        org.settlements.identify(SYSTEM, E1, pending, 1)
    with pytest.raises(NotFoundError):
        org.settlements.identify(SYSTEM, E1, org.fresh(), 1)
    assert org.settlement("E-1").waits


@pytest.mark.parametrize("command", ["identify", "release", "reverse", "load"])
def test_people_do_it_in_their_companies_and_with_their_permission(org: Organisation, command: str) -> None:
    other = org.world.add_company("OTHER", CNPJS[1])
    invoice, _ = org.billed()
    org.apply(received("E-1", company="ACME"), received("E-2"))

    def act(principal: object, id: UUID) -> object:
        extra = {"identify": (invoice.id, 1), "load": ()}.get(command, ("motivo",))
        return getattr(org.settlements, command)(principal, id, *extra)

    nobody_s = settlement_id(SOURCE, "E-2")
    with pytest.raises(NotFoundError):
        act(person(Role.FINANCE, other), E1)
    with pytest.raises(NotFoundError):
        act(person(Role.FINANCE, org.world.company), nobody_s)
    with pytest.raises(NotFoundError):
        act(person(Role.FINANCE, org.world.company), org.fresh())
    if command == "load":
        assert act(person(Role.VIEWER, org.world.company), E1) == org.settlement("E-1")
        assert act(person(Role.VIEWER), nobody_s) == org.settlement("E-2")
        return
    for id in (E1, nobody_s):
        with pytest.raises(PermissionMissingError):
            act(person(Role.VIEWER), id)
    assert org.settlement("E-1").waits


def test_a_later_boleto_finds_the_receipts_that_wait_for_it_once(org: Organisation) -> None:
    number = {"bank_code": "341", "nosso_numero": "1"}
    org.apply(received("E-1", "50.00", **number), received("E-2", "30.00", **number), received("E-3"))
    invoice, _ = org.billed()
    placed = org.settlements.identify_matching([invoice.id], KAFKA)
    assert [each.settlement_id for each in placed] == [E1, settlement_id(SOURCE, "E-2")]
    assert org.settlements.identify_matching([invoice.id], KAFKA) == []
    assert org.world.invoice(invoice.id).balance == Decimal("70.00")
    facts = org.world.facts(topics=[SettlementIdentified.TOPIC])
    assert [each.by for each in facts if isinstance(each, SettlementIdentified)] == ["boleto", "boleto"]
    assert org.settlement("E-3").waits


def test_a_definitive_value_lets_the_receipts_in_that_named_the_invoice(org: Organisation) -> None:
    pending = org.world.sign("V-1", variable=True)[0]
    org.apply(received("E-1", invoice_id=pending))
    assert org.settlements.reconsider([E1], KAFKA) == []
    org.world.commands.invoices.set_definitive_value(SYSTEM, pending, Decimal("150.00"))
    assert [each.settlement_id for each in org.settlements.identify_matching([pending], KAFKA)] == [E1]
    assert org.world.invoice(pending).balance == 0


def test_reconsidering_places_nothing_that_a_person_released(org: Organisation) -> None:
    """Else the same mistake would be made again as soon as it was corrected."""
    invoice, _ = org.billed()
    org.apply(received("E-1", invoice_id=invoice.id))
    org.settlements.release(SYSTEM, E1, "a fatura citada está errada")
    assert org.settlements.reconsider([E1], KAFKA) == []
    assert org.settlements.identify_matching([invoice.id], KAFKA) == []
    assert org.settlement("E-1").waits


def test_the_receipt_that_waits_is_dated_when_it_was_paid_not_when_it_was_placed(org: Organisation) -> None:
    invoice, _ = org.billed()
    org.apply(received("E-1", paid_on=date(2026, 3, 1)))
    org.world.now = org.world.now.replace(month=5)
    org.settlements.identify(SYSTEM, E1, invoice.id, 1)
    assert org.world.invoice(invoice.id).balance == 0
