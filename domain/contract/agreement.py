"""What may be agreed: every rule that the terms of a contract must pass, at signing and at revision."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from domain.calendar import add_months
from domain.contract.errors import (
    AdjustmentPeriodTooLongError,
    AdjustmentPeriodUnlawfulError,
    AdjustmentTermUnlawfulError,
    ContractItemInvalidError,
    DateImplausibleError,
    DueDatesCollideError,
    DueDayMissingError,
    DueDayUnusedError,
    EndNotAfterStartError,
    FinePercentUnlawfulError,
    FirstDueBeforeStartError,
    GrossAmountBesideItemsError,
    GrossAmountMissingError,
    GrossAmountNotPositiveError,
    GrossAmountTooLargeError,
    InstalmentNotPositiveError,
    InterestPercentUnlawfulError,
    ProRataOutsideFirstPeriodError,
    RecurringOptionError,
    SplitOpenEndedError,
    SplitOptionError,
    SplitPartsMismatchError,
    TermEmptyError,
    TermTooLongError,
)
from domain.contract.events import AdjustmentClause, Item, Terms
from domain.contract.plan import Plan
from domain.contract.pricing import gross_amount, item_discount, item_price, period_amount, split_amounts
from domain.contract.schedule import DAYS, MONTHS, due_on, first_period_from
from domain.values.payment import ValueType

MOST_PERIODS = 600
"""Fifty years of months: more than this at once is a date typed wrong, and would stop the line."""

LAWFUL_MONTHS = 12
LONGEST_ADJUSTMENT = 120
_YEARS = range(1990, 2101)
_LARGEST = Decimal("9999999999999.99")
_CONSUMER_FINE, _OTHER_FINE = Decimal(2), Decimal(10)
_CONSUMER_INTEREST, _OTHER_INTEREST = Decimal(1), Decimal(2)
_HUNDRED = Decimal(100)


def settled(terms: Terms) -> Terms:
    """The terms as they will be kept, every rule passed.

    A split's number of instalments is settled here, once: an early end must not move its parts.
    """
    check_charges(terms)
    _check_dates(terms)
    if terms.value_type is ValueType.SPLIT:
        terms = _settled_split(terms)
    _check_pro_rata(terms)
    _check_term(terms)
    check_adjustment_term(terms)
    return terms


def settled_notes(notes: str | None) -> str | None:
    """The notes as they will be kept: without blanks around them, None when nothing is left."""
    return (notes or "").strip() or None


def check_charges(terms: Terms) -> None:
    """What is charged and how: the rules that hold at signing and at every revision alike."""
    _check_items(terms)
    _check_gross(terms)
    _check_due_day(terms)
    _check_late_charges(terms)
    _check_options(terms)
    if (clause := terms.adjustment) is not None:
        _check_adjustment_period(clause)


def check_size(periods: int) -> None:
    """Refuse to generate so many periods at once that a typing error must be behind it."""
    if periods > MOST_PERIODS:
        raise TermTooLongError(
            f"{periods} periods at once, at most {MOST_PERIODS}", periods=periods, limit=MOST_PERIODS
        )


def _check_items(terms: Terms) -> None:
    for number, item in enumerate(terms.items, start=1):
        reason = _item_fault(item)
        if reason is not None:
            raise ContractItemInvalidError(f"item {number}: {reason}", item=number, reason=reason)


def _item_fault(item: Item) -> str | None:
    discount = item.discount_percent if item.discount_percent is not None else item.discount_amount
    faults: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("description_missing", lambda: not item.description.strip()),
        ("quantity_not_positive", lambda: item.quantity <= 0),
        ("price_negative", lambda: item.unit_price < 0),
        ("both_discounts", lambda: item.discount_percent is not None and item.discount_amount is not None),
        ("discount_out_of_range", lambda: discount is not None and discount < 0),
        ("discount_out_of_range", lambda: (item.discount_percent or 0) > _HUNDRED),
        ("discount_above_price", lambda: item_discount(item) > item_price(item)),
    )
    return next((reason for reason, holds in faults if holds()), None)


def _check_gross(terms: Terms) -> None:
    if terms.items and terms.gross_amount is not None:
        raise GrossAmountBesideItemsError
    if not terms.items and terms.gross_amount is None:
        raise GrossAmountMissingError
    gross = gross_amount(terms)
    if gross <= 0:
        raise GrossAmountNotPositiveError(f"{gross} is not above zero", amount=str(gross))
    if gross > _LARGEST or any(item_price(item) > _LARGEST for item in terms.items):
        raise GrossAmountTooLargeError(f"more than {_LARGEST}", limit=str(_LARGEST))


def _check_dates(terms: Terms) -> None:
    for field in ("starts_on", "first_due_on", "pro_rata_from"):
        day: date | None = getattr(terms, field)
        if day is not None and day.year not in _YEARS:
            raise DateImplausibleError(f"{field}: {day}", field=field)
    if terms.first_due_on < terms.starts_on:
        raise FirstDueBeforeStartError(f"{terms.first_due_on} < {terms.starts_on}")
    if terms.ends_on is not None and terms.ends_on <= terms.starts_on:
        raise EndNotAfterStartError(f"{terms.ends_on} <= {terms.starts_on}")


def _check_due_day(terms: Terms) -> None:
    in_days = terms.periodicity in DAYS
    if in_days and terms.due_day is not None:
        raise DueDayUnusedError
    if not in_days and terms.due_day is None:
        raise DueDayMissingError


def _check_late_charges(terms: Terms) -> None:
    fine_limit = _CONSUMER_FINE if terms.consumer else _OTHER_FINE
    if not 0 <= terms.fine_percent <= fine_limit:
        raise FinePercentUnlawfulError(f"{terms.fine_percent} % > {fine_limit} %", limit=str(fine_limit))
    interest_limit = _CONSUMER_INTEREST if terms.consumer else _OTHER_INTEREST
    if not 0 <= terms.interest_percent_month <= interest_limit:
        raise InterestPercentUnlawfulError(
            f"{terms.interest_percent_month} % > {interest_limit} % a month", limit=str(interest_limit)
        )


def _check_options(terms: Terms) -> None:
    error: type[SplitOptionError] | type[RecurringOptionError]
    if terms.value_type is ValueType.SPLIT:
        error = SplitOptionError
        unfit = {
            "variable": terms.variable,
            "adjustment": terms.adjustment is not None,
            "pro_rata_from": terms.pro_rata_from is not None,
        }
    else:
        error = RecurringOptionError
        unfit = {"split": bool(terms.split), "nfse": terms.nfse == "single"}
    for field, given in unfit.items():
        if given:
            raise error(field, field=field)


def _settled_split(terms: Terms) -> Terms:
    parts = len(terms.split)
    count = Plan.of(terms).term
    if count is None:
        count = parts
    if count == 0:
        raise SplitOpenEndedError if terms.ends_on is None else TermEmptyError
    if parts not in (0, count):
        raise SplitPartsMismatchError(
            f"{parts} parts for {count} instalments", parts=parts, instalments=count
        )
    check_size(count)
    terms = terms.model_copy(update={"instalment_count": count})
    for ordinal, amount in enumerate(split_amounts(terms), start=1):
        check_instalment(ordinal, amount)
    return terms


def _check_pro_rata(terms: Terms) -> None:
    if terms.pro_rata_from is None:
        return
    opens = max(first_period_from(terms), terms.starts_on)
    if not opens <= terms.pro_rata_from < terms.first_due_on:
        raise ProRataOutsideFirstPeriodError(
            f"{terms.pro_rata_from} is not from {opens} to before {terms.first_due_on}",
            period_from=opens,
            due_on=terms.first_due_on,
        )
    check_instalment(1, period_amount(terms, 1))


def _check_adjustment_period(clause: AdjustmentClause) -> None:
    if clause.every_months < LAWFUL_MONTHS and not clause.outside_law:
        raise AdjustmentPeriodUnlawfulError(f"every {clause.every_months} months")
    if clause.every_months > LONGEST_ADJUSTMENT:
        raise AdjustmentPeriodTooLongError(
            f"every {clause.every_months} months, at most {LONGEST_ADJUSTMENT}", limit=LONGEST_ADJUSTMENT
        )


def check_instalment(ordinal: int, amount: Decimal) -> None:
    """Refuse an instalment that would charge nothing."""
    if amount <= 0:
        raise InstalmentNotPositiveError(f"instalment {ordinal} is {amount}", ordinal=ordinal)


def _check_term(terms: Terms) -> None:
    periods = Plan.of(terms).term
    if periods == 0:
        raise TermEmptyError
    if periods != 1 and due_on(terms, 2) <= due_on(terms, 1):
        raise DueDatesCollideError(f"both on {due_on(terms, 2)}", ordinal=2, due_on=due_on(terms, 2))


def check_adjustment_term(terms: Terms) -> None:
    """An index clause needs a contract of a year or more, by every end that it has."""
    clause = terms.adjustment
    if clause is None or clause.outside_law:
        return
    if _runs_until(terms) < add_months(terms.starts_on, LAWFUL_MONTHS):
        raise AdjustmentTermUnlawfulError


def _runs_until(terms: Terms) -> date:
    """The first day after the term: of the end date, or of as many whole periods as were counted."""
    ends = [date.max]
    if terms.ends_on is not None:
        ends.append(min(terms.ends_on, date.max - timedelta(days=1)) + timedelta(days=1))
    if terms.instalment_count is not None:
        # The thirteenth month settles the matter: no need to walk through a longer count.
        count = min(terms.instalment_count, LAWFUL_MONTHS * 5)
        days = DAYS.get(terms.periodicity)
        if days is not None:
            ends.append(terms.starts_on + timedelta(days=days * count))
        else:
            ends.append(add_months(terms.starts_on, MONTHS[terms.periodicity] * count))
    return min(ends)
