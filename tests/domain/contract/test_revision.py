"""A revision changes price, method, account or due day from a day on, and nothing before it (V7)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.contract import errors
from domain.contract.contract import Contract, project
from domain.contract.events import ContractRevised, Periodicity
from domain.values.payment import DueShift, PaymentMethod
from tests.domain.contract import builders as b
from tests.support.scenario import given

SIGNED = b.signed()
MARCH = date(2026, 3, 1)


def revised(contract: Contract, effective_on: date, **changes: Any) -> Contract:
    return b.after(contract, revise(contract, effective_on, **changes))


def revise(
    contract: Contract, effective_on: date, notes: str | None = None, **changes: Any
) -> list[ContractRevised]:
    agreed = contract.plan.terms_on(effective_on)
    return contract.revise(agreed.model_copy(update=changes), effective_on, b.NOW, notes)


def test_a_revision_says_what_changed_and_from_which_period_on() -> None:
    new = b.terms(items=(b.item("120.00"),), payment_method=PaymentMethod.PIX)
    given(project, SIGNED).when(lambda contract: contract.revise(new, date(2026, 2, 10), b.NOW)).then(
        ContractRevised(
            originator_id=b.CONTRACT,
            originator_version=14,
            occurred_at=b.NOW,
            company_id=b.COMPANY,
            customer_id=b.CUSTOMER,
            effective_on=date(2026, 2, 10),
            from_ordinal=3,
            changed=("items", "payment_method"),
            terms=new,
            notes=None,
            adjusts_from=date(2026, 2, 10),
        )
    )


def test_notes_are_revised_without_a_term_and_removed_by_blank_ones() -> None:
    noted = b.contract(SIGNED, revise(b.contract(SIGNED), MARCH, notes=" ligar antes "))
    assert noted.notes == "ligar antes"
    (kept,) = revise(noted, MARCH, fine_percent=Decimal(1))
    assert (kept.changed, kept.notes) == (("fine_percent",), None)
    assert b.after(noted, [kept]).notes == "ligar antes"
    (removed,) = revise(noted, MARCH, notes=" ")
    assert (removed.changed, removed.notes) == (("notes",), None)
    assert b.after(noted, [removed]).notes is None
    with pytest.raises(errors.RevisionEmptyError):
        revise(noted, MARCH, notes="ligar antes")


def test_notes_come_with_the_first_fact_of_a_revision_that_comes_as_two() -> None:
    first, second = revise(b.contract(SIGNED), date(2026, 1, 1), notes="novo dia", due_day=20)
    assert (first.changed, first.notes) == (("notes",), "novo dia")
    assert (second.changed, second.notes) == (("due_day",), None)


def test_a_new_price_holds_from_its_date_and_for_what_is_generated_later() -> None:
    contract = revised(b.contract(SIGNED), MARCH, items=(b.item("120.00"),))
    assert [str(contract.plan.amount(n)) for n in (2, 3)] == ["100.00", "120.00"]
    assert b.charged(contract.top_up(date(2026, 3, 1), b.NOW)) == ["120.00", "120.00"]


def test_a_freed_period_before_the_revision_is_billed_again_at_its_own_price() -> None:
    contract = revised(b.contract(SIGNED), MARCH, items=(b.item("120.00"),))
    contract = b.after(contract, contract.release(2, 1, b.NOW))
    assert b.charged(contract.regenerate(2, b.NOW)) == ["100.00"]


def test_a_new_due_day_moves_the_dates_of_its_months() -> None:
    contract = revised(b.contract(SIGNED), MARCH, due_day=31)
    assert [contract.plan.due_on(n) for n in (2, 3, 4)] == [
        date(2026, 2, 1),
        date(2026, 3, 31),
        date(2026, 4, 30),
    ]
    assert contract.plan.period(3) == (date(2026, 2, 1), date(2026, 3, 30))


def test_a_new_due_day_never_makes_a_period_late_on_arrival() -> None:
    contract = b.contract(b.signed(b.due_on(date(2026, 1, 20))))
    events = revise(contract, date(2026, 3, 10), due_day=5, items=(b.item("50.00"),))
    assert [(event.from_ordinal, event.changed) for event in events] == [(3, ("items",)), (4, ("due_day",))]
    after = b.after(contract, events)
    assert [(after.plan.due_on(n), str(after.plan.amount(n))) for n in (2, 3, 4)] == [
        (date(2026, 2, 20), "100.00"),
        (date(2026, 3, 20), "50.00"),
        (date(2026, 4, 5), "50.00"),
    ]


def test_a_new_due_day_does_not_move_the_first_due_date() -> None:
    contract = b.contract(b.signed(b.terms(first_due_on=date(2026, 2, 20), due_day=20)))
    (event,) = revise(contract, date(2026, 1, 1), due_day=10)
    assert event.from_ordinal == 2
    after = b.after(contract, [event])
    assert [after.plan.due_on(n) for n in (1, 2)] == [date(2026, 2, 20), date(2026, 3, 10)]


def test_a_new_due_day_does_not_touch_the_pro_rata_of_the_first_period() -> None:
    agreed = b.terms(first_due_on=date(2026, 2, 1), pro_rata_from=date(2026, 1, 17))
    contract = b.contract(b.signed(agreed))
    before = contract.plan.amount(1)
    assert revised(contract, date(2026, 1, 1), due_day=10).plan.amount(1) == before


def test_a_later_decision_on_the_same_field_stands() -> None:
    contract = revised(b.contract(SIGNED), date(2026, 6, 1), account_id=b.OTHER_ACCOUNT)
    contract = revised(contract, MARCH, payment_method=PaymentMethod.PIX, department="Vendas")
    assert contract.terms_of(3).account_id == b.ACCOUNT
    assert contract.terms_of(6).account_id == b.OTHER_ACCOUNT
    assert {contract.terms_of(n).payment_method for n in (3, 5, 6, 12)} == {PaymentMethod.PIX}
    contract = revised(contract, date(2026, 2, 1), account_id=b.CUSTOMER)
    assert [contract.terms_of(n).account_id for n in (1, 2, 5, 6)] == [
        b.ACCOUNT,
        b.CUSTOMER,
        b.CUSTOMER,
        b.OTHER_ACCOUNT,
    ]


def test_a_decision_that_stands_shelters_those_after_it() -> None:
    contract = revised(b.contract(SIGNED), date(2026, 6, 1), department="B")
    contract = revised(contract, date(2026, 9, 1), department=None)
    contract = revised(contract, MARCH, department="A")
    assert [contract.terms_of(n).department for n in (2, 3, 6, 9)] == [None, "A", "B", None]


def test_a_second_revision_of_the_same_period_replaces_the_first() -> None:
    contract = revised(b.contract(SIGNED), MARCH, department="A")
    contract = revised(contract, MARCH, department="B")
    assert [each.from_ordinal for each in contract.plan.versions] == [1, 3]
    assert contract.terms_of(3).department == "B"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("value_type", "split"),
        ("periodicity", Periodicity.YEARLY),
        ("starts_on", date(2025, 1, 1)),
        ("first_due_on", date(2026, 1, 15)),
        ("ends_on", date(2026, 6, 1)),
        ("instalment_count", 5),
        ("pro_rata_from", date(2025, 12, 15)),
        ("split", b.percents("50", "50")),
        ("retroactive", "from_today"),
        ("nfse", "single"),
    ],
)
def test_what_a_signed_contract_keeps_is_refused_by_name(field: str, value: Any) -> None:
    given(project, SIGNED).when(lambda contract: revise(contract, MARCH, **{field: value})).then_refused(
        errors.TermsFixedError, field=field
    )


def test_a_single_nota_stays_single() -> None:
    given(project, b.signed(b.split(6, nfse="single"))).when(
        lambda contract: revise(contract, MARCH, nfse="none")
    ).then_refused(errors.TermsFixedError, field="nfse")


def test_the_total_of_a_split_contract_is_fixed_and_the_rest_may_change() -> None:
    case = given(project, b.signed(b.split(6)))
    case.when(lambda contract: revise(contract, MARCH, items=(b.item("60000.01"),))).then_refused(
        errors.SplitTotalFixedError
    )
    contract = revised(case.state, MARCH, due_day=15, items=(b.item("60000.00", description="Obra"),))
    assert contract.plan.due_on(3) == date(2026, 3, 15)
    assert str(contract.plan.amount(3)) == "10000.00"


def test_a_revision_that_changes_nothing_is_refused() -> None:
    given(project, SIGNED).when(lambda contract: revise(contract, MARCH)).then_refused(
        errors.RevisionEmptyError
    )


def test_a_revision_before_the_start_is_refused() -> None:
    given(project, SIGNED).when(
        lambda contract: revise(contract, date(2025, 12, 31), department="A")
    ).then_refused(errors.RevisionBeforeStartError)


def test_a_revision_after_the_last_period_is_refused() -> None:
    given(project, b.signed(b.terms(instalment_count=3))).when(
        lambda contract: revise(contract, date(2026, 3, 2), department="A")
    ).then_refused(errors.RevisionReachesNothingError)


def test_a_due_day_that_no_period_is_left_to_take_is_refused() -> None:
    signed = b.signed(b.due_on(date(2026, 1, 20), instalment_count=3))
    given(project, signed).when(lambda contract: revise(contract, date(2026, 3, 10), due_day=5)).then_refused(
        errors.RevisionReachesNothingError
    )


def test_a_revision_is_held_against_the_rules_of_signing() -> None:
    case = given(project, SIGNED)
    case.when(lambda contract: revise(contract, MARCH, fine_percent=Decimal(3))).then_refused(
        errors.FinePercentUnlawfulError
    )
    case.when(lambda contract: revise(contract, MARCH, due_day=None)).then_refused(errors.DueDayMissingError)
    case.when(lambda contract: revise(contract, MARCH, items=())).then_refused(errors.GrossAmountMissingError)


def test_a_clause_is_not_revised_into_a_contract_under_a_year() -> None:
    given(project, b.signed(b.terms(instalment_count=11))).when(
        lambda contract: revise(contract, MARCH, adjustment=b.clause())
    ).then_refused(errors.AdjustmentTermUnlawfulError)


def test_a_due_day_that_pushes_a_period_past_the_end_is_refused() -> None:
    signed = b.signed(b.terms(ends_on=date(2026, 12, 10)))
    given(project, signed).when(lambda contract: revise(contract, MARCH, due_day=11)).then_refused(
        errors.PeriodPushedOutError, ordinal=12, ends_on=date(2026, 12, 10)
    )


def test_a_due_day_that_meets_the_period_before_it_is_refused() -> None:
    agreed = b.due_on(date(2026, 8, 31), due_shift=DueShift.NEXT)
    given(project, b.signed(agreed)).when(
        lambda contract: revise(contract, date(2026, 11, 1), due_day=1)
    ).then_refused(errors.DueDatesCollideError, ordinal=4, due_on=date(2026, 11, 3))


def test_a_due_day_that_meets_the_first_due_date_is_refused() -> None:
    agreed = b.terms(first_due_on=date(2026, 10, 31), due_day=20, due_shift=DueShift.NEXT)
    given(project, b.signed(agreed)).when(
        lambda contract: revise(contract, date(2026, 11, 1), due_day=1)
    ).then_refused(errors.DueDatesCollideError, ordinal=2, due_on=date(2026, 11, 3))


def test_a_price_that_rounds_the_first_period_to_nothing_is_refused() -> None:
    agreed = b.terms(first_due_on=date(2026, 2, 1), pro_rata_from=date(2026, 1, 31))
    given(project, b.signed(agreed)).when(
        lambda contract: revise(contract, date(2026, 1, 1), items=(b.item("0.10"),))
    ).then_refused(errors.InstalmentNotPositiveError, ordinal=1)


def test_weekly_contracts_are_revised_from_the_week_that_is_due() -> None:
    contract = b.contract(b.signed(b.weekly()))
    (event,) = revise(contract, date(2026, 1, 9), items=(b.item("80.00"),))
    assert event.from_ordinal == 3


def test_notas_are_forgone_from_the_first_period_that_wants_one_and_prices_agreed_later_stand() -> None:
    dearer = b.contract(SIGNED, revise(b.contract(SIGNED), date(2026, 6, 10), items=(b.item("120.00"),)))
    (fact,) = dearer.forgo_nfse(b.NOW)
    assert (fact.from_ordinal, fact.changed) == (1, ("nfse",))
    without = b.after(dearer, [fact])
    assert {each.terms.nfse for each in without.plan.versions} == {"none"}
    assert without.plan.terms.items == (b.item("120.00"),)
    assert without.clock == dearer.clock
    assert without.forgo_nfse(b.NOW) == []
