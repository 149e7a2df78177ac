"""The organisation with receipts: boletos and waiting receipts read from the facts, never behind."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from application.access import SYSTEM
from application.app import Context, Lastro
from application.database import Connection
from application.ids import new_id
from application.incoming.settling import Outcome as Refusal
from application.lookups import Lookups
from application.ports import NumberedBoleto
from application.settlements.outcomes import Outcome
from application.settlements.received import Incoming, SettlementReceived, SettlementTakenBack
from application.settlements.settlements import Settlements
from domain.invoice.events import BoletoIssued
from domain.invoice.invoice import Invoice
from domain.settlement.settlement import Settlement, project
from domain.values.ids import settlement_id
from tests.application.world import World
from tests.support.application import MASTER_KEY

SOURCE = "urn:psp:acme"
KAFKA = Context("kafka:payments.settlements.v1", UUID(int=5))


class FactBoletos:
    """The ports, answered from the facts: only fit for small logs."""

    def __init__(self, lastro: Lastro) -> None:
        self._lastro = lastro
        self.asked: list[int] = []

    def numbered(self, nosso_numeros: Collection[str]) -> Sequence[NumberedBoleto]:
        """Every boleto of these numbers."""
        self.asked.append(len(nosso_numeros))
        return [
            NumberedBoleto(
                fact.originator_id, fact.instalment, fact.account_id, fact.nosso_numero, fact.linha_digitavel
            )
            for fact in self._lastro.opened(self._lastro.read(0, 100_000, [BoletoIssued.TOPIC]))
            if isinstance(fact, BoletoIssued) and fact.nosso_numero in nosso_numeros
        ]

    def naming(self, invoice_ids: Collection[UUID], linhas: Collection[str]) -> Sequence[UUID]:
        """Every receipt that ever waited."""
        found = self._lastro.read(0, 100_000, ["settlement.unidentified.v1"])
        return [each.stream_id for each in found]


def received(reference: str, amount: str = "150.00", **changes: Any) -> SettlementReceived:
    """A receipt of the PSP, paid on the world's today."""
    given = {"paid_on": date(2026, 3, 2), **changes}
    return SettlementReceived(SOURCE, reference, Decimal(amount), **given)


def taken_back(reference: str, **changes: Any) -> SettlementTakenBack:
    """Its reversal."""
    return SettlementTakenBack(SOURCE, reference, **{"reason": "devolvido", **changes})


@dataclass
class Organisation:
    """The world, its settlements, and what they were settled with."""

    world: World
    boletos: FactBoletos = field(init=False)
    settlements: Settlements = field(init=False)
    settled: list[list[Refusal]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.boletos = FactBoletos(self.world.lastro)
        lookups = Lookups(self.world.lastro.database, MASTER_KEY.derived("lookup"))
        self.settlements = Settlements(
            self.world.lastro, lookups, lambda: self.world.now, self.boletos, self.boletos
        )

    def settle(self, _connection: Connection, outcomes: Sequence[Refusal]) -> None:
        """What the consumer does with its offset."""
        self.settled.append(list(outcomes))

    def apply(self, *items: Incoming) -> list[Outcome]:
        """Let them arrive in one batch."""
        return self.settlements.apply(items, KAFKA, self.settle)

    def results(self, *items: Incoming) -> list[str]:
        """How each of a batch ended."""
        return [each.result.value for each in self.apply(*items)]

    def settlement(self, reference: str) -> Settlement:
        """A receipt as it stands."""
        return self.world.lastro.load(project, settlement_id(SOURCE, reference))

    def billed(self, code: str = "A-1", customer: int = 0, **terms: Any) -> tuple[Invoice, BoletoIssued]:
        """An invoice with its boleto."""
        invoice = self.world.sign(code, customer, **terms)[0]
        self.world.commands.invoices.bill_now(SYSTEM, [invoice])
        boletos = self.world.facts(topics=[BoletoIssued.TOPIC])
        (boleto,) = [each for each in boletos if each.originator_id == invoice]
        assert isinstance(boleto, BoletoIssued)
        return self.world.invoice(invoice), boleto

    def fresh(self) -> UUID:
        """An id that nothing has."""
        return new_id()
