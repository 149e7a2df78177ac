"""What signing generates: the term, the horizon, and what a retroactive contract leaves out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.contract import errors
from domain.contract.contract import Contract, project
from domain.contract.events import ContractSigned, InstallmentGenerated, Periodicity, Terms
from domain.values.ids import invoice_id
from domain.values.payment import DueShift
from tests.domain.contract import builders as b
from tests.support.scenario import given

BACK = {"starts_on": date(2025, 1, 5), "first_due_on": date(2025, 1, 5), "due_day": 5}


def test_signing_agrees_and_generates_each_period_with_its_invoice() -> None:
    agreed = b.terms(first_due_on=date(2026, 2, 1), instalment_count=1)
    common: dict[str, Any] = {
        "originator_id": b.CONTRACT,
        "occurred_at": b.NOW,
        "company_id": b.COMPANY,
        "attempt": 1,
        "amount": Decimal("100.00"),
        "value_pending": False,
        "forecast": False,
    }
    assert Contract.sign(b.CONTRACT, b.COMPANY, " CT-1 ", b.CUSTOMER, agreed, b.TODAY, b.NOW) == [
        ContractSigned(
            originator_id=b.CONTRACT,
            originator_version=1,
            occurred_at=b.NOW,
            company_id=b.COMPANY,
            code="CT-1",
            customer_id=b.CUSTOMER,
            terms=agreed,
            notes=None,
            adjusts_from=date(2026, 1, 1),
        ),
        InstallmentGenerated(
            **common,
            originator_version=2,
            ordinal=1,
            invoice_id=invoice_id(b.CONTRACT, 1, 1),
            competencia="2026-02",
            period_from=date(2026, 1, 1),
            period_until=date(2026, 1, 31),
            due_on=date(2026, 2, 1),
        ),
    ]


def test_from_january_to_december_monthly_is_twelve_instalments() -> None:
    assert len(b.due_dates(b.signed(b.terms(ends_on=date(2026, 12, 31))))) == 12


def test_a_number_of_instalments_generates_exactly_that_number() -> None:
    assert len(b.due_dates(b.signed(b.terms(instalment_count=40)))) == 40


@pytest.mark.parametrize(("count", "expected"), [(15, 12), (7, 7)])
def test_by_date_and_by_count_the_first_reached_wins(count: int, expected: int) -> None:
    agreed = b.terms(ends_on=date(2026, 12, 31), instalment_count=count)
    assert len(b.due_dates(b.signed(agreed))) == expected


@pytest.mark.parametrize(
    ("periodicity", "expected"),
    [
        (Periodicity.WEEKLY, 53),
        (Periodicity.FORTNIGHTLY, 27),
        (Periodicity.MONTHLY, 12),
        (Periodicity.BIMONTHLY, 6),
        (Periodicity.QUARTERLY, 4),
        (Periodicity.HALF_YEARLY, 2),
        (Periodicity.YEARLY, 1),
    ],
)
def test_an_open_ended_contract_generates_twelve_months(periodicity: Periodicity, expected: int) -> None:
    in_days = periodicity in (Periodicity.WEEKLY, Periodicity.FORTNIGHTLY)
    agreed = b.terms(periodicity=periodicity, due_day=None if in_days else 1)
    dates = b.due_dates(b.signed(agreed))
    assert len(dates) == expected
    assert dates[-1] < date(2027, 1, 1)


def test_an_open_ended_contract_that_starts_later_has_its_twelve_months_too() -> None:
    dates = b.due_dates(b.signed(b.due_on(date(2027, 6, 30))))
    assert (len(dates), dates[0], dates[-1]) == (12, date(2027, 6, 30), date(2028, 5, 30))


def test_a_retroactive_contract_bills_every_period_since_the_start() -> None:
    events = b.signed(b.terms(**BACK, retroactive="every_period"))
    assert b.ordinals(events) == list(range(1, 25))
    assert b.due_dates(events)[0] == date(2025, 1, 5)


def test_a_retroactive_contract_from_today_keeps_the_numbers_of_its_periods() -> None:
    events = b.signed(b.terms(**BACK, retroactive="from_today"), today=date(2026, 1, 5))
    assert b.ordinals(events) == list(range(13, 25))
    assert b.due_dates(events)[0] == date(2026, 1, 5)


def test_a_retroactive_contract_from_next_month_leaves_out_this_month() -> None:
    events = b.signed(b.terms(**BACK, retroactive="from_next_month"), today=date(2026, 1, 1))
    assert b.ordinals(events) == list(range(14, 25))
    assert b.due_dates(events)[0] == date(2026, 2, 5)


@pytest.mark.parametrize("choice", ["from_today", "from_next_month"])
def test_a_contract_begun_in_the_past_that_first_falls_due_later_leaves_nothing_out(choice: str) -> None:
    agreed = b.terms(starts_on=date(2025, 11, 20), first_due_on=date(2026, 3, 1), retroactive=choice)
    assert b.ordinals(b.signed(agreed))[0] == 1


@pytest.mark.parametrize("choice", ["from_today", "from_next_month"])
def test_a_contract_that_starts_today_leaves_nothing_out(choice: str) -> None:
    events = b.signed(b.terms(retroactive=choice), today=date(2026, 1, 1))
    assert b.ordinals(events)[0] == 1


@pytest.mark.parametrize(
    ("shift", "today", "opening"),
    [
        (DueShift.NEXT, date(2026, 11, 15), date(2026, 11, 16)),
        (DueShift.PREVIOUS, date(2026, 11, 14), date(2026, 12, 14)),
        (DueShift.NONE, date(2026, 11, 15), date(2026, 12, 14)),
    ],
)
def test_from_today_goes_by_the_due_date_that_is_charged(shift: DueShift, today: date, opening: date) -> None:
    agreed = b.due_on(date(2026, 8, 14), due_shift=shift, retroactive="from_today")
    assert b.due_dates(b.signed(agreed, today=today))[0] == opening


def test_a_yearly_contract_from_next_month_generates_its_next_period_however_far() -> None:
    agreed = b.due_on(date(2025, 11, 26), periodicity=Periodicity.YEARLY, retroactive="from_next_month")
    assert b.due_dates(b.signed(agreed, today=date(2026, 11, 25))) == [date(2027, 11, 26)]


def test_a_contract_whose_periods_are_all_left_out_is_refused() -> None:
    agreed = b.terms(**BACK, instalment_count=3, retroactive="from_today")
    with pytest.raises(errors.TermEmptyError):
        b.signed(agreed)


@pytest.mark.parametrize(
    "agreed",
    [
        b.weekly(instalment_count=601),
        b.weekly(instalment_count=10**12),
        b.weekly(starts_on=date(1995, 1, 2), first_due_on=date(1995, 1, 2)),
        b.terms(ends_on=date.max),
    ],
)
def test_more_periods_than_is_sane_are_refused(agreed: Terms) -> None:
    with pytest.raises(errors.TermTooLongError, match="periods at once, at most 600") as raised:
        b.signed(agreed)
    assert raised.value.details["limit"] == 600


def test_as_many_periods_as_is_sane_are_generated() -> None:
    assert len(b.due_dates(b.signed(b.weekly(instalment_count=600)))) == 600


def test_a_long_past_that_is_left_out_is_no_obstacle() -> None:
    agreed = b.weekly(starts_on=date(1995, 1, 2), first_due_on=date(1995, 1, 2), retroactive="from_today")
    assert b.ordinals(b.signed(agreed))[0] == 1619


def test_grace_and_pro_rata_come_by_the_first_due_date() -> None:
    events = b.signed(
        b.terms(
            starts_on=date(2026, 2, 14),
            first_due_on=date(2026, 2, 28),
            due_day=31,
            pro_rata_from=date(2026, 2, 14),
            items=(b.item("280.00"),),
        ),
        today=date(2026, 2, 14),
    )
    opening, second, *_ = b.instalments(events)
    assert (opening.period_from, opening.period_until) == (date(2026, 2, 14), date(2026, 2, 27))
    assert (str(opening.amount), str(second.amount)) == ("140.00", "280.00")
    assert (second.due_on, second.period_from) == (date(2026, 3, 31), date(2026, 2, 28))


def test_a_split_contract_generates_all_its_instalments() -> None:
    assert b.charged(b.signed(b.split(3, "100.00"))) == ["33.33", "33.33", "33.34"]


def test_the_instalments_of_a_single_nota_share_one_invoice() -> None:
    events = b.instalments(b.signed(b.split(3, nfse="single")))
    assert {event.invoice_id for event in events} == {invoice_id(b.CONTRACT, 1, 1)}
    assert [event.ordinal for event in events] == [1, 2, 3]


def test_a_variable_contract_waits_for_the_value_of_each_period() -> None:
    assert all(event.value_pending for event in b.instalments(b.signed(b.terms(variable=True))))


def test_what_lies_beyond_the_next_adjustment_is_forecast() -> None:
    events = b.instalments(b.signed(b.terms(adjustment=b.clause(), instalment_count=15)))
    assert [event.ordinal for event in events if event.forecast] == [13, 14, 15]


def test_top_up_adds_what_the_horizon_lacks_and_nothing_twice() -> None:
    today = date(2026, 2, 1)
    case = given(project, b.signed())
    topped_up = case.state.top_up(today, b.NOW)
    assert b.due_dates(topped_up) == [date(2027, 1, 1)]
    assert [event.originator_version for event in topped_up] == [14]
    given(project, b.signed(), topped_up).when(lambda contract: contract.top_up(today, b.NOW)).then_nothing()


def test_top_up_of_a_fixed_term_adds_nothing() -> None:
    given(project, b.signed(b.terms(instalment_count=3))).when(
        lambda contract: contract.top_up(date(2040, 1, 1), b.NOW)
    ).then_nothing()


def test_the_state_of_an_old_contract_is_as_small_as_that_of_a_young_one() -> None:
    old = b.contract(b.signed(b.terms(instalment_count=120)))
    young = b.contract(b.signed(b.terms(instalment_count=1)))
    assert len(old.model_dump_json()) - len(young.model_dump_json()) < 10


def test_facts_are_dated_by_the_decision() -> None:
    later = datetime(2026, 2, 1, 12, tzinfo=UTC)
    contract = b.contract(b.signed())
    assert {event.occurred_at for event in contract.top_up(date(2026, 2, 1), later)} == {later}
