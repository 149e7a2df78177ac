"""What a receipt, a reversal, an identification lead to: the receipt's fact and the invoice's, together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from application.settlements.desk import Sitting
from application.settlements.outcomes import Result
from application.settlements.references import Debt, References, Unplaced
from application.settlements.told import checked_reversal_day
from domain.invoice.errors import InstalmentUnknownError, PaymentContradictedError, ValuePendingError
from domain.invoice.events import InstallmentPaid, InvoiceEvent
from domain.invoice.invoice import Invoice
from domain.settlement.events import PayerSaid, SettlementEvent, Unknown
from domain.settlement.settlement import Place, Settlement, Told, require_past

type Facts = list[SettlementEvent | InvoiceEvent]
type Decided = tuple[Result, Facts]


@dataclass(frozen=True, slots=True)
class Instant:
    """When it is decided, and the São Paulo date then."""

    now: datetime
    today: date


class Arrival(NamedTuple):
    """A receipt as it was told."""

    id: UUID
    told: Told
    payer: PayerSaid | None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A reversal as it was told."""

    id: UUID
    source: str
    reference: str
    amount: Decimal | None
    reversed_on: date | None
    reason: str


def received(sitting: Sitting, references: References, arrival: Arrival, at: Instant) -> Decided:
    """A receipt pays what it names, or waits. Raises DomainError, and then nothing has happened."""
    known = sitting.settlement(arrival.id)
    if known is not None and known.told is not None:
        known.arrive(arrival.told, None, None, at.now, at.today)
        return Result.KNOWN, []
    require_past(arrival.told, at.today)
    debt = references.debt_of(arrival.told["named"], sitting.invoice)
    if known is not None:
        return _voided(known, arrival, debt, at)
    if isinstance(debt, Debt):
        payment = paying(sitting, debt, arrival.id, arrival.told, at)
        if isinstance(payment, InstallmentPaid):
            fact = Settlement.apply(
                arrival.id, arrival.told, debt.place, debt.found_by, payment.excess, at.now, at.today
            )
            return Result.APPLIED, [fact, payment]
        debt = Unplaced(payment, debt.place.company_id, debt.place.account_id)
    held = Settlement.hold(
        arrival.id, arrival.told, debt.company_id, debt.account_id, debt.why, arrival.payer, at.now, at.today
    )
    return Result.UNIDENTIFIED, [held]


def paying(
    sitting: Sitting, debt: Debt, payment_id: UUID, told: Told, at: Instant
) -> InstallmentPaid | Unknown:
    """The payment that this money is, or why it can be none.

    A bank has computed the charges of its own boleto, so that there the principal is served first.
    """
    invoice = sitting.invoice(debt.place.invoice_id)
    assert invoice is not None, "a debt is of an invoice that was loaded"
    try:
        payment = paid(invoice, debt.place, payment_id, told, at, on_principal=debt.found_by == "boleto")
    except ValuePendingError:
        return "value_pending"
    except InstalmentUnknownError:
        return "instalment_unknown"
    except PaymentContradictedError:
        return "contradictory"
    return payment or "contradictory"


def paid(
    invoice: Invoice, place: Place, payment_id: UUID, told: Told, at: Instant, *, on_principal: bool
) -> InstallmentPaid | None:
    """The invoice's fact. None where it knows a payment of this identity that no receipt made."""
    return invoice.pay(
        place.instalment,
        payment_id=payment_id,
        paid_on=told["paid_on"],
        account_id=place.account_id,
        amount=told["amount"],
        now=at.now,
        today=at.today,
        source="settlement",
        on_principal=on_principal,
    )


def taken_back(sitting: Sitting, withdrawal: Withdrawal, at: Instant) -> Decided:
    """A reversal undoes the payment, whole; before its receipt it is kept until that comes."""
    reversed_on = checked_reversal_day(withdrawal.reversed_on, at.today)
    known = sitting.settlement(withdrawal.id)
    if known is None:
        fact = Settlement.reverse_first(
            withdrawal.source,
            withdrawal.reference,
            withdrawal.amount,
            reversed_on,
            withdrawal.reason,
            at.now,
        )
        return Result.REVERSED, [fact]
    back = known.reverse(withdrawal.amount, reversed_on, withdrawal.reason, at.now)
    if back is None:
        return Result.KNOWN, []
    return Result.REVERSED, [back, *undone(sitting, known, back.reason, at)]


def undone(sitting: Sitting, settlement: Settlement, reason: str, at: Instant) -> list[InvoiceEvent]:
    """The reversal of what a receipt has paid, if anything."""
    if settlement.paid is None:
        return []
    invoice = sitting.invoice(settlement.paid.invoice_id)
    assert invoice is not None, "what a receipt paid was loaded with it"
    back = invoice.reverse_payment(settlement.paid.payment_id, reason, at.now)
    return [] if back is None else [back]


def found_now(sitting: Sitting, references: References, id: UUID, at: Instant) -> Facts:
    """What places a receipt that waits, if what it names is there now; nothing otherwise.

    A receipt that a person released waits for a person: what it names was found wanting.
    """
    settlement = sitting.settlement(id)
    if settlement is None or settlement.told is None or not settlement.waits or settlement.releases:
        return []
    debt = references.debt_of(settlement.told["named"], sitting.invoice)
    if not isinstance(debt, Debt) or settlement.company_id not in (None, debt.place.company_id):
        return []
    payment = paying(sitting, debt, settlement.payment_id, settlement.told, at)
    if not isinstance(payment, InstallmentPaid):
        return []
    return [settlement.identify(debt.place, debt.found_by, payment.excess, at.now), payment]


def _voided(known: Settlement, arrival: Arrival, debt: Debt | Unplaced, at: Instant) -> Decided:
    reached = debt.place if isinstance(debt, Debt) else debt
    fact = known.arrive(arrival.told, reached.company_id, reached.account_id, at.now, at.today)
    return Result.VOID, [] if fact is None else [fact]
