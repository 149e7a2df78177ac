"""Whatever receipts are told in whatever order, what is open and what was paid is what the facts say."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from uuid import UUID

import pytest

from application.access import SYSTEM
from application.app import Lastro
from application.database import Database
from application.settlements.received import Incoming
from domain.invoice.invoice import Invoice
from domain.kernel import DomainError
from domain.values.ids import settlement_id
from projections.receivables.model import RECEIVABLES
from projections.settlements.model import SETTLEMENTS
from tests.application.settlements.organisation import SOURCE, Organisation, received, taken_back
from tests.application.world import World
from tests.projections.rows import fed

RECEIPTS = 60
AMOUNTS = ("150.00", "150.00", "40.00", "75.55", "200.00", "0.01")


def story(random: Random, invoices: list[UUID]) -> list[Incoming]:
    """Receipts of known and unknown debts, half of them taken back, told twice, in no order."""
    told: list[Incoming] = []
    for number in range(RECEIPTS):
        invoice = random.choice([*invoices, None])
        told.append(received(f"E-{number}", random.choice(AMOUNTS), invoice_id=invoice))
        if random.random() < 0.4:
            told.append(taken_back(f"E-{number}"))
    told += random.sample(told, len(told) // 2)
    random.shuffle(told)
    return told


def decide(org: Organisation, random: Random, invoices: list[UUID]) -> None:
    """A person places or releases receipts, some of which refuse it."""
    for _ in range(15):
        id = settlement_id(SOURCE, f"E-{random.randrange(RECEIPTS)}")
        try:
            if random.random() < 0.6:
                org.settlements.identify(SYSTEM, id, random.choice(invoices), 1)
            else:
                org.settlements.release(SYSTEM, id, "engano")
        except DomainError:
            continue


@pytest.mark.parametrize("seed", range(3))
def test_receivables_and_receipts_add_up_to_the_facts(lastro: Lastro, database: Database, seed: int) -> None:
    random, org = Random(seed), Organisation(World(lastro))
    invoices = [invoice for n in range(3) for invoice in org.world.sign(f"A-{n}", n)]
    messages = story(random, invoices)
    while messages:
        size = random.randint(1, 12)
        org.apply(*messages[:size])
        messages = messages[size:]
        decide(org, random, invoices)

    states: list[Invoice] = [org.world.invoice(each) for each in invoices]
    receivables = fed(database, RECEIVABLES, 17)["receivables"]
    receipts = fed(database, SETTLEMENTS, 5)["settlements"]

    def total(rows: list[dict[str, object]], name: str) -> Decimal:
        return sum((Decimal(str(row[name] or 0)) for row in rows), Decimal(0))

    assert total(receivables, "amount") == sum(each.amount for each in states)
    assert total(receivables, "open_amount") == sum(each.balance for each in states)
    paid = [receipt for each in states for receipt in each.receipts]
    applied = [row for row in receipts if row["state"] == "applied"]
    assert total(receivables, "paid_amount") == sum(each.amount for each in paid) == total(applied, "amount")
    credit = sum(each.amount - each.principal - each.fine - each.interest for each in paid)
    assert total(applied, "excess") == credit > 0
    assert len(receipts) == RECEIPTS
    assert {str(row["state"]) for row in receipts} == {"applied", "unidentified", "reversed", "void"}
