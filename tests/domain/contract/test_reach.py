"""What a change of terms makes of each unbilled period: the preview, and the facts of its invoices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from domain.contract.adjustment import window
from domain.contract.contract import Contract
from domain.contract.reach import PeriodChange, reach
from domain.values.ids import invoice_id
from domain.values.payment import DueShift, PaymentMethod
from tests.domain.contract import builders as b

ALL = range(1, 25)
SIGNED = b.contract(b.signed())


def revised(contract: Contract, effective_on: date, **changes: Any) -> Contract:
    notes = changes.pop("notes", None)
    new = contract.plan.terms_on(effective_on).model_copy(update=changes)
    return b.after(contract, contract.revise(new, effective_on, b.NOW, notes))


def kinds(change: PeriodChange) -> tuple[bool, bool, bool]:
    return change.rescheduled, change.repriced, change.payment_revised


def test_a_new_price_reaches_the_unbilled_periods_from_its_date_on() -> None:
    after = revised(SIGNED, date(2026, 3, 1), items=(b.item("60.00", "2"),))
    changes = reach(SIGNED, after, [1, 2, 4, 12])
    assert [change.ordinal for change in changes] == [4, 12]
    change = changes[0]
    assert (str(change.was_amount), str(change.amount)) == ("100.00", "120.00")
    assert [(str(line.quantity), str(line.amount)) for line in change.lines] == [("2.0000", "120.00")]
    assert (change.invoice_id, change.instalment) == (invoice_id(b.CONTRACT, 4, 1), 1)
    assert kinds(change) == (False, True, False)


def test_a_new_due_day_reschedules_and_says_until_when_it_is_payable() -> None:
    after = revised(SIGNED, date(2026, 3, 1), due_day=14)
    changes = reach(SIGNED, after, ALL)
    assert [change.ordinal for change in changes] == list(range(3, 13))
    saturday = changes[0]
    assert (saturday.was_due_on, saturday.due_on, saturday.payable_until) == (
        date(2026, 3, 1),
        date(2026, 3, 14),
        date(2026, 3, 16),
    )
    assert kinds(saturday) == (True, False, False)


def test_the_year_end_rule_is_the_companys_choice() -> None:
    after = revised(SIGNED, date(2026, 3, 1), due_day=31)
    last = {rule: reach(SIGNED, after, [12], rule)[0].payable_until for rule in (True, False)}
    assert last == {True: date(2027, 1, 4), False: date(2026, 12, 31)}


def test_a_new_method_account_or_charge_is_a_revised_payment() -> None:
    after = revised(SIGNED, date(2026, 3, 1), payment_method=PaymentMethod.PIX, account_id=b.OTHER_ACCOUNT)
    (change,) = reach(SIGNED, after, [3])
    assert kinds(change) == (False, False, True)
    assert change.terms.account_id == b.OTHER_ACCOUNT
    (charges,) = reach(SIGNED, revised(SIGNED, date(2026, 3, 1), fine_percent=Decimal(1)), [3])
    assert kinds(charges) == (False, False, True)


def test_a_revision_of_notes_reaches_no_invoice() -> None:
    assert reach(SIGNED, revised(SIGNED, date(2026, 3, 1), notes="ligar antes"), ALL) == ()


def test_an_adjustment_reprices_and_ends_the_forecast() -> None:
    before = b.contract(b.signed(b.terms(adjustment=b.clause(), instalment_count=24)))
    points = dict.fromkeys(window(date(2027, 1, 1), 12), Decimal("0.00"))
    after = b.after(before, before.adjust(points, date(2027, 1, 1), b.NOW))
    changes = reach(before, after, ALL)
    assert [change.ordinal for change in changes] == list(range(13, 25))
    assert {(str(change.amount), change.forecast, kinds(change)) for change in changes} == {
        ("100.00", False, (False, True, False))
    }


def test_a_held_adjustment_makes_the_value_wait() -> None:
    before = b.contract(b.signed(b.terms(adjustment=b.clause(), instalment_count=24)))
    after = b.after(before, before.adjust({}, date(2027, 1, 1), b.NOW))
    changes = reach(before, after, ALL)
    assert {(change.value_pending, change.forecast) for change in changes} == {(True, True)}


def test_freed_and_ended_periods_are_left_out() -> None:
    before = b.after(SIGNED, SIGNED.release(4, 1, b.NOW))
    after = revised(before, date(2026, 3, 1), due_day=2)
    ended = b.after(after, after.end(date(2026, 6, 30), "distrato", (8, 9), b.NOW))
    assert [change.ordinal for change in reach(before, ended, ALL)] == [3, 5, 6]


def test_a_period_generated_anew_is_left_out() -> None:
    released = b.after(SIGNED, SIGNED.release(4, 1, b.NOW))
    again = b.after(released, released.regenerate(4, b.NOW))
    after = revised(again, date(2026, 3, 1), due_day=2)
    assert 4 not in [change.ordinal for change in reach(SIGNED, after, ALL)]
    (change,) = reach(again, after, [4])
    assert (change.attempt, change.invoice_id) == (2, invoice_id(b.CONTRACT, 4, 2))


def test_an_end_brings_back_a_due_date_that_a_shift_would_carry_past_it() -> None:
    before = b.contract(
        b.signed(b.due_on(date(2026, 8, 31), due_shift=DueShift.NEXT), today=date(2026, 8, 31))
    )
    after = b.after(before, before.end(date(2026, 10, 31), "distrato", ALL, b.NOW))
    (change,) = reach(before, after, ALL)
    assert (change.was_due_on, change.due_on) == (date(2026, 11, 3), date(2026, 10, 31))


def test_the_instalments_of_a_single_nota_are_numbered_within_their_invoice() -> None:
    before = b.contract(b.signed(b.split(6, nfse="single")))
    changes = reach(before, revised(before, date(2026, 3, 1), due_day=10), ALL)
    assert [(change.ordinal, change.instalment) for change in changes] == [(3, 3), (4, 4), (5, 5), (6, 6)]
    assert {change.invoice_id for change in changes} == {invoice_id(b.CONTRACT, 1, 1)}
