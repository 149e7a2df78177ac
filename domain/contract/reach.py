"""What a change of terms makes of the invoices that are not billed yet: preview and facts alike."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import PositiveInt

from domain.calendar import payable_until
from domain.contract.contract import Contract
from domain.contract.events import Terms
from domain.contract.pricing import ChargeLine, period_lines
from domain.kernel import Frozen, Money


class PeriodChange(Frozen):
    """What a revision, an adjustment or an end makes of one period that is not billed yet (V6, V7).

    `instalment` is the period's number within its invoice. Three things may have changed, each with
    its own fact on the invoice: `rescheduled`, `repriced` (amount, lines, or what the amount waits
    for) and `payment_revised` (method, account, charges or documents).
    """

    ordinal: PositiveInt
    attempt: PositiveInt
    invoice_id: UUID
    instalment: PositiveInt
    was_due_on: date
    due_on: date
    payable_until: date
    was_amount: Money
    amount: Money
    lines: tuple[ChargeLine, ...]
    value_pending: bool
    forecast: bool
    terms: Terms
    rescheduled: bool
    repriced: bool
    payment_revised: bool


PAYMENT = (
    "payment_method",
    "account_id",
    "fine_percent",
    "interest_percent_month",
    "nfse",
    "send_email",
)


def reach(
    before: Contract, after: Contract, unbilled: Collection[int], year_end_rule: bool = True
) -> tuple[PeriodChange, ...]:
    """What changes for each unbilled period between two states of a contract, in order.

    Serves the preview (V7) and the facts alike. Periods that are not live in both states, on the
    same attempt, are left out: their invoices are cancelled or newly opened, not changed. Only what
    the contract itself changed is told: an invoice moved or repriced by hand (F113, F158) keeps
    what the change does not touch.
    """
    periods = (before.periods, after.periods)
    lasting = (
        ordinal
        for ordinal in sorted(set(unbilled))
        if all(each.is_live(ordinal) for each in periods)
        and before.periods.attempt(ordinal) == after.periods.attempt(ordinal)
        and after.plan.covers(ordinal)
    )
    changes = (_change(before, after, ordinal, year_end_rule) for ordinal in lasting)
    return tuple(each for each in changes if each.rescheduled or each.repriced or each.payment_revised)


def _change(before: Contract, after: Contract, ordinal: int, year_end_rule: bool) -> PeriodChange:
    was, now = before.plan.terms_of(ordinal), after.plan.terms_of(ordinal)
    was_due_on, due_on = before.plan.due_on(ordinal), after.plan.due_on(ordinal)
    attempt = after.periods.attempt(ordinal)
    was_charged, charged = _charged(before, ordinal), _charged(after, ordinal)
    amount, lines, value_pending, forecast = charged
    return PeriodChange(
        ordinal=ordinal,
        attempt=attempt,
        invoice_id=after.invoice_of(ordinal, attempt),
        instalment=after.instalment_of(ordinal),
        was_due_on=was_due_on,
        due_on=due_on,
        payable_until=payable_until(due_on, year_end_rule),
        was_amount=was_charged[0],
        amount=amount,
        lines=lines,
        value_pending=value_pending,
        forecast=forecast,
        terms=now,
        rescheduled=was_due_on != due_on,
        repriced=was_charged != charged,
        payment_revised=any(getattr(was, name) != getattr(now, name) for name in PAYMENT),
    )


def _charged(contract: Contract, ordinal: int) -> tuple[Decimal, tuple[ChargeLine, ...], bool, bool]:
    amount = contract.plan.amount(ordinal)
    lines = period_lines(contract.plan.terms_of(ordinal), amount, contract.code)
    return amount, lines, contract.is_value_pending(ordinal), contract.is_forecast(ordinal)
