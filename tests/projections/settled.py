"""Receipts that come in at random, by the settlement's own decisions: the same seed, the same facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from domain.kernel import DomainError
from domain.settlement.events import Named, PayerSaid, SettlementEvent
from domain.settlement.settlement import Place, Settlement, Told, evolve
from domain.values.ids import settlement_id
from domain.values.payment import PaymentMethod

SOURCE = "urn:psp:açaí"
TODAY = date(2026, 11, 3)
NO_NAMES = Named(
    invoice_id=None,
    instalment=None,
    bank_code=None,
    nosso_numero=None,
    agreement=None,
    linha_digitavel=None,
    barcode=None,
    company=None,
    account=None,
)


def told(reference: str, amount: str = "150.00", **names: object) -> Told:
    """What is told of a receipt of the PSP."""
    return Told(
        source=SOURCE,
        reference=reference,
        amount=Decimal(amount),
        paid_on=TODAY,
        credited_on=None,
        method=PaymentMethod.BOLETO,
        named=NO_NAMES.model_copy(update=names),
    )


def settled(
    seed: int, companies: Sequence[UUID], customers: Sequence[UUID], now: datetime, receipts: int = 12
) -> list[SettlementEvent]:
    """So many receipts and what became of them, in one order of time, their facts mixed."""
    random = Random(seed)
    states: dict[UUID, Settlement] = {}
    facts: list[SettlementEvent] = []
    for minutes in range(receipts * 6):
        reference = f"E-{seed}-{random.randrange(receipts)}"
        known = states.get(settlement_id(SOURCE, reference))
        place = Place(
            random.choice(companies), UUID(int=random.randint(1, 3)), 1, random.choice(customers), UUID(int=3)
        )
        try:
            fact = _decided(random, reference, known, place, now + timedelta(minutes=minutes))
        except DomainError:
            continue
        if fact is not None:
            facts.append(fact)
            states[fact.originator_id] = evolve(known, fact)
    return facts


def _decided(
    random: Random, reference: str, known: Settlement | None, place: Place, now: datetime
) -> SettlementEvent | None:
    if known is None:
        return _first(random, reference, place, now)
    kind = random.random()
    if known.told is None or kind < 0.1:
        return known.arrive(_told(reference), place.company_id, place.account_id, now, TODAY)
    if kind < 0.6:
        by = random.choice(("person", "boleto"))
        return known.identify(place, by, Decimal("1.00"), now)  # type: ignore[arg-type]
    return known.release("engano", now) if kind < 0.85 else known.reverse(None, TODAY, "devolvido", now)


def _first(random: Random, reference: str, place: Place, now: datetime) -> SettlementEvent:
    id, kind = settlement_id(SOURCE, reference), random.random()
    if kind < 0.2:
        return Settlement.reverse_first(SOURCE, reference, None, None, "devolvido", now)
    if kind < 0.5:
        return Settlement.apply(id, _told(reference), place, "boleto", Decimal("0.00"), now, TODAY)
    company = random.choice((None, place.company_id))
    payer = PayerSaid(name="João", document="52998224725", text=None)
    return Settlement.hold(
        id, _told(reference), company, None, "boleto_unknown", random.choice((None, payer)), now, TODAY
    )


def _told(reference: str) -> Told:
    number = int(reference.rpartition("-")[2])
    if number % 3 == 0:
        return told(reference, linha_digitavel="34191.09123 34567.880057 71234.577000 1 66670000012345")
    if number % 3 == 1:
        return told(reference, barcode="34196166700000123451091234567880057123457000")
    return told(reference, bank_code="341", nosso_numero=f"{number:08d}", invoice_id=UUID(int=number))
