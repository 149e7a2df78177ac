"""A sale: recorded once, billed item by item, released with its invoice, cancelled while none is billed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given as each
from hypothesis import strategies as st

from domain.kernel import DomainError
from domain.sale.events import SaleEvent
from domain.sale.sale import (
    Sale,
    SaleBilledError,
    SaleCancelledError,
    SaleDateImplausibleError,
    SaleItemBilledError,
    SaleItemInvalidError,
    SaleItemsMissingError,
    SaleItemUnknownError,
    evolve,
    project,
    sold_item,
)
from domain.values.ids import sale_id, sale_invoice_id
from domain.values.text import TextInvalidError
from tests.domain.sale.facts import (
    COMPANY,
    INVOICE,
    ITEMS,
    NOW,
    OTHER,
    SALE,
    SERVICE,
    billed,
    cancelled,
    item,
    recorded,
    released,
)
from tests.support.scenario import given


def test_one_order_of_one_system_is_one_sale_however_it_is_spelt() -> None:
    fact = recorded(source=" Loja ", order="A 1001")
    assert fact.originator_id == sale_id(COMPANY, "loja/a 1001") == recorded(order="a 1001").originator_id
    assert (fact.code, fact.source, fact.order) == ("Loja/A 1001", "Loja", "A 1001")
    assert fact.originator_id != recorded(source="caixa", order="A 1001").originator_id


@pytest.mark.parametrize("field", ["source", "order"])
def test_an_order_has_a_system_and_a_number(field: str) -> None:
    with pytest.raises(TextInvalidError):
        recorded(**{field: "  "})


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "reason"),
    [
        ("0", "1.00", "0.00", "quantity"),
        ("-1", "1.00", "0.00", "quantity"),
        ("0.00001", "1.00", "0.00", "quantity"),
        ("Infinity", "1.00", "0.00", "quantity"),
        ("1", "-1.00", "0.00", "unit_price"),
        ("1", "1.005", "0.00", "unit_price"),
        ("1", "NaN", "0.00", "unit_price"),
        ("1", "1.00", "-0.01", "discount"),
        ("1", "1.00", "1.01", "discount"),
        ("1", "1.00", "0.001", "discount"),
        ("99999999", "9999999999.00", "0.00", "too_large"),
        ("1", "100000000000.00", "0.00", "too_large"),
        ("1E+40", "1.00", "0.00", "too_large"),
        ("1", "1E+40", "0.00", "too_large"),
        ("1", "1.00", "1E+40", "too_large"),
    ],
)
def test_an_item_that_cannot_be_charged_is_refused(
    quantity: str, price: str, discount: str, reason: str
) -> None:
    with pytest.raises(SaleItemInvalidError) as raised:
        item(4, price, quantity, discount)
    assert raised.value.details == {"item": 4, "reason": reason}


def test_an_item_is_worth_quantity_times_price_less_discount_rounded_half_up() -> None:
    assert item(1, "33.33", "3", "9.99").amount == Decimal("90.00")
    assert item(1, "0.01", "0.5").amount == Decimal("0.01")
    assert sold_item(1, SERVICE, "x", Decimal("0.3333"), Decimal("10.00"), Decimal(0)).amount == Decimal(
        "3.33"
    )


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ((), "no_items"),
        ((item(1, "0.00"),), "worth_nothing"),
        ((item(1, "99999999999.99"), item(2, "0.01")), "too_large"),
    ],
)
def test_a_sale_is_worth_something(items: tuple[object, ...], reason: str) -> None:
    with pytest.raises(SaleItemInvalidError) as raised:
        recorded(items=items)
    assert raised.value.details == {"reason": reason}


@pytest.mark.parametrize("field", ["sold_on", "due_on"])
@pytest.mark.parametrize("day", [date(1, 1, 1), date(1989, 12, 31), date(2101, 1, 1), date(9999, 12, 31)])
def test_a_year_typed_wrong_is_refused(field: str, day: date) -> None:
    with pytest.raises(SaleDateImplausibleError) as raised:
        recorded(**{field: day})
    assert raised.value.details == {"field": field}
    assert getattr(recorded(**{field: date(2100, 12, 31)}), field) == date(2100, 12, 31)


def test_items_are_billed_one_by_one() -> None:
    given(project, recorded()).when(lambda sale: sale.bill_items([3, 1], INVOICE, NOW)).then(billed(2, 1, 3))
    given(project, recorded(), billed(2, 1, 3)).when(lambda sale: sale.bill_items([2], OTHER, NOW)).then(
        billed(3, 2, invoice_id=OTHER)
    )


def test_an_item_is_on_one_invoice_at_most() -> None:
    given(project, recorded(), billed(2, 2)).when(
        lambda sale: sale.bill_items([1, 2], OTHER, NOW)
    ).then_refused(SaleItemBilledError, item=2, invoice_id=INVOICE)


def test_only_items_of_the_sale_are_billed() -> None:
    given(project, recorded()).when(lambda sale: sale.bill_items([4], INVOICE, NOW)).then_refused(
        SaleItemUnknownError, item=4
    )
    given(project, recorded()).when(lambda sale: sale.bill_items([], INVOICE, NOW)).then_refused(
        SaleItemsMissingError
    )


def test_what_was_on_a_cancelled_invoice_is_open_again() -> None:
    history = given(project, recorded(), billed(2, 1), billed(3, 2, 3, invoice_id=OTHER))
    history.when(lambda sale: sale.release_items(OTHER, "asked", NOW)).then(
        released(4, 2, 3, invoice_id=OTHER)
    )
    given(project, recorded(), billed(2, 1), released(3, 1)).when(
        lambda sale: sale.bill_items([1], OTHER, NOW)
    ).then(billed(4, 1, invoice_id=OTHER))


def test_an_invoice_without_items_of_the_sale_releases_nothing() -> None:
    given(project, recorded(), billed(2, 1)).when(
        lambda sale: sale.release_items(OTHER, "asked", NOW)
    ).then_nothing()


def test_a_sale_is_cancelled_while_nothing_of_it_is_billed() -> None:
    given(project, recorded()).when(lambda sale: sale.cancel(" desistiu ", NOW)).then(cancelled(2))
    given(project, recorded(), cancelled(2)).when(lambda sale: sale.cancel("de novo", NOW)).then_nothing()
    given(project, recorded(), billed(2, 1), released(3, 1)).when(
        lambda sale: sale.cancel("desistiu", NOW)
    ).then(cancelled(4))
    given(project, recorded(), billed(2, 1)).when(lambda sale: sale.cancel("desistiu", NOW)).then_refused(
        SaleBilledError, invoice_ids=[INVOICE]
    )


def test_nothing_of_a_cancelled_sale_is_billed() -> None:
    given(project, recorded(), cancelled(2)).when(
        lambda sale: sale.bill_items([1], INVOICE, NOW)
    ).then_refused(SaleCancelledError)
    sale = given(project, recorded(), cancelled(2)).state
    assert (sale.open_items, sale.is_open) == ((), False)


def test_what_was_given_away_alone_is_not_open() -> None:
    sale = given(project, recorded(), billed(2, 1, 2)).state
    assert [each.number for each in sale.open_items] == [3]
    assert not sale.is_open
    assert given(project, recorded()).state.is_open
    assert sale.amount == Decimal("390.00")


def test_each_fact_of_a_sale_opens_another_invoice() -> None:
    before = given(project, recorded()).state
    after = given(project, recorded(), billed(2, 1), released(3, 1)).state
    assert before.next_invoice_id() == sale_invoice_id(SALE, 2)
    assert after.next_invoice_id() == sale_invoice_id(SALE, 4)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["bill", "release", "cancel"]),
        st.sets(st.integers(1, len(ITEMS) + 1)),
        st.integers(1, 3),
    ),
    max_size=12,
)


def _step(sale: Sale, kind: str, items: set[int], invoice: int) -> SaleEvent | None:
    match kind:
        case "bill":
            return sale.bill_items(items, UUID(int=invoice), NOW)
        case "release":
            return sale.release_items(UUID(int=invoice), "asked", NOW)
        case _:
            return sale.cancel("motivo", NOW)


@each(STEPS)
def test_whatever_happens_each_item_is_open_or_on_one_live_invoice(
    steps: list[tuple[str, set[int], int]],
) -> None:
    sale = evolve(None, recorded())
    charged: dict[int, UUID] = {}
    for kind, items, invoice in steps:
        try:
            fact = _step(sale, kind, items, invoice)
        except DomainError:
            continue
        if fact is None:
            continue
        if fact.TOPIC == "sale.items_billed.v1":
            assert not charged.keys() & items
            charged |= dict.fromkeys(items, UUID(int=invoice))
        elif fact.TOPIC == "sale.items_released.v1":
            charged = {number: each for number, each in charged.items() if each != UUID(int=invoice)}
        sale = evolve(sale, fact)
        assert sale.billed == charged
        assert not (sale.cancelled and sale.billed)
        if not sale.cancelled:
            assert {each.number for each in sale.open_items} == {
                each.number for each in ITEMS
            } - charged.keys()
