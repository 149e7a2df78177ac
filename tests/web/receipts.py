"""Receipts of every kind on the portfolio of the pages' tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from application.app import Context
from application.settlements.received import Incoming, SettlementReceived, SettlementTakenBack
from domain.values.ids import settlement_id
from domain.values.payment import PaymentMethod
from projections.progress import wait_for
from projections.shown import ON_PAGES
from tests.web.portfolio import Portfolio
from tests.web.world import World

SOURCE = "urn:psp:acme"
PAID_ON = date(2026, 3, 2)
KAFKA = Context("kafka:payments.settlements.v1", UUID(int=5))
CPF = "11144477735"


@dataclass(frozen=True)
class Receipts:
    """By what became of them. `known` is of the first company, `nobodys` of nobody knows which."""

    paid: UUID
    over: UUID
    known: UUID
    nobodys: UUID
    foreign: UUID
    reversed: UUID
    awaited: UUID


def received(reference: str, amount: str = "150.00", **names: object) -> SettlementReceived:
    """A receipt of the PSP."""
    given = {"paid_on": PAID_ON, "method": PaymentMethod.PIX, **names}
    return SettlementReceived(SOURCE, reference, Decimal(amount), **given)  # type: ignore[arg-type]


def tell(world: World, *items: Incoming) -> None:
    """Let them arrive, and the read models take note."""
    outcomes = world.services.settlements.apply(items, KAFKA, lambda *_: None)
    assert [each.error for each in outcomes] == [None] * len(items)
    assert wait_for(world.lastro.database, world.lastro.safe_position(), 20, ON_PAGES)


def arrive(world: World, portfolio: Portfolio) -> Receipts:
    """One of every kind."""
    payer = {"payer_name": "Bia Pagadora", "payer_document": CPF, "payer_text": "PIX RECEBIDO 02/03"}
    tell(
        world,
        received("E-1", "100.00", invoice_id=portfolio.billed, company="ACME"),
        received("E-2", "250.00", invoice_id=portfolio.pending[0]),
        received("E-3", company="ACME", account="ITAU", bank_code="341", nosso_numero="99999999", **payer),
        received("E-4", "77.10", payer_name="Sem Empresa", payer_text="<script>alert(1)</script>"),
        received("E-5", company="BETA", account="CX"),
        received("E-6", "10.00", invoice_id=portfolio.billed),
        SettlementTakenBack(SOURCE, "E-6", "cheque devolvido", PAID_ON),
        SettlementTakenBack(SOURCE, "E-7", "Pix devolvido", amount=Decimal("5.00")),
    )
    return Receipts(*(settlement_id(SOURCE, f"E-{number}") for number in range(1, 8)))
