"""What the periods of a contract cost: items, splits, pro rata and index, exact to the cent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from domain.contract.events import Item, Terms
from domain.contract.schedule import first_period_from
from domain.kernel import Frozen, Money, Rate, cents
from domain.values.payment import ValueType
from domain.values.split import split_by, split_evenly

ZERO = Decimal("0.00")
ONE = Decimal("1.0000")
_HUNDRED = Decimal(100)


class ChargeLine(Frozen):
    """One line of a period's invoice: `amount` = quantity × unit_price − discount, in cents."""

    service_id: UUID | None
    description: str
    quantity: Rate
    unit_price: Money
    discount: Money
    amount: Money


def item_price(item: Item) -> Decimal:
    """Quantity × unit price, in cents, before the discount."""
    return cents(item.quantity * item.unit_price)


def item_discount(item: Item) -> Decimal:
    """The discount in reais, whichever way it was given (F110)."""
    if item.discount_percent is not None:
        return cents(item_price(item) * item.discount_percent / _HUNDRED)
    return ZERO if item.discount_amount is None else item.discount_amount


def gross_amount(terms: Terms) -> Decimal:
    """*Valor bruto* (F111, F132): of one period, or of the whole contract when it is split (V1)."""
    if terms.gross_amount is not None:
        return terms.gross_amount
    return sum((item_price(item) - item_discount(item) for item in terms.items), ZERO)


def period_amount(terms: Terms, ordinal: int) -> Decimal:
    """What one period charges: the gross value, its share of a split, or its pro rata."""
    gross = gross_amount(terms)
    if terms.value_type is ValueType.SPLIT:
        return split_amounts(terms)[ordinal - 1]
    if ordinal == 1 and terms.pro_rata_from is not None:
        return pro_rata(gross, first_period_from(terms), terms.pro_rata_from, terms.first_due_on)
    return gross


def split_amounts(terms: Terms) -> tuple[Decimal, ...]:
    """Every instalment of a split contract; they add up to its total (V1, V2, V2b)."""
    if terms.split:
        return split_by(gross_amount(terms), terms.split)
    assert terms.instalment_count is not None
    return split_evenly(gross_amount(terms), terms.instalment_count)


def pro_rata(amount: Decimal, period_from: date, service_from: date, due_on: date) -> Decimal:
    """V9: amount × days of service ÷ days of the period, half-up; both end the day before `due_on`."""
    return proportion(amount, (due_on - service_from).days, (due_on - period_from).days)


def period_lines(terms: Terms, amount: Decimal, unnamed: str) -> tuple[ChargeLine, ...]:
    """The lines of an invoice over `amount`, which they add up to.

    A full period shows the items as agreed. Any other amount (pro rata, split, definitive value) is
    shared out in proportion, each item as one unit; running totals are rounded, so that no cent is
    lost or made. `unnamed` describes the one line of a contract without items.
    """
    if not terms.items:
        return (_line(None, unnamed, ONE, amount, ZERO, amount),)
    gross = gross_amount(terms)
    if amount == gross:
        return tuple(_full_line(item) for item in terms.items)
    lines: list[ChargeLine] = []
    passed, charged = ZERO, ZERO
    for item in terms.items:
        net = item_price(item) - item_discount(item)
        passed += net
        share = proportion(amount, in_cents(passed), in_cents(gross)) - charged
        charged += share
        discount = proportion(item_discount(item), in_cents(amount), in_cents(gross))
        lines.append(_line(item.service_id, item.description, ONE, share + discount, discount, share))
    return tuple(lines)


def _full_line(item: Item) -> ChargeLine:
    discount = item_discount(item)
    amount = item_price(item) - discount
    return _line(item.service_id, item.description, item.quantity, item.unit_price, discount, amount)


def _line(
    service_id: UUID | None,
    description: str,
    quantity: Decimal,
    unit_price: Decimal,
    discount: Decimal,
    amount: Decimal,
) -> ChargeLine:
    return ChargeLine(
        service_id=service_id,
        description=description,
        quantity=quantity,
        unit_price=unit_price,
        discount=discount,
        amount=amount,
    )


def priced(terms: Terms, factor: Decimal) -> Terms:
    """These terms at another price: each unit price and discount in reais × `factor`, half-up (V5b).

    Discounts move with the prices, or the amount charged would rise by more than the index.
    """
    if terms.gross_amount is not None:
        return terms.model_copy(update={"gross_amount": scaled(terms.gross_amount, factor)})
    return terms.model_copy(update={"items": tuple(_priced_item(item, factor) for item in terms.items)})


def _priced_item(item: Item, factor: Decimal) -> Item:
    discount = None if item.discount_amount is None else scaled(item.discount_amount, factor)
    return item.model_copy(
        update={"unit_price": scaled(item.unit_price, factor), "discount_amount": discount}
    )


def scaled(amount: Decimal, factor: Decimal) -> Decimal:
    """An amount × an exact factor of any length, half-up to cents."""
    return proportion(amount, *factor.as_integer_ratio())


def proportion(amount: Decimal, numerator: int, denominator: int) -> Decimal:
    """An amount × a fraction, half-up to cents: in whole numbers, so that no precision is lost."""
    return Decimal((2 * in_cents(amount) * numerator + denominator) // (2 * denominator)).scaleb(-2)


def in_cents(amount: Decimal) -> int:
    """Reais as a whole number of cents."""
    return int(amount.scaleb(2))
