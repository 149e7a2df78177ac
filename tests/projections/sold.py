"""What an organisation sells at random, by the sale's own decisions: the same seed, the same facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from domain.kernel import DomainError
from domain.sale.events import SaleEvent, SaleRecorded
from domain.sale.sale import Sale, evolve, sold_item
from domain.values.payment import PaymentMethod

PRICES = ("0.00", "9.90", "150.00", "1000.01")


def sold(
    seed: int, companies: Sequence[UUID], customers: Sequence[UUID], now: datetime, sales: int = 12
) -> list[SaleEvent]:
    """So many sales and what became of them, in one order of time, their facts mixed."""
    random = Random(seed)
    recorded = [
        _recorded(random, random.choice(companies), random.choice(customers), now, n) for n in range(sales)
    ]
    facts: list[SaleEvent] = [*recorded]
    states = {fact.originator_id: evolve(None, fact) for fact in recorded}
    for minutes in range(sales * 8):
        sale = random.choice(list(states.values()))
        try:
            fact = _decided(random, sale, now + timedelta(minutes=minutes))
        except DomainError:
            continue
        if fact is not None:
            facts.append(fact)
            states[sale.id] = evolve(sale, fact)
    return facts


def _recorded(random: Random, company: UUID, customer: UUID, now: datetime, number: int) -> SaleRecorded:
    service = UUID(int=random.getrandbits(128), version=4)
    items = tuple(
        sold_item(
            each, service, f"Ítem {each}", Decimal(random.randint(1, 3)), Decimal(price), Decimal("0.00")
        )
        for each, price in enumerate(("25.00", *random.choices(PRICES, k=random.randint(0, 3))), start=1)
    )
    return Sale.record(
        company_id=company,
        now=now,
        source="Loja Açaí",
        order=str(number),
        customer_id=customer,
        account_id=random.choice((None, UUID(int=3))),
        payment_method=random.choice((PaymentMethod.BOLETO, PaymentMethod.PIX)),
        sold_on=date(2026, 11, 3),
        due_on=date(2026, 11, 3) + timedelta(random.randint(-10, 40)),
        mode=random.choice(("contractual", "avulso")),
        emits_documents=random.random() < 0.8,
        department=random.choice((None, "Comercial")),
        items=items,
    )


def _decided(random: Random, sale: Sale, now: datetime) -> SaleEvent | None:
    invoice = UUID(int=random.randint(1, 3))
    kind = random.random()
    if kind < 0.6:
        return sale.bill_items(random.sample(range(1, 5), random.randint(1, 2)), invoice, now)
    return sale.release_items(invoice, "asked", now) if kind < 0.9 else sale.cancel("desistência", now)
