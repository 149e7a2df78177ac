"""What holds for every contract: sums, dates, horizons, and one live invoice for each period."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.calendar import clamp_day, is_bank_day
from domain.contract.agreement import settled
from domain.contract.contract import Contract
from domain.contract.errors import DueDatesCollideError
from domain.contract.events import (
    ContractEvent,
    InstallmentGenerated,
    InstallmentReleased,
    Item,
    Periodicity,
    SplitPart,
    Terms,
)
from domain.contract.pricing import period_amount, period_lines, pro_rata, split_amounts
from domain.contract.schedule import DAYS, MONTHS, due_on, suggest_first_due
from domain.kernel import DomainError
from domain.values.payment import DueShift
from tests.domain.contract import builders as b

FIRST_DAY, LAST_DAY = date(2024, 1, 1), date(2027, 12, 31)
days = st.dates(FIRST_DAY, LAST_DAY)
money = st.decimals("0.01", "99999.99", places=2)
quantities = st.decimals("0.0001", "500", places=4)


@st.composite
def items(draw: st.DrawFn) -> Item:
    """An item with any discount that the rules admit."""
    percent = draw(st.none() | st.decimals("0", "99.9999", places=4))
    return Item(
        service_id=b.SERVICE,
        description="Serviço",
        quantity=draw(quantities),
        unit_price=draw(money),
        discount_percent=percent,
        discount_amount=None,
    )


@st.composite
def open_ended(draw: st.DrawFn, first_typed: bool = True) -> Terms:
    """Recurring terms of any periodicity, start, due day and shift; the first due date any or suggested."""
    starts_on = draw(days)
    periodicity = draw(st.sampled_from(Periodicity))
    due_day = None if periodicity in DAYS else draw(st.integers(1, 31))
    first_due_on = suggest_first_due(starts_on, due_day)
    if first_typed and draw(st.booleans()):
        first_due_on = starts_on + timedelta(days=draw(st.integers(0, 120)))
    return b.terms(
        periodicity=periodicity,
        starts_on=starts_on,
        due_day=due_day,
        first_due_on=first_due_on,
        due_shift=draw(st.sampled_from(DueShift)),
        retroactive=draw(st.sampled_from(["every_period", "from_today", "from_next_month"])),
    )


@st.composite
def any_term(draw: st.DrawFn) -> Terms:
    """Open-ended, by date, by count, or by both."""
    terms = draw(open_ended())
    length = draw(st.none() | st.integers(1, 900))
    ends_on = None if length is None else terms.first_due_on + timedelta(days=length)
    return terms.model_copy(
        update={"ends_on": ends_on, "instalment_count": draw(st.none() | st.integers(1, 40))}
    )


def signed(terms: Terms, today: date) -> list[ContractEvent]:
    """The facts of signing; terms that two periods would share a bank day by are left out."""
    try:
        return b.signed(terms, today=today)
    except DueDatesCollideError:
        assume(False)
        raise


@given(total=st.decimals("10.00", "999999.99", places=2), count=st.integers(1, 120))
def test_even_instalments_add_up_to_the_total_and_the_last_is_never_the_smaller(
    total: Decimal, count: int
) -> None:
    parts = split_amounts(settled(b.split(count, str(total))))
    assert sum(parts) == total
    assert len(parts) == count
    assert parts[-1] >= parts[0] > 0


@given(
    total=st.decimals("100.00", "999999.99", places=2),
    weights=st.lists(st.integers(1, 1000), min_size=1, max_size=24),
)
def test_uneven_instalments_add_up_to_the_total(total: Decimal, weights: list[int]) -> None:
    percents = [Decimal(weight * 100) / sum(weights) for weight in weights]
    cut = [percent.quantize(Decimal("0.0001")) for percent in percents[:-1]]
    last = 100 - sum(cut, Decimal(0))
    assume(last > 0)
    parts = tuple(SplitPart(percent=percent, amount=None) for percent in (*cut, last))
    assert sum(split_amounts(b.split(None, str(total), split=parts))) == total


@given(charged=st.lists(items(), min_size=1, max_size=8), amount=st.none() | money)
def test_the_lines_of_an_invoice_add_up_to_it(charged: list[Item], amount: Decimal | None) -> None:
    terms = b.terms(items=tuple(charged))
    due = period_amount(terms, 1)
    assume(due > 0)
    lines = period_lines(terms, amount or due, "CT-1")
    assert sum(line.amount for line in lines) == (amount or due)
    assert all(line.amount >= 0 and line.discount >= 0 for line in lines)
    assert lines == period_lines(terms, amount or due, "CT-1")


@given(amount=money, length=st.integers(1, 366), data=st.data())
def test_pro_rata_is_a_part_of_the_amount_and_grows_with_service(
    amount: Decimal, length: int, data: st.DataObject
) -> None:
    due = FIRST_DAY + timedelta(days=length)
    served = data.draw(st.integers(1, length))
    charged = [pro_rata(amount, FIRST_DAY, due - timedelta(days=each), due) for each in (served - 1, served)]
    assert 0 <= charged[0] <= charged[1] <= amount
    assert pro_rata(amount, FIRST_DAY, FIRST_DAY, due) == amount


@given(terms=open_ended(), today=days)
def test_due_dates_never_skip_a_period(terms: Terms, today: date) -> None:
    events = b.instalments(signed(terms, today))
    assert [event.ordinal for event in events] == list(
        range(events[0].ordinal, events[0].ordinal + len(events))
    )
    contract = b.contract(signed(terms, today))
    agreed = [contract.plan.agreed_due(event.ordinal) for event in events]
    if terms.periodicity in DAYS:
        assert {later - earlier for earlier, later in pairwise(agreed)} <= {
            timedelta(days=DAYS[terms.periodicity])
        }
        return
    months = [day.year * 12 + day.month for day in agreed]
    assert {later - earlier for earlier, later in pairwise(months)} <= {MONTHS[terms.periodicity]}
    assert terms.due_day is not None
    for event, day in zip(events, agreed, strict=True):
        expected = clamp_day(day.year, day.month, terms.due_day)
        assert day == (terms.first_due_on if event.ordinal == 1 else expected)


@given(terms=any_term(), today=days)
def test_due_dates_strictly_increase_within_the_term(terms: Terms, today: date) -> None:
    try:
        events = b.instalments(signed(terms, today))
    except DomainError:
        assume(False)
        raise
    assert all(earlier.due_on < later.due_on for earlier, later in pairwise(events))
    for event in events:
        assert terms.ends_on is None or event.due_on <= terms.ends_on
        assert event.period_from <= event.period_until < event.due_on or terms.due_shift is not DueShift.NONE
        if terms.due_shift is not DueShift.NONE and event.due_on != terms.ends_on:
            assert is_bank_day(event.due_on) or terms.ends_on is not None
    if terms.instalment_count is not None:
        assert events[-1].ordinal <= terms.instalment_count


@given(terms=open_ended(), today=days, choice=st.sampled_from(["from_today", "from_next_month"]))
def test_a_retroactive_choice_leaves_out_exactly_what_was_due_before(
    terms: Terms, today: date, choice: str
) -> None:
    terms = terms.model_copy(update={"retroactive": choice})
    opening = b.instalments(signed(terms, today))[0]
    if terms.starts_on >= today:
        assert opening.ordinal == 1
        return
    cutoff = today if choice == "from_today" else (today.replace(day=1) + timedelta(days=31)).replace(day=1)
    assert opening.due_on >= cutoff
    assert opening.ordinal == 1 or due_on(terms, opening.ordinal - 1) < cutoff


@given(
    terms=open_ended(),
    today=days,
    steps=st.lists(st.integers(0, 90), min_size=1, max_size=12),
)
def test_topping_up_day_by_day_equals_topping_up_at_once(terms: Terms, today: date, steps: list[int]) -> None:
    at_once = stepwise = b.contract(signed(terms, today))
    day = today
    for step in steps:
        day += timedelta(days=step)
        stepwise = b.after(stepwise, stepwise.top_up(day, b.NOW))
        assert stepwise.top_up(day, b.NOW) == []
    at_once = b.after(at_once, at_once.top_up(day, b.NOW))
    assert at_once == stepwise


@given(terms=open_ended(), today=days)
def test_the_horizon_reaches_twelve_months_ahead_and_no_further(terms: Terms, today: date) -> None:
    terms = terms.model_copy(update={"retroactive": "every_period"})
    contract = b.contract(signed(terms, today))
    beyond = max(today, terms.first_due_on) + timedelta(days=366)
    assert contract.plan.agreed_due(contract.periods.last) < beyond
    assert contract.plan.agreed_due(contract.periods.last + 1) >= beyond - timedelta(days=2)


@given(terms=any_term(), today=days, ends_in=st.integers(0, 500), billed=st.sets(st.integers(1, 60)))
def test_ended_and_extended_again_every_period_of_the_term_is_live_once(
    terms: Terms, today: date, ends_in: int, billed: set[int]
) -> None:
    try:
        contract = b.contract(signed(terms, today))
        unbilled = [ordinal for ordinal in contract.periods.live() if ordinal not in billed]
        ended = b.after(
            contract, contract.end(terms.starts_on + timedelta(days=ends_in), "fim", unbilled, b.NOW)
        )
        extended = b.after(ended, ended.extend(None, 80, today, b.NOW))
    except DomainError:
        assume(False)
        raise
    assert set(ended.past_end) <= billed
    assert extended.periods.live() == list(range(contract.periods.first, 81))
    assert extended.top_up(today, b.NOW) == []


type Step = Callable[[Contract, date], Sequence[ContractEvent]]


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """Any decision on a contract, with inputs that are right, late or wrong."""
    ordinal, attempt = draw(st.integers(1, 30)), draw(st.integers(1, 3))
    day = draw(days)
    unbilled = draw(st.sets(st.integers(1, 60)))
    count = draw(st.none() | st.integers(1, 60))
    changes: dict[str, Any] = draw(
        st.sampled_from(
            [{"due_day": 31}, {"due_day": 3}, {"items": (b.item("77.00"),)}, {"department": "Vendas"}]
        )
    )
    choices: list[Step] = [
        lambda contract, today: contract.top_up(today, b.NOW),
        lambda contract, today: contract.release(ordinal, attempt, b.NOW),
        lambda contract, today: contract.regenerate(ordinal, b.NOW),
        lambda contract, today: contract.end(day, "fim", unbilled, b.NOW),
        lambda contract, today: contract.extend(day, count, today, b.NOW),
        lambda contract, today: contract.revise(
            contract.plan.terms_on(day).model_copy(update=changes), day, b.NOW
        ),
    ]
    return draw(st.sampled_from(choices))


@settings(max_examples=300)
@given(
    terms=any_term() | st.builds(lambda count: b.split(count, nfse="single"), st.integers(1, 12)),
    today=days,
    decisions=st.lists(steps(), max_size=15),
)
def test_a_period_never_has_two_live_invoices(terms: Terms, today: date, decisions: list[Step]) -> None:
    try:
        history = signed(terms, today)
    except DomainError:
        assume(False)
        raise
    contract = b.contract(history)
    for decide in decisions:
        today += timedelta(days=9)
        try:
            decided = decide(contract, today)
        except DomainError:
            continue
        history = [*history, *decided]
        contract = b.after(contract, decided)
    assert [event.originator_version for event in history] == list(range(1, len(history) + 1))
    assert sorted(live_invoices(history)) == contract.periods.live()
    assert contract == b.contract(history)


def live_invoices(history: Sequence[ContractEvent]) -> dict[int, UUID]:
    """The live invoice of each period, as the facts alone tell it."""
    live: dict[int, UUID] = {}
    seen: set[tuple[int, UUID]] = set()
    for event in history:
        if isinstance(event, InstallmentGenerated):
            assert event.ordinal not in live
            assert (event.ordinal, event.invoice_id) not in seen
            seen.add((event.ordinal, event.invoice_id))
            live[event.ordinal] = event.invoice_id
        if isinstance(event, InstallmentReleased):
            assert live.pop(event.ordinal) == event.invoice_id
    return live
