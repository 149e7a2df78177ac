"""What a contract charges, in figures for a person: by its items, by period and in all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from domain.contract.events import Terms
from domain.contract.pricing import ZERO, gross_amount, item_discount, item_price, split_amounts
from domain.values.payment import ValueType
from projections.contracts.query import Contract, Period
from web import formats


@dataclass(frozen=True, slots=True)
class Price:
    """What the items cost: before discounts, the discounts, and what is charged.

    Of one period, or of the whole contract where its value is split (V1).
    """

    gross: Decimal
    discount: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of the periods that are owed or were paid."""

    periods: int
    amount: Decimal
    paid: Decimal
    open: Decimal


def terms_of(contract: Contract) -> Terms:
    """The terms last agreed."""
    return Terms.model_validate(contract.terms)


def price(terms: Terms) -> Price:
    """The figures of F108-F111."""
    if terms.gross_amount is not None:
        return Price(terms.gross_amount, ZERO, terms.gross_amount)
    gross = sum((item_price(item) for item in terms.items), ZERO)
    discount = sum((item_discount(item) for item in terms.items), ZERO)
    return Price(gross, discount, gross_amount(terms))


def period_words(terms: Terms) -> str:
    """What one period charges; from the least to the most where a split is uneven."""
    amounts = split_amounts(terms) if terms.value_type is ValueType.SPLIT else (gross_amount(terms),)
    least, most = min(amounts), max(amounts)
    words = formats.money(most) if least == most else f"{formats.money(least)} a {formats.money(most)}"
    return f"{words}, estimado" if terms.variable else words


def is_open_ended(contract: Contract) -> bool:
    """Whether its periods go on without an end."""
    return contract.ends_on is None and contract.instalment_count is None


def totals(periods: Iterable[Period]) -> Totals:
    """The sums over the schedule, cancelled and freed periods left out."""
    counted = [each for each in periods if is_owed(each)]
    return Totals(
        periods=len({(each.ordinal, each.attempt) for each in counted}),
        amount=sum((amount_of(each) for each in counted), ZERO),
        paid=sum((each.paid_amount or ZERO for each in counted), ZERO),
        open=sum((open_of(each) for each in counted), ZERO),
    )


def is_owed(period: Period) -> bool:
    """Whether the period's amount is owed or was."""
    return not period.released and period.state != "cancelled" and period.situacao != "cancelled"


def amount_of(period: Period) -> Decimal:
    """What the period charges, as generated until its invoice is known."""
    return period.generated_amount if period.amount is None else period.amount


def open_of(period: Period) -> Decimal:
    """What is still owed of it."""
    return amount_of(period) if period.open_amount is None else period.open_amount
