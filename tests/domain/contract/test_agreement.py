"""What may not be agreed: each rule of signing, refused with what to correct."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.contract import errors
from domain.contract.agreement import settled
from domain.contract.contract import Contract
from domain.contract.events import Item, Periodicity, Terms
from domain.kernel import DomainError
from domain.values.payment import DueShift
from domain.values.split import SplitInvalidError
from tests.domain.contract import builders as b


def refused(agreed: Terms, error: type[DomainError], **details: object) -> None:
    with pytest.raises(error) as raised:
        settled(agreed)
    assert raised.type is error
    assert {key: raised.value.details.get(key) for key in details} == details


def is_agreed(agreed: Terms) -> bool:
    return settled(agreed) == agreed


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (b.item(description="  "), "description_missing"),
        (b.item(quantity="0"), "quantity_not_positive"),
        (b.item(quantity="-1"), "quantity_not_positive"),
        (b.item("-0.01"), "price_negative"),
        (b.item(percent="5", amount="5"), "both_discounts"),
        (b.item(percent="-1"), "discount_out_of_range"),
        (b.item(amount="-0.01"), "discount_out_of_range"),
        (b.item(percent="100.0001"), "discount_out_of_range"),
        (b.item("100.00", amount="100.01"), "discount_above_price"),
    ],
)
def test_an_item_that_does_not_add_up_is_refused_and_named(item: Item, reason: str) -> None:
    refused(b.terms(items=(b.item(), item)), errors.ContractItemInvalidError, item=2, reason=reason)


def test_an_item_may_be_given_away_while_another_is_charged() -> None:
    agreed = b.terms(items=(b.item(), b.item(percent="100"), b.item("0.00")))
    assert is_agreed(agreed)


@pytest.mark.parametrize(
    "item",
    [
        b.item(amount="0.00"),
        b.item(amount="0.01"),
        b.item(percent="0"),
        b.item(percent="0.5"),
        b.item("0.01"),
    ],
)
def test_the_smallest_discounts_and_prices_are_agreed(item: Item) -> None:
    assert is_agreed(b.terms(items=(b.item(), item)))


def test_a_contract_has_items_or_a_gross_value_and_not_both() -> None:
    refused(b.terms(gross_amount=Decimal("100.00")), errors.GrossAmountBesideItemsError)
    refused(b.terms(items=()), errors.GrossAmountMissingError)
    assert is_agreed(b.terms(items=(), gross_amount=Decimal("0.01")))


@pytest.mark.parametrize(
    "changes",
    [
        {"items": (b.item(percent="100"),)},
        {"items": (), "gross_amount": Decimal("0.00")},
        {"items": (), "gross_amount": Decimal("-5.00")},
    ],
)
def test_what_is_charged_must_be_above_zero(changes: dict[str, Any]) -> None:
    refused(b.terms(**changes), errors.GrossAmountNotPositiveError)


def test_a_value_that_no_invoice_can_hold_is_refused() -> None:
    refused(b.terms(items=(b.item("9999999999999.99", "2"),)), errors.GrossAmountTooLargeError)
    refused(b.terms(items=(b.item("9999999999999.99", "2", percent="99"),)), errors.GrossAmountTooLargeError)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("starts_on", {"starts_on": date(206, 1, 1)}),
        ("first_due_on", {"first_due_on": date(2206, 1, 1)}),
        ("pro_rata_from", {"pro_rata_from": date(1926, 1, 1)}),
    ],
)
def test_a_year_typed_wrong_is_refused(field: str, changes: dict[str, Any]) -> None:
    refused(b.terms(**changes), errors.DateImplausibleError, field=field)


def test_the_first_due_date_may_not_come_before_the_start() -> None:
    refused(b.terms(first_due_on=date(2025, 12, 31)), errors.FirstDueBeforeStartError)


@pytest.mark.parametrize("ends_on", [date(2026, 1, 1), date(2025, 12, 31)])
def test_the_end_must_come_after_the_start(ends_on: date) -> None:
    refused(b.terms(ends_on=ends_on), errors.EndNotAfterStartError)


def test_a_due_day_is_for_contracts_that_count_in_months() -> None:
    refused(b.terms(due_day=None), errors.DueDayMissingError)
    refused(b.weekly(due_day=5), errors.DueDayUnusedError)


@pytest.mark.parametrize(
    ("consumer", "fine", "limit"), [(True, "2.0001", "2"), (False, "10.0001", "10"), (True, "-1", "2")]
)
def test_a_fine_beyond_the_law_is_refused(consumer: bool, fine: str, limit: str) -> None:
    agreed = b.terms(consumer=consumer, fine_percent=Decimal(fine))
    refused(agreed, errors.FinePercentUnlawfulError, limit=limit)


@pytest.mark.parametrize(
    ("consumer", "interest", "limit"), [(True, "1.0001", "1"), (False, "2.0001", "2"), (True, "-1", "1")]
)
def test_interest_beyond_the_law_is_refused(consumer: bool, interest: str, limit: str) -> None:
    agreed = b.terms(consumer=consumer, interest_percent_month=Decimal(interest))
    refused(agreed, errors.InterestPercentUnlawfulError, limit=limit)


def test_charges_at_the_limits_of_the_law_are_agreed() -> None:
    assert is_agreed(b.terms())
    assert is_agreed(b.terms(consumer=False, fine_percent=Decimal(10), interest_percent_month=Decimal(2)))
    assert is_agreed(b.terms(fine_percent=Decimal(0), interest_percent_month=Decimal(0)))


def test_a_term_without_any_period_is_refused() -> None:
    refused(b.terms(first_due_on=date(2026, 3, 1), ends_on=date(2026, 2, 28)), errors.TermEmptyError)


def test_two_periods_on_one_bank_day_are_refused() -> None:
    agreed = b.terms(first_due_on=date(2026, 10, 31), due_day=1, due_shift=DueShift.NEXT)
    refused(agreed, errors.DueDatesCollideError, ordinal=2, due_on=date(2026, 11, 3))
    assert is_agreed(agreed.model_copy(update={"instalment_count": 1}))


@pytest.mark.parametrize("service_from", [date(2026, 1, 30), date(2026, 2, 28), date(2026, 3, 1)])
def test_pro_rata_counts_days_within_the_first_period(service_from: date) -> None:
    refused(
        b.terms(
            starts_on=date(2026, 1, 30),
            first_due_on=date(2026, 2, 28),
            due_day=31,
            pro_rata_from=service_from,
        ),
        errors.ProRataOutsideFirstPeriodError,
        period_from=date(2026, 1, 31),
        due_on=date(2026, 2, 28),
    )


def test_pro_rata_does_not_begin_before_the_contract() -> None:
    agreed = b.terms(
        starts_on=date(2026, 1, 10), first_due_on=date(2026, 2, 1), pro_rata_from=date(2026, 1, 9)
    )
    refused(agreed, errors.ProRataOutsideFirstPeriodError, period_from=date(2026, 1, 10))


def test_a_first_period_that_comes_to_nothing_is_refused() -> None:
    agreed = b.terms(items=(b.item("0.10"),), first_due_on=date(2026, 2, 1), pro_rata_from=date(2026, 1, 31))
    refused(agreed, errors.InstalmentNotPositiveError, ordinal=1)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("variable", {"variable": True}),
        ("adjustment", {"adjustment": b.clause()}),
        ("pro_rata_from", {"pro_rata_from": date(2025, 12, 15)}),
    ],
)
def test_a_fixed_total_takes_no_option_of_recurring_contracts(field: str, changes: dict[str, Any]) -> None:
    refused(b.split(**changes), errors.SplitOptionError, field=field)


@pytest.mark.parametrize(
    ("field", "changes"), [("split", {"split": b.percents("50", "50")}), ("nfse", {"nfse": "single"})]
)
def test_a_recurring_contract_takes_no_option_of_fixed_totals(field: str, changes: dict[str, Any]) -> None:
    refused(b.terms(**changes), errors.RecurringOptionError, field=field)


def test_a_split_contract_needs_an_end() -> None:
    refused(b.split(None), errors.SplitOpenEndedError)
    assert settled(b.split(None, split=b.percents("30", "30", "40"))).instalment_count == 3
    assert settled(b.split(None, ends_on=date(2026, 4, 30))).instalment_count == 4


def test_a_split_settles_its_number_of_instalments_by_what_ends_first() -> None:
    assert settled(b.split(6, ends_on=date(2026, 4, 30))).instalment_count == 4
    assert settled(b.split(6, ends_on=date(2026, 12, 31))).instalment_count == 6


def test_a_split_that_ends_before_its_first_instalment_is_refused() -> None:
    refused(b.split(6, first_due_on=date(2026, 3, 1), ends_on=date(2026, 2, 1)), errors.TermEmptyError)


def test_an_uneven_split_has_as_many_parts_as_instalments() -> None:
    refused(b.split(3, split=b.percents("50", "50")), errors.SplitPartsMismatchError, parts=2, instalments=3)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (b.percents("30", "30", "39.9999"), "percent_sum"),
        (b.amounts("20000.00", "20000.00", "20000.01"), "amount_sum"),
        ((*b.percents("50", "25"), *b.amounts("15000.00")), "mixed"),
        (b.percents("100", "-10", "10"), "part_not_positive"),
    ],
)
def test_an_uneven_split_adds_up_to_the_total(parts: tuple[Any, ...], reason: str) -> None:
    refused(b.split(3, split=parts), SplitInvalidError, reason=reason)


def test_a_split_into_instalments_of_nothing_is_refused() -> None:
    refused(b.split(12, "0.11"), errors.InstalmentNotPositiveError, ordinal=1)


@pytest.mark.parametrize("count", [601, 1_000_000_000])
def test_a_split_into_too_many_instalments_is_refused(count: int) -> None:
    refused(b.split(count), errors.TermTooLongError, periods=count, limit=600)


@pytest.mark.parametrize("months", [1, 6, 11])
def test_an_index_clause_under_twelve_months_is_refused_unless_outside_the_law(months: int) -> None:
    refused(b.terms(adjustment=b.clause(every_months=months)), errors.AdjustmentPeriodUnlawfulError)
    assert is_agreed(b.terms(adjustment=b.clause(every_months=months, outside_law=True)))


def test_an_index_clause_every_hundred_years_is_a_typing_error() -> None:
    refused(b.terms(adjustment=b.clause(every_months=1200)), errors.AdjustmentPeriodTooLongError, limit=120)


@pytest.mark.parametrize(
    "term",
    [
        {"ends_on": date(2026, 12, 30)},
        {"instalment_count": 11},
        {"instalment_count": 12, "ends_on": date(2026, 11, 30)},
        {"instalment_count": 5, "periodicity": Periodicity.BIMONTHLY},
        {"instalment_count": 52, "periodicity": Periodicity.WEEKLY, "due_day": None},
    ],
)
def test_an_index_clause_in_a_contract_under_a_year_is_refused(term: dict[str, Any]) -> None:
    refused(b.terms(adjustment=b.clause(), **term), errors.AdjustmentTermUnlawfulError)
    assert is_agreed(b.terms(adjustment=b.clause(outside_law=True), **term))


@pytest.mark.parametrize(
    "term",
    [
        {"ends_on": date(2026, 12, 31)},
        {"ends_on": date.max},
        {"instalment_count": 12},
        {"instalment_count": 1, "periodicity": Periodicity.YEARLY},
        {"instalment_count": 53, "periodicity": Periodicity.WEEKLY, "due_day": None},
    ],
)
def test_an_index_clause_in_a_contract_of_a_year_is_agreed(term: dict[str, Any]) -> None:
    assert is_agreed(b.terms(adjustment=b.clause(), **term))


@pytest.mark.parametrize("code", ["", "  "])
def test_a_contract_without_a_number_is_refused(code: str) -> None:
    with pytest.raises(errors.ContractCodeMissingError):
        Contract.sign(b.CONTRACT, b.COMPANY, code, b.CUSTOMER, b.terms(), b.TODAY, b.NOW)
