"""Receipts: full, partial, late, too much, twice, taken back; the balance follows them and nothing else."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given as given_values
from hypothesis import strategies as st

from domain.invoice.errors import (
    DiscountInvalidError,
    InstalmentUnknownError,
    PaymentContradictedError,
    PaymentInFutureError,
    PaymentNotPositiveError,
    PaymentUnknownError,
    ValuePendingError,
)
from domain.invoice.events import InstallmentPaid, InvoiceCancelled, InvoiceEvent, PaymentReversed
from domain.invoice.invoice import Invoice, project
from domain.late_charges import Owed
from tests.domain.invoice.facts import (
    BILLED,
    DUE_ON,
    NOW,
    THREE,
    at,
    instalment,
    line,
    money,
    opened,
    opened_in_cash,
    paid,
    pay,
    payment_id,
)
from tests.support.scenario import given

MONTH_LATE = DUE_ON + timedelta(30)
CASH = opened_in_cash()


def reversed_payment(version: int, id: int = 1) -> PaymentReversed:
    return PaymentReversed(**at(version), instalment=1, payment_id=payment_id(id), reason="estornado")


def test_a_payment_in_time_settles_the_instalment() -> None:
    given(project, *BILLED).when(lambda invoice: pay(invoice, "200.00")).then(paid(5))
    given(project, *BILLED).when(lambda invoice: pay(invoice, "200.00")).then_state(
        lambda invoice: invoice.balance == 0 and invoice.owed_on(1, MONTH_LATE).total == 0
    )


def test_money_has_two_places_however_it_is_given() -> None:
    given(project, *BILLED).when(lambda invoice: pay(invoice, "200")).then(paid(5))
    given(project, *BILLED).when(lambda invoice: pay(invoice, "200")).then_state(
        lambda invoice: str(invoice.receipts[0].amount) == "200.00"
    )
    with pytest.raises(ValueError, match="places"):
        given(project, *BILLED).when(lambda invoice: pay(invoice, "200.001")).then()


def test_an_invoice_may_be_paid_before_it_is_billed() -> None:
    given(project, CASH).when(lambda invoice: pay(invoice, "200.00")).then(paid(2))


def test_a_weekend_due_date_is_paid_on_monday_without_charges() -> None:
    saturday = opened_in_cash(
        lines=(line("199.90"),), instalments=(instalment("199.90", due_on=date(2026, 11, 14)),)
    )
    given(project, saturday).when(lambda invoice: pay(invoice, "199.90", on=date(2026, 11, 16))).then(
        paid(2, on=date(2026, 11, 16), principal="199.90")
    )
    given(project, saturday).when(lambda invoice: pay(invoice, "204.10", on=date(2026, 11, 17))).then(
        paid(2, on=date(2026, 11, 17), principal="199.90", fine="4.00", interest="0.20")
    )


def test_a_part_is_kept_with_its_open_balance() -> None:
    given(project, CASH).when(lambda invoice: pay(invoice, "80.00")).then(paid(2, principal="80.00"))
    given(project, CASH).when(lambda invoice: pay(invoice, "80.00")).then_state(
        lambda invoice: invoice.balance == money("120.00")
    )


def test_a_late_part_serves_interest_and_fine_before_the_principal() -> None:
    given(project, CASH).when(lambda invoice: pay(invoice, "106.00", on=MONTH_LATE)).then(
        paid(2, on=MONTH_LATE, principal="100.00", fine="4.00", interest="2.00")
    )


def test_what_is_left_of_a_late_part_bears_interest_and_no_second_fine() -> None:
    part = paid(2, on=MONTH_LATE, principal="100.00", fine="4.00", interest="2.00")
    history = given(project, CASH, part)
    assert history.state.owed_on(1, MONTH_LATE) == Owed(money("100.00"), money("0.00"), money("0.00"))
    assert history.state.owed_on(1, MONTH_LATE + timedelta(30)) == Owed(
        money("100.00"), money("0.00"), money("1.00")
    )
    history.when(lambda invoice: pay(invoice, "101.00", id=2, on=MONTH_LATE + timedelta(30))).then(
        paid(3, id=2, on=MONTH_LATE + timedelta(30), principal="100.00", interest="1.00")
    )


def test_a_part_too_small_for_the_charges_leaves_the_rest_of_them_owed() -> None:
    given(project, CASH).when(lambda invoice: pay(invoice, "3.00", on=MONTH_LATE)).then(
        paid(2, on=MONTH_LATE, principal="0.00", fine="1.00", interest="2.00")
    )
    part = paid(2, on=MONTH_LATE, principal="0.00", fine="1.00", interest="2.00")
    assert given(project, CASH, part).state.owed_on(1, MONTH_LATE) == Owed(
        money("200.00"), money("3.00"), money("0.00")
    )


def test_a_settlement_on_account_of_the_principal_forgives_the_charges_it_does_not_cover() -> None:
    history = given(project, CASH)
    history.when(lambda invoice: pay(invoice, "205.99", on=MONTH_LATE, on_principal=True)).then(
        paid(2, on=MONTH_LATE, on_principal=True, principal="200.00", fine="3.99", interest="2.00")
    )
    history.when(lambda invoice: pay(invoice, "200.00", on=MONTH_LATE, on_principal=True)).then_state(
        lambda invoice: invoice.owed_on(1, MONTH_LATE).total == 0
    )


def test_a_receipt_noted_after_a_later_one_never_asks_charges_back() -> None:
    """The later receipt paid interest on what, it turns out, was paid before."""
    part = paid(2, on=MONTH_LATE, principal="94.00", fine="4.00", interest="2.00")
    given(project, CASH, part).when(lambda invoice: pay(invoice, "106.00", id=2)).then(
        paid(3, id=2, principal="106.00")
    )


def test_a_discount_forgives_principal() -> None:
    given(project, CASH).when(lambda invoice: pay(invoice, "190.00", discount=money("10.00"))).then(
        paid(2, principal="190.00", discount="10.00")
    )
    assert given(project, CASH, paid(2, principal="190.00", discount="10.00")).state.balance == 0


@pytest.mark.parametrize("discount", ["-0.01", "200.01"])
def test_a_discount_is_within_what_is_open(discount: str) -> None:
    given(project, CASH).when(lambda invoice: pay(invoice, "1.00", discount=money(discount))).then_refused(
        DiscountInvalidError, open=money("200.00")
    )


def test_money_beyond_the_debt_is_kept_as_excess() -> None:
    given(project, CASH).when(lambda invoice: pay(invoice, "250.00")).then(paid(2, excess="50.00"))


def test_the_same_debt_paid_twice_is_all_excess_the_second_time() -> None:
    given(project, CASH, paid(2)).when(lambda invoice: pay(invoice, "200.00", id=2)).then(
        paid(3, id=2, principal="0.00", excess="200.00")
    )


def test_money_that_comes_after_the_cancellation_is_all_excess() -> None:
    cancelled = InvoiceCancelled(**at(2), because="asked", reason="engano", frees_period=True)
    given(project, opened(value_pending=True), cancelled).when(lambda invoice: pay(invoice, "200.00")).then(
        paid(3, principal="0.00", excess="200.00")
    )


def test_the_same_receipt_twice_changes_nothing() -> None:
    given(project, CASH, paid(2)).when(lambda invoice: pay(invoice, "200.00")).then_nothing()


def test_a_receipt_that_was_reversed_does_not_come_back_by_itself() -> None:
    given(project, CASH, paid(2), reversed_payment(3)).when(
        lambda invoice: pay(invoice, "200.00")
    ).then_nothing()


@pytest.mark.parametrize(("amount", "on"), [("199.99", DUE_ON), ("200.00", DUE_ON - timedelta(1))])
def test_a_receipt_that_contradicts_itself_is_refused(amount: str, on: date) -> None:
    given(project, CASH, paid(2)).when(lambda invoice: pay(invoice, amount, on=on)).then_refused(
        PaymentContradictedError, payment_id=payment_id(1)
    )


def test_a_receipt_pays_one_instalment_only() -> None:
    split = opened_in_cash(instalments=THREE)
    given(project, split, paid(2, principal="66.66")).when(
        lambda invoice: pay(invoice, "66.66", number=2)
    ).then_refused(PaymentContradictedError)
    given(project, split, paid(2, principal="66.66")).when(
        lambda invoice: pay(invoice, "66.66", id=2, number=2)
    ).then_state(lambda invoice: invoice.balance == money("66.68"))


@pytest.mark.parametrize("amount", ["0.00", "-200.00"])
def test_a_receipt_is_above_zero(amount: str) -> None:
    given(project, CASH).when(lambda invoice: pay(invoice, amount)).then_refused(PaymentNotPositiveError)


def test_a_receipt_is_not_of_tomorrow() -> None:
    given(project, CASH).when(
        lambda invoice: pay(invoice, "200.00", on=DUE_ON, today=DUE_ON - timedelta(1))
    ).then_refused(PaymentInFutureError)


def test_a_receipt_of_the_very_day_is_taken() -> None:
    given(project, CASH).when(lambda invoice: pay(invoice, "200.00", on=DUE_ON, today=DUE_ON)).then(paid(2))


def test_what_has_no_value_yet_is_not_paid() -> None:
    given(project, opened(value_pending=True)).when(lambda invoice: pay(invoice, "200.00")).then_refused(
        ValuePendingError
    )


def test_an_instalment_that_is_not_there_is_not_paid() -> None:
    given(project, CASH).when(lambda invoice: pay(invoice, "200.00", number=2)).then_refused(
        InstalmentUnknownError, instalment=2
    )


def test_a_reversed_payment_is_owed_again_with_its_charges() -> None:
    given(project, CASH, paid(2)).when(
        lambda invoice: invoice.reverse_payment(payment_id(1), "estornado", NOW)
    ).then(reversed_payment(3))
    invoice = given(project, CASH, paid(2), reversed_payment(3)).state
    assert invoice.owed_on(1, MONTH_LATE) == Owed(money("200.00"), money("4.00"), money("2.00"))


def test_a_payment_is_reversed_once() -> None:
    given(project, CASH, paid(2), reversed_payment(3)).when(
        lambda invoice: invoice.reverse_payment(payment_id(1), "de novo", NOW)
    ).then_nothing()


def test_a_payment_never_received_is_not_reversed() -> None:
    given(project, CASH, paid(2)).when(
        lambda invoice: invoice.reverse_payment(payment_id(2), "engano", NOW)
    ).then_refused(PaymentUnknownError, payment_id=payment_id(2))


amounts = st.decimals("0.01", "150.00", places=2)
days = st.integers(-20, 90)
receipts = st.lists(st.tuples(amounts, days, st.booleans()), max_size=6)


def after(invoice: Invoice | None, *facts: InvoiceEvent | None) -> Invoice:
    """The state after facts that must have been decided."""
    state = project(invoice, [fact for fact in facts if fact is not None])
    assert state is not None
    assert None not in facts
    return state


def played(steps: list[tuple[Decimal, int, bool]]) -> tuple[Invoice, list[InstallmentPaid]]:
    """The invoice after these receipts, and their facts."""
    invoice, facts = after(None, CASH), []
    for number, (amount, day, on_principal) in enumerate(steps, start=1):
        fact = pay(invoice, str(amount), number, DUE_ON + timedelta(day), on_principal=on_principal)
        assert fact is not None
        facts.append(fact)
        invoice = after(invoice, fact)
    return invoice, facts


@given_values(receipts)
def test_the_balance_is_the_amount_less_the_principal_paid_and_never_below_zero(
    steps: list[tuple[Decimal, int, bool]],
) -> None:
    invoice, facts = played(steps)
    assert invoice.balance == money("200.00") - sum(each.principal for each in facts)
    assert invoice.balance >= 0


@given_values(receipts)
def test_every_receipt_adds_up(steps: list[tuple[Decimal, int, bool]]) -> None:
    for each in played(steps)[1]:
        assert each.principal + each.fine + each.interest + each.excess == each.amount
        assert min(each.principal, each.fine, each.interest, each.excess) >= 0


@given_values(receipts, st.data())
def test_reversals_in_any_order_fold_to_the_same_balance(
    steps: list[tuple[Decimal, int, bool]], data: st.DataObject
) -> None:
    invoice, facts = played(steps)
    ids = [each.payment_id for each in facts]
    taken = data.draw(st.lists(st.sampled_from(ids), unique=True)) if ids else []
    balances = set()
    for order in (taken, data.draw(st.permutations(taken))):
        state = invoice
        for receipt in order:
            state = after(state, state.reverse_payment(receipt, "estornado", NOW))
        balances.add(state.balance)
    kept = sum(each.principal for each in facts if each.payment_id not in taken)
    assert balances == {money("200.00") - kept}


@given_values(receipts)
def test_everything_reversed_owes_what_it_owed_at_first(steps: list[tuple[Decimal, int, bool]]) -> None:
    invoice, facts = played(steps)
    for each in facts:
        invoice = after(invoice, invoice.reverse_payment(each.payment_id, "estornado", NOW))
    assert invoice.owed_on(1, MONTH_LATE) == Owed(money("200.00"), money("4.00"), money("2.00"))
