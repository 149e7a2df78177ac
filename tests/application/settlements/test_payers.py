"""Who is said to have paid is forgotten with the customer: of placed receipts, and of those that wait."""

from __future__ import annotations

from typing import Any

import pytest

from application.access import SYSTEM
from application.ports import CustomerPortfolio
from application.settlements import payers
from domain.values.ids import settlement_id
from tests.application.settlements.organisation import SOURCE, Organisation, received
from tests.application.test_forgetting import REASON, forgetter_of
from tests.application.world import CPFS

WORDS = {"payer_text": "PIX RECEBIDO"}


def said(org: Organisation, reference: str) -> bool:
    """Whether anybody can still read who paid."""
    id = settlement_id(SOURCE, reference)
    return id in org.settlements.payers(SYSTEM, [id])


def forget(org: Organisation, number: int) -> None:
    customer = org.world.customers[number]
    forgetter_of(org.world).forget(SYSTEM, customer, REASON, "titular", despite_open=True)


def test_what_a_placed_receipt_said_goes_with_its_customer(org: Organisation) -> None:
    invoice, _ = org.billed()
    org.apply(received("E-1", payer_name="Um Parente", **WORDS), received("E-2", payer_name="Outro", **WORDS))
    org.settlements.identify(SYSTEM, settlement_id(SOURCE, "E-1"), invoice.id, 1)
    forget(org, 0)
    assert (said(org, "E-1"), said(org, "E-2")) == (False, True)
    assert org.world.invoice(invoice.id).balance == 0
    org.settlements.release(SYSTEM, settlement_id(SOURCE, "E-1"), "engano")
    assert org.settlement("E-1").waits


@pytest.mark.parametrize(
    "payer",
    [
        {"payer_document": CPFS[0]},
        {"payer_text": f"TED {CPFS[0][:3]}.{CPFS[0][3:6]}.{CPFS[0][6:9]}-{CPFS[0][9:]}"},
        {"payer_name": "CLIENTE  C0"},
    ],
)
def test_a_receipt_that_waits_and_names_the_customer_is_opened_and_found(
    org: Organisation, payer: dict[str, Any]
) -> None:
    org.apply(received("E-1", **payer), received("E-2", payer_document=CPFS[1]), received("E-3"))
    forget(org, 0)
    assert (said(org, "E-1"), said(org, "E-2")) == (False, True)


def test_a_receipt_that_comes_meanwhile_is_looked_through_too(
    org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    naming = payers.receipts_telling_of
    told: list[bool] = []

    def late(lastro: Any, portfolio: CustomerPortfolio, customer: Any) -> Any:
        found = naming(lastro, portfolio, customer)
        if not told:
            told.append(True)
            org.apply(received("E-1", payer_document=CPFS[0]))
        return found

    monkeypatch.setattr("application.forgetting.receipts_telling_of", late)
    forget(org, 0)
    assert not said(org, "E-1")
