"""A contract ends early, and may go on: what is freed, what stays, and what is generated again."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.contract import errors
from domain.contract.contract import project
from domain.contract.events import ContractEnded, ContractExtended, InstallmentReleased
from domain.values.ids import invoice_id
from domain.values.payment import DueShift
from tests.domain.contract import builders as b
from tests.support.scenario import given

YEAR = b.signed(b.terms(instalment_count=12))
ALL = tuple(range(1, 13))
MARCH = date(2026, 3, 31)


def header(version: int) -> dict[str, Any]:
    return {
        "originator_id": b.CONTRACT,
        "originator_version": version,
        "occurred_at": b.NOW,
        "company_id": b.COMPANY,
    }


def test_an_early_end_frees_the_unbilled_periods_after_it() -> None:
    given(project, YEAR).when(
        lambda contract: contract.end(MARCH, "venda da empresa", (2, 3, 11, 12), b.NOW)
    ).then(
        ContractEnded(**header(14), ends_on=MARCH, reason="venda da empresa"),
        *(
            InstallmentReleased(
                **header(version),
                ordinal=ordinal,
                attempt=1,
                invoice_id=invoice_id(b.CONTRACT, ordinal, 1),
                because="contract_ended",
            )
            for version, ordinal in ((15, 11), (16, 12))
        ),
    )


def test_the_billed_periods_after_the_end_are_named() -> None:
    contract = b.contract(YEAR)
    contract = b.after(contract, contract.end(MARCH, "distrato", (6, 7, 8, 9, 10, 11, 12), b.NOW))
    assert contract.past_end == (4, 5)


def test_an_open_ended_contract_ends() -> None:
    contract = b.contract(b.signed())
    contract = b.after(contract, contract.end(MARCH, "distrato", ALL, b.NOW))
    assert contract.plan.term == 3
    assert contract.past_end == ()
    assert contract.top_up(date(2030, 1, 1), b.NOW) == []


def test_an_end_further_than_the_horizon_is_generated_up_to() -> None:
    contract = b.contract(b.signed())
    contract = b.after(contract, contract.end(date(2027, 6, 30), "prazo combinado", ALL, b.NOW))
    assert b.ordinals(contract.top_up(b.TODAY, b.NOW)) == [13, 14, 15, 16, 17, 18]


def test_an_end_beyond_all_measure_is_refused() -> None:
    given(project, b.signed()).when(lambda contract: contract.end(date.max, "?", (), b.NOW)).then_refused(
        errors.TermTooLongError
    )


def test_an_end_before_the_start_is_refused() -> None:
    given(project, YEAR).when(
        lambda contract: contract.end(date(2025, 12, 31), "?", ALL, b.NOW)
    ).then_refused(errors.EndNotAfterStartError)


@pytest.mark.parametrize("ends_on", [date(2026, 12, 1), date(2030, 1, 1)])
def test_an_end_that_drops_no_period_is_refused(ends_on: date) -> None:
    given(project, YEAR).when(lambda contract: contract.end(ends_on, "?", ALL, b.NOW)).then_refused(
        errors.EndNotEarlierError
    )


def test_a_contract_that_never_began_ends_with_nothing_owed() -> None:
    signed = b.signed(b.terms(first_due_on=date(2026, 2, 1), instalment_count=2))
    contract = b.contract(signed)
    contract = b.after(contract, contract.end(date(2026, 1, 1), "desistência", (1, 2), b.NOW))
    assert contract.periods.live() == []


def test_a_finished_contract_is_extended_by_count() -> None:
    given(project, YEAR).when(lambda contract: contract.extend(None, 14, b.TODAY, b.NOW)).then(
        ContractExtended(**header(14), ends_on=None, instalment_count=14),
        *b.instalments(
            event.model_copy(update={"originator_version": event.originator_version + 1})
            for event in b.signed(b.terms(instalment_count=14))[13:]
        ),
    )


def test_a_finished_contract_is_extended_by_date_or_for_good() -> None:
    contract = b.contract(YEAR)
    assert b.ordinals(contract.extend(date(2027, 2, 28), None, b.TODAY, b.NOW)) == [13, 14]
    assert b.ordinals(contract.extend(None, None, date(2026, 12, 1), b.NOW)) == list(range(13, 24))


@pytest.mark.parametrize(("ends_on", "count"), [(None, 12), (None, 3), (date(2026, 12, 31), 20)])
def test_an_extension_that_adds_no_period_is_refused(ends_on: date | None, count: int) -> None:
    given(project, YEAR).when(lambda contract: contract.extend(ends_on, count, b.TODAY, b.NOW)).then_refused(
        errors.ExtensionTooShortError
    )


def test_an_open_ended_contract_has_nothing_to_extend() -> None:
    given(project, b.signed()).when(lambda contract: contract.extend(None, 500, b.TODAY, b.NOW)).then_refused(
        errors.ExtensionTooShortError
    )


@pytest.mark.parametrize(("ends_on", "count"), [(None, 10**12), (date.max, None)])
def test_an_extension_beyond_all_measure_is_refused(ends_on: date | None, count: int | None) -> None:
    given(project, YEAR).when(lambda contract: contract.extend(ends_on, count, b.TODAY, b.NOW)).then_refused(
        errors.TermTooLongError
    )


def test_an_extension_counts_what_it_adds_against_the_limit() -> None:
    contract = b.contract(b.signed(b.weekly(instalment_count=600)))
    assert len(b.due_dates(contract.extend(None, 610, b.TODAY, b.NOW))) == 10


def test_a_contract_ended_and_extended_bills_the_freed_periods_as_new_attempts() -> None:
    contract = b.contract(YEAR)
    contract = b.after(contract, contract.end(MARCH, "distrato", (5, 6, 7, 8, 9, 10, 11, 12), b.NOW))
    extended = contract.extend(None, 13, b.TODAY, b.NOW)
    attempts = [(event.ordinal, event.attempt) for event in b.instalments(extended)]
    assert attempts == [*((ordinal, 2) for ordinal in range(5, 13)), (13, 1)]
    assert b.after(contract, extended).top_up(b.TODAY, b.NOW) == []


def test_a_split_contract_ended_early_goes_on_up_to_its_total() -> None:
    contract = b.contract(b.signed(b.split(6)))
    contract = b.after(contract, contract.end(MARCH, "acordo", (4, 5, 6), b.NOW))
    assert b.charged(contract.extend(None, 6, b.TODAY, b.NOW)) == ["10000.00"] * 3
    with pytest.raises(errors.TermsFixedError) as raised:
        contract.extend(None, 7, b.TODAY, b.NOW)
    assert raised.value.details == {"field": "instalment_count"}


def test_an_early_end_does_not_move_the_parts_of_a_split() -> None:
    contract = b.contract(b.signed(b.split(None, "100.00", ends_on=date(2026, 3, 31))))
    contract = b.after(contract, contract.end(date(2026, 2, 28), "acordo", (3,), b.NOW))
    assert [str(contract.plan.amount(n)) for n in (1, 2)] == ["33.33", "33.33"]


def test_a_single_nota_that_ends_early_is_opened_again_with_what_is_left() -> None:
    contract = b.contract(b.signed(b.split(6, nfse="single")))
    ended = contract.end(MARCH, "acordo", range(1, 7), b.NOW)
    released = [event for event in ended if isinstance(event, InstallmentReleased)]
    assert [event.ordinal for event in released] == [1, 2, 3, 4, 5, 6]
    assert [(event.ordinal, event.attempt) for event in b.instalments(ended)] == [(1, 2), (2, 2), (3, 2)]
    assert {event.invoice_id for event in b.instalments(ended)} == {invoice_id(b.CONTRACT, 1, 2)}
    later = b.after(contract, ended)
    assert later.top_up(b.TODAY, b.NOW) == []
    assert later.periods.live() == [1, 2, 3]


def test_a_freed_part_of_a_single_nota_waits_for_the_whole() -> None:
    contract = b.contract(b.signed(b.split(6, nfse="single")))
    contract = b.after(contract, contract.end(MARCH, "acordo", range(1, 7), b.NOW))
    with pytest.raises(errors.PeriodStillLiveError):
        contract.regenerate(5, b.NOW)
    contract = b.after(contract, contract.release(1, 2, b.NOW))
    assert [(event.ordinal, event.attempt) for event in contract.top_up(b.TODAY, b.NOW)] == [
        (1, 3),
        (2, 3),
        (3, 3),
    ]


def test_a_billed_single_nota_keeps_its_instalments() -> None:
    contract = b.contract(b.signed(b.split(6, nfse="single")))
    ended = contract.end(MARCH, "acordo", (), b.NOW)
    assert len(ended) == 1
    assert b.after(contract, ended).past_end == (4, 5, 6)


def test_a_single_nota_is_not_extended() -> None:
    given(project, b.signed(b.split(6, nfse="single"))).when(
        lambda contract: contract.extend(None, 6, b.TODAY, b.NOW)
    ).then_refused(errors.TermsFixedError, field="nfse")


def test_no_instalment_falls_due_after_the_end_though_bank_days_shift() -> None:
    agreed = b.due_on(date(2026, 8, 31), due_shift=DueShift.NEXT)
    contract = b.contract(b.signed(agreed, today=date(2026, 8, 31)))
    assert contract.plan.due_on(3) == date(2026, 11, 3)
    contract = b.after(contract, contract.end(date(2026, 10, 31), "distrato", ALL, b.NOW))
    assert contract.plan.due_on(3) == date(2026, 10, 31)
