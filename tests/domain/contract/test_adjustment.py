"""The index clause: which points count, what is done without them, and how prices take the result."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.contract import errors
from domain.contract.adjustment import accumulated, measure, percent_of, window
from domain.contract.contract import Contract, project
from domain.contract.events import AdjustmentClause, ContractAdjusted, IndexPoint
from tests.domain.contract import builders as b
from tests.support.scenario import given

DUE = date(2027, 1, 1)
YEAR = window(DUE, 12)


def published(percent: str = "1.00", months: tuple[str, ...] = YEAR) -> dict[str, Decimal]:
    return dict.fromkeys(months, Decimal(percent))


def adjustable(price: str = "100.00", changes: dict[str, Any] | None = None, **terms: Any) -> Contract:
    agreed = b.terms(adjustment=b.clause(**(changes or {})), items=(b.item(price),), **terms)
    return b.contract(b.signed(agreed))


def adjusted(contract: Contract, points: dict[str, Decimal], today: date = DUE) -> Contract:
    return b.after(contract, contract.adjust(points, today, b.NOW))


def test_the_points_are_those_of_the_twelve_months_before_the_adjustment() -> None:
    assert YEAR[0] == "2026-01"
    assert YEAR[-1] == "2026-12"
    assert window(date(2026, 3, 15), 3) == ("2025-12", "2026-01", "2026-02")


def test_the_accumulated_index_is_the_exact_product_of_the_points() -> None:
    points = tuple(IndexPoint(month=month, percent=Decimal("0.37")) for month in YEAR)
    assert accumulated(points) == Decimal(f"{10037**12}E-48")


def test_an_adjustment_says_its_points_its_factor_and_what_it_moved() -> None:
    history = b.signed(b.terms(adjustment=b.clause(every_months=1, outside_law=True)))
    given(project, history).when(
        lambda contract: contract.adjust({"2026-01": Decimal("2.50")}, date(2026, 2, 1), b.NOW)
    ).then(
        ContractAdjusted(
            originator_id=b.CONTRACT,
            originator_version=14,
            occurred_at=b.NOW,
            company_id=b.COMPANY,
            effective_on=date(2026, 2, 1),
            from_ordinal=2,
            index="igpm",
            points=(IndexPoint(month="2026-01", percent=Decimal("2.50")),),
            factor="1.025",
            outcome="applied",
            changed=("items",),
            terms=b.terms(adjustment=b.clause(every_months=1, outside_law=True), items=(b.item("102.50"),)),
        )
    )


def test_the_instalments_from_the_adjustment_on_carry_the_adjusted_price() -> None:
    contract = adjusted(adjustable(instalment_count=24), published("1.00"))
    assert [str(contract.plan.amount(n)) for n in (12, 13, 24)] == ["100.00", "112.68", "112.68"]
    assert [contract.is_forecast(n) for n in (13, 24)] == [False, False]
    assert contract.next_adjustment_on is None


def test_the_percentage_is_rounded_first_where_the_contract_asks_for_it() -> None:
    exact = adjusted(adjustable("123456.78", instalment_count=24), published("1.00"))
    rounded = adjusted(
        adjustable("123456.78", {"rounded_percent": True}, instalment_count=24), published("1.00")
    )
    assert str(exact.plan.amount(13)) == "139114.19"
    assert str(rounded.plan.amount(13)) == "139111.10"


def test_an_adjustment_before_its_day_waits_for_all_its_points() -> None:
    case = given(project, b.signed(b.terms(adjustment=b.clause())))
    case.when(
        lambda contract: contract.adjust(published(months=YEAR[:-1]), date(2026, 12, 31), b.NOW)
    ).then_refused(errors.AdjustmentNotDueError, adjusts_on=DUE, missing=("2026-12",))
    assert len(case.state.adjust(published(), date(2026, 12, 31), b.NOW)) == 1


def test_a_contract_without_a_clause_is_not_adjusted() -> None:
    given(project, b.signed()).when(lambda contract: contract.adjust(published(), DUE, b.NOW)).then_refused(
        errors.AdjustmentClauseMissingError
    )


def test_a_contract_that_ends_before_its_adjustment_is_not_adjusted_until_extended() -> None:
    contract = adjustable(instalment_count=12)
    assert contract.next_adjustment_on is None
    with pytest.raises(errors.AdjustmentClauseMissingError):
        contract.adjust(published(), DUE, b.NOW)
    extended = b.after(contract, contract.extend(None, 24, DUE, b.NOW))
    assert extended.next_adjustment_on == DUE


def test_an_adjustment_is_made_once() -> None:
    contract = adjusted(adjustable(), published())
    with pytest.raises(errors.AdjustmentNotDueError) as raised:
        contract.adjust(published(), DUE, b.NOW)
    assert raised.value.details["adjusts_on"] == date(2028, 1, 1)


def test_adjustments_missed_are_made_in_their_order() -> None:
    points = {**published("1.00"), **published("0.00", window(date(2028, 1, 1), 12))}
    events = adjustable().adjust(points, date(2028, 5, 1), b.NOW)
    assert [(event.effective_on, event.factor) for event in events] == [
        (DUE, f"{accumulated(tuple(IndexPoint(month=m, percent=Decimal(1)) for m in YEAR))}"),
        (date(2028, 1, 1), "1"),
    ]
    assert [event.originator_version for event in events] == [14, 15]


def test_without_its_index_the_price_is_held_as_value_pending() -> None:
    contract = adjusted(adjustable(instalment_count=24), published(months=YEAR[:-1]))
    assert [contract.is_value_pending(n) for n in (12, 13, 24)] == [False, True, True]
    assert contract.next_adjustment_on == DUE
    assert contract.adjust(published(months=YEAR[:-1]), date(2027, 1, 20), b.NOW) == []


def test_what_is_generated_while_the_price_is_held_waits_too() -> None:
    contract = adjusted(adjustable(), {})
    assert all(event.value_pending for event in contract.top_up(DUE, b.NOW))


def test_a_held_price_is_settled_when_the_index_is_published() -> None:
    contract = adjusted(adjustable(instalment_count=24), {})
    (event,) = contract.adjust(published(), date(2027, 1, 20), b.NOW)
    assert (event.outcome, event.effective_on, event.from_ordinal) == ("applied", DUE, 13)
    settled = b.after(contract, [event])
    assert not settled.is_value_pending(13)
    assert str(settled.plan.amount(13)) == "112.68"


def test_the_last_known_index_is_that_of_the_latest_whole_window() -> None:
    months = window(date(2026, 11, 1), 12)
    contract = adjustable(changes={"when_unpublished": "last_known"})
    points = {**published("1.00", months), "2026-12": Decimal("9.00")}
    (event,) = contract.adjust(points, DUE, b.NOW)
    assert event.outcome == "last_known"
    assert tuple(point.month for point in event.points) == months
    assert str(event.terms.items[0].unit_price) == "112.68"


def test_the_last_known_index_is_held_while_nothing_is_known() -> None:
    contract = adjustable(changes={"when_unpublished": "last_known"})
    (event,) = contract.adjust(published(months=YEAR[:3]), DUE, b.NOW)
    assert event.outcome == "held"


def test_an_unpublished_index_may_be_skipped_for_the_year() -> None:
    contract = adjustable(changes={"when_unpublished": "skip"}, instalment_count=24)
    (event,) = contract.adjust({}, DUE, b.NOW)
    assert (event.outcome, event.changed, event.points) == ("skipped", (), ())
    after = b.after(contract, [event])
    assert str(after.plan.amount(13)) == "100.00"
    assert after.clock.adjusted_on == DUE


def test_a_negative_index_is_floored_at_zero_unless_the_contract_applies_it() -> None:
    (floored,) = adjustable().adjust(published("-1.00"), DUE, b.NOW)
    (applied,) = adjustable(changes={"when_negative": "apply"}).adjust(published("-1.00"), DUE, b.NOW)
    assert (floored.outcome, floored.changed) == ("floored", ())
    assert floored.factor == applied.factor == f"{Decimal(99**12).scaleb(-24):f}"
    assert (applied.outcome, str(applied.terms.items[0].unit_price)) == ("applied", "88.64")


def test_adjustment_dates_do_not_drift_from_the_last_day_of_a_month() -> None:
    agreed = b.due_on(date(2025, 8, 31), adjustment=b.clause(every_months=6, outside_law=True))
    contract = b.contract(b.signed(agreed, today=date(2025, 8, 31)))
    dates = []
    for _ in range(3):
        adjusts_on = contract.next_adjustment_on
        assert adjusts_on is not None
        dates.append(adjusts_on)
        contract = adjusted(contract, published(months=window(adjusts_on, 6)), adjusts_on)
    assert dates == [date(2026, 2, 28), date(2026, 8, 31), date(2027, 2, 28)]


def test_every_two_years_takes_the_points_of_two_years() -> None:
    contract = adjustable(changes={"every_months": 24})
    assert contract.next_adjustment_on == date(2028, 1, 1)
    (event,) = contract.adjust(published(months=window(date(2028, 1, 1), 24)), date(2028, 1, 1), b.NOW)
    assert len(event.points) == 24


def test_a_contract_taken_over_counts_from_its_latest_anniversary() -> None:
    agreed = b.terms(
        starts_on=date(2023, 6, 10),
        first_due_on=date(2023, 6, 10),
        due_day=10,
        retroactive="from_today",
        adjustment=b.clause(),
    )
    for today, adjusts_on in [
        (date(2026, 6, 9), date(2026, 6, 10)),
        (date(2026, 6, 10), date(2027, 6, 10)),
        (date(2023, 9, 1), date(2024, 6, 10)),
    ]:
        assert b.contract(b.signed(agreed, today=today)).next_adjustment_on == adjusts_on


def test_a_contract_taken_over_without_a_clause_counts_from_its_start() -> None:
    agreed = b.due_on(date(2023, 6, 10), retroactive="from_today")
    assert b.contract(b.signed(agreed)).clock.counted_from == date(2023, 6, 10)


def test_a_retroactive_contract_billed_from_its_start_is_due_for_each_past_adjustment() -> None:
    contract = b.contract(b.signed(b.due_on(date(2023, 6, 10), adjustment=b.clause())))
    assert contract.next_adjustment_on == date(2024, 6, 10)


def test_a_new_price_restarts_the_count_of_adjustments() -> None:
    contract = revised(adjustable(), date(2026, 5, 15), items=(b.item("110.00"),))
    assert contract.next_adjustment_on == date(2027, 5, 15)


def test_other_revisions_leave_the_count_alone() -> None:
    contract = revised(adjustable(), date(2026, 5, 15), department="Vendas")
    contract = revised(contract, date(2026, 5, 15), adjustment=b.clause(index="ipca"))
    assert contract.next_adjustment_on == DUE


def test_a_first_clause_counts_from_its_revision() -> None:
    contract = revised(b.contract(b.signed()), date(2026, 5, 15), adjustment=b.clause())
    assert contract.next_adjustment_on == date(2027, 5, 15)


def test_another_period_counts_from_the_last_adjustment() -> None:
    contract = adjusted(adjustable(), published())
    contract = revised(contract, date(2027, 3, 1), adjustment=b.clause(every_months=24))
    assert contract.next_adjustment_on == date(2029, 1, 1)


def test_a_price_settled_by_an_adjustment_is_not_revised_behind_it() -> None:
    contract = adjusted(adjustable(), published())
    with pytest.raises(errors.PriceAlreadyAdjustedError) as raised:
        revised(contract, date(2026, 12, 1), items=(b.item("90.00"),))
    assert raised.value.details == {"adjusted_on": DUE}
    assert revised(contract, DUE, items=(b.item("90.00"),)).next_adjustment_on == date(2028, 1, 1)


def test_a_price_beyond_the_next_adjustment_is_not_known_yet() -> None:
    with pytest.raises(errors.PriceBeyondAdjustmentError) as raised:
        revised(adjustable(), date(2027, 1, 2), items=(b.item("90.00"),))
    assert raised.value.details == {"adjusts_on": DUE}


def test_a_price_agreed_instead_of_a_held_adjustment_ends_the_wait() -> None:
    contract = adjusted(adjustable(instalment_count=24), {})
    contract = revised(contract, DUE, items=(b.item("107.00"),))
    assert not contract.is_value_pending(13)
    assert contract.clock.counted_from == DUE


def test_a_clause_that_is_dropped_ends_the_wait() -> None:
    contract = revised(adjusted(adjustable(instalment_count=24), {}), DUE, adjustment=None)
    assert not contract.is_value_pending(13)
    assert not contract.is_forecast(13)


def revised(contract: Contract, effective_on: date, **changes: Any) -> Contract:
    new = contract.plan.terms_on(effective_on).model_copy(update=changes)
    return b.after(contract, contract.revise(new, effective_on, b.NOW))


def indices() -> Path | None:
    """The published points beside the repository, where they are kept."""
    for folder in Path(__file__).resolve().parents:
        found = folder / "shared" / "standards" / "indices"
        if found.is_dir():
            return found
    return None


@pytest.mark.skipif(indices() is None, reason="no published points beside the repository")
def test_the_accumulated_index_equals_the_published_one() -> None:
    folder = indices()
    assert folder is not None
    series = json.loads((folder / "sgs_189_igpm.json").read_text(encoding="utf-8"))
    points = {f"{row['data'][6:]}-{row['data'][3:5]}": Decimal(row["valor"]) for row in series}
    golden = json.loads((folder / "golden_acum12m.json").read_text(encoding="utf-8"))["acum_12m"]["igpm"]
    assert len(golden) > 60
    clause: AdjustmentClause = b.clause(when_negative="apply")
    for month, expected in golden.items():
        year, number = int(month[:4]), int(month[5:])
        adjusts_on = date(year + number // 12, number % 12 + 1, 1)
        measured = measure(adjusts_on, clause, points)
        assert (month, str(percent_of(measured.accumulated))) == (month, expected)
