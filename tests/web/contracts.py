"""Contracts whose schedules are worth looking at: one nota for all, pro rata, discounts, without end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from application.access import SYSTEM
from application.ids import new_id
from domain.contract.events import Item, SplitPart
from domain.values.payment import ValueType
from tests.application.world import World as Organisation

JUST_BEGUN = {"starts_on": date(2026, 3, 1), "first_due_on": date(2026, 3, 10)}


@dataclass(frozen=True)
class Signed:
    """The contracts by what is odd about them. `invoice` is that of the single nota."""

    single_nota: UUID
    invoice: UUID
    whole_first: UUID
    pro_rata: UUID
    due_at_once: UUID
    discounted: UUID
    endless: UUID
    without_items: UUID
    without_contact: UUID


def sign(organisation: Organisation) -> Signed:
    """Sign them; of the single nota, the second instalment is part paid and the third put off."""
    parts = tuple(SplitPart(percent=None, amount=Decimal(amount)) for amount in ("45.00", "45.00", "60.00"))
    single = _sign(organisation, "UNICA", value_type=ValueType.SPLIT, split=parts, nfse="single")
    [invoice] = organisation.invoices_of(single)
    commands = organisation.commands.invoices
    commands.reschedule(SYSTEM, invoice, 3, date(2026, 5, 20))
    commands.bill_now(SYSTEM, [invoice])
    commands.pay(SYSTEM, invoice, 1, payment_id=new_id(), paid_on=date(2026, 3, 2), amount=Decimal("45.00"))
    commands.pay(SYSTEM, invoice, 2, payment_id=new_id(), paid_on=date(2026, 3, 2), amount=Decimal("20.00"))
    nobody = organisation.add_customer("SEMCONTATO", None, to_charge=False)
    theirs = organisation.form("SEMCOBRANCA").model_copy(update={"customer_id": nobody})
    return Signed(
        single_nota=single,
        invoice=invoice,
        whole_first=_sign(organisation, "INTEIRO", **JUST_BEGUN),
        pro_rata=_sign(organisation, "PRORATA", pro_rata_from=date(2026, 3, 1), **JUST_BEGUN),
        due_at_once=_sign(organisation, "NODIA", starts_on=date(2026, 3, 10)),
        discounted=_sign(organisation, "DESCONTO", items=_discounted(organisation)),
        endless=_sign(organisation, "SEMFIM", instalment_count=None),
        without_items=_sign(organisation, "BRUTO", items=(), gross_amount=Decimal("1234.50")),
        without_contact=organisation.commands.contracts.sign(SYSTEM, theirs).id,
    )


def _sign(organisation: Organisation, code: str, **changes: Any) -> UUID:
    return organisation.commands.contracts.sign(SYSTEM, organisation.form(code, **changes)).id


def _discounted(organisation: Organisation) -> tuple[Item, ...]:
    base = organisation.item()
    percent, amount = Decimal("10.0000"), Decimal("25.00")
    return (
        base.model_copy(update={"quantity": Decimal("2.0000"), "discount_percent": percent}),
        base.model_copy(update={"description": "Visita técnica", "discount_amount": amount}),
    )
