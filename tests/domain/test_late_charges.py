"""Late charges: the golden cases of law and courts, and how parts and discounts change them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import payable_until
from domain.invoice.events import LateCharges
from domain.late_charges import Abatement, Owed, Share, accrued, impute

USUAL = LateCharges(fine_percent=Decimal(2), interest_percent_month=Decimal(1))
NONE = LateCharges(fine_percent=Decimal(0), interest_percent_month=Decimal(0))
SATURDAY = date(2026, 11, 14)
CARNIVAL_SATURDAY = date(2026, 2, 14)
THURSDAY = date(2026, 1, 15)


def money(text: str) -> Decimal:
    return Decimal(text)


def owed(amount: str, due_on: date, paid_on: date, charges: LateCharges = USUAL, **abated: str) -> Owed:
    """`abated` names days of the due month: _15="50.00" is 50.00 paid on the 15th."""
    parts = [Abatement(due_on.replace(day=int(day[1:])), money(part)) for day, part in abated.items()]
    return accrued(money(amount), due_on, payable_until(due_on), paid_on, charges, parts)


@pytest.mark.parametrize(
    ("amount", "due_on", "paid_on", "fine", "interest"),
    [
        ("199.90", SATURDAY, date(2026, 11, 1), "0.00", "0.00"),
        ("199.90", SATURDAY, SATURDAY, "0.00", "0.00"),
        ("199.90", SATURDAY, date(2026, 11, 16), "0.00", "0.00"),
        ("199.90", SATURDAY, date(2026, 11, 17), "4.00", "0.20"),
        ("199.90", CARNIVAL_SATURDAY, date(2026, 2, 18), "0.00", "0.00"),
        ("199.90", CARNIVAL_SATURDAY, date(2026, 2, 19), "4.00", "0.33"),
        ("100.00", THURSDAY, THURSDAY + timedelta(30), "2.00", "1.00"),
        ("100.00", THURSDAY, THURSDAY + timedelta(1), "2.00", "0.03"),
        ("100.00", THURSDAY, THURSDAY + timedelta(365), "2.00", "12.17"),
    ],
)
def test_charges_follow_the_golden_cases(
    amount: str, due_on: date, paid_on: date, fine: str, interest: str
) -> None:
    assert owed(amount, due_on, paid_on) == Owed(money(amount), money(fine), money(interest))


def test_halves_of_a_cent_round_up() -> None:
    assert owed("0.25", THURSDAY, THURSDAY + timedelta(600)) == Owed(
        money("0.25"), money("0.01"), money("0.05")
    )


def test_without_rates_lateness_costs_nothing() -> None:
    assert owed("100.00", THURSDAY, THURSDAY + timedelta(90), NONE).total == money("100.00")


def test_the_fine_is_charged_once_however_late() -> None:
    assert owed("100.00", THURSDAY, THURSDAY + timedelta(900)).fine == money("2.00")


def test_a_part_paid_in_time_bears_neither_fine_nor_interest() -> None:
    assert owed("100.00", THURSDAY, THURSDAY + timedelta(30), _15="60.00") == Owed(
        money("40.00"), money("0.80"), money("0.40")
    )


def test_a_part_paid_on_the_next_bank_day_is_in_time_too() -> None:
    assert owed("200.00", SATURDAY, date(2026, 12, 14), _16="100.00") == Owed(
        money("100.00"), money("2.00"), money("1.00")
    )


def test_a_part_paid_late_stops_interest_on_itself_and_leaves_the_fine_whole() -> None:
    paid_late = Abatement(THURSDAY + timedelta(30), money("50.00"))
    sixty_days = accrued(money("100.00"), THURSDAY, THURSDAY, THURSDAY + timedelta(60), USUAL, [paid_late])
    assert sixty_days == Owed(money("50.00"), money("2.00"), money("1.50"))


def test_what_was_paid_after_the_day_asked_about_is_still_open_on_it() -> None:
    assert owed("100.00", THURSDAY, date(2026, 1, 16), _20="100.00") == Owed(
        money("100.00"), money("2.00"), money("0.03")
    )


OWED = Owed(principal=money("100.00"), fine=money("2.00"), interest=money("1.00"))


@pytest.mark.parametrize(
    ("received", "principal", "fine", "interest", "excess"),
    [
        ("0.40", "0.00", "0.00", "0.40", "0.00"),
        ("2.50", "0.00", "1.50", "1.00", "0.00"),
        ("53.00", "50.00", "2.00", "1.00", "0.00"),
        ("103.00", "100.00", "2.00", "1.00", "0.00"),
        ("110.00", "100.00", "2.00", "1.00", "7.00"),
    ],
)
def test_a_receipt_serves_interest_then_fine_then_principal(
    received: str, principal: str, fine: str, interest: str, excess: str
) -> None:
    assert impute(money(received), OWED) == Share(
        money(principal), money(fine), money(interest), money(excess)
    )


@pytest.mark.parametrize(
    ("received", "principal", "fine", "interest", "excess"),
    [
        ("53.00", "53.00", "0.00", "0.00", "0.00"),
        ("100.40", "100.00", "0.00", "0.40", "0.00"),
        ("110.00", "100.00", "2.00", "1.00", "7.00"),
    ],
)
def test_a_receipt_on_account_of_the_principal_serves_it_first(
    received: str, principal: str, fine: str, interest: str, excess: str
) -> None:
    assert impute(money(received), OWED, on_principal=True) == Share(
        money(principal), money(fine), money(interest), money(excess)
    )


amounts = st.decimals("0.01", "99999.99", places=2)


@given(amounts, st.integers(0, 2000), st.integers(0, 400))
def test_what_is_owed_never_falls_by_waiting(amount: Decimal, late: int, longer: int) -> None:
    now = accrued(amount, THURSDAY, THURSDAY, THURSDAY + timedelta(late), USUAL)
    then = accrued(amount, THURSDAY, THURSDAY, THURSDAY + timedelta(late + longer), USUAL)
    assert now.total <= then.total


@given(amounts, amounts, amounts, amounts, st.booleans())
def test_the_parts_of_a_receipt_add_up_and_none_exceeds_what_is_owed(
    received: Decimal, principal: Decimal, fine: Decimal, interest: Decimal, on_principal: bool
) -> None:
    share = impute(received, Owed(principal, fine, interest), on_principal=on_principal)
    assert share.principal + share.fine + share.interest + share.excess == received
    assert 0 <= share.principal <= principal
    assert 0 <= share.fine <= fine
    assert 0 <= share.interest <= interest
    assert share.excess == max(received - principal - fine - interest, 0)
