"""A cancelled invoice may free its period: the period is billed again, as a new attempt (V19)."""

from __future__ import annotations

from datetime import date

import pytest

from domain.contract import errors
from domain.contract.contract import project
from domain.contract.events import InstallmentReleased
from domain.values.ids import invoice_id
from tests.domain.contract import builders as b
from tests.support.scenario import given

SIGNED = b.signed(b.terms(instalment_count=3))
RELEASED = b.contract(SIGNED).release(2, 1, b.NOW)


def test_a_period_is_released_with_its_invoice() -> None:
    given(project, SIGNED).when(lambda contract: contract.release(2, 1, b.NOW)).then(
        InstallmentReleased(
            originator_id=b.CONTRACT,
            originator_version=5,
            occurred_at=b.NOW,
            company_id=b.COMPANY,
            ordinal=2,
            attempt=1,
            invoice_id=invoice_id(b.CONTRACT, 2, 1),
            because="asked",
        )
    )


def test_a_released_period_is_generated_again_as_the_next_attempt() -> None:
    contract = b.contract(SIGNED, RELEASED)
    (again,) = contract.regenerate(2, b.NOW)
    assert (again.ordinal, again.attempt, again.invoice_id) == (2, 2, invoice_id(b.CONTRACT, 2, 2))
    assert again.due_on == date(2026, 2, 1)
    assert contract.top_up(b.TODAY, b.NOW) == [again]


def test_a_period_can_be_released_again_and_again() -> None:
    contract = b.contract(SIGNED, RELEASED)
    for attempt in (2, 3, 4):
        (again,) = contract.regenerate(2, b.NOW)
        assert again.attempt == attempt
        contract = b.after(contract, [again])
        contract = b.after(contract, contract.release(2, attempt, b.NOW))


@pytest.mark.parametrize("ordinal", [0, 4])
def test_a_period_that_was_not_generated_is_refused(ordinal: int) -> None:
    case = given(project, SIGNED)
    case.when(lambda contract: contract.release(ordinal, 1, b.NOW)).then_refused(
        errors.PeriodUnknownError, ordinal=ordinal
    )
    case.when(lambda contract: contract.regenerate(ordinal, b.NOW)).then_refused(
        errors.PeriodUnknownError, ordinal=ordinal
    )


def test_a_period_left_out_by_a_retroactive_contract_is_unknown() -> None:
    retroactive = b.terms(starts_on=date(2025, 1, 1), first_due_on=date(2025, 1, 1), retroactive="from_today")
    given(project, b.signed(retroactive)).when(lambda contract: contract.release(12, 1, b.NOW)).then_refused(
        errors.PeriodUnknownError, ordinal=12
    )


def test_an_attempt_is_released_once() -> None:
    given(project, SIGNED, RELEASED).when(lambda contract: contract.release(2, 1, b.NOW)).then_refused(
        errors.PeriodNotLiveError, ordinal=2, attempt=1
    )


def test_an_earlier_attempt_does_not_release_the_live_one() -> None:
    again = b.contract(SIGNED, RELEASED).regenerate(2, b.NOW)
    given(project, SIGNED, RELEASED, again).when(lambda contract: contract.release(2, 1, b.NOW)).then_refused(
        errors.PeriodNotLiveError
    )


def test_a_period_with_a_live_invoice_is_not_generated_again() -> None:
    given(project, SIGNED).when(lambda contract: contract.regenerate(2, b.NOW)).then_refused(
        errors.PeriodStillLiveError, ordinal=2, attempt=1
    )


def test_a_period_past_the_end_is_not_generated_again() -> None:
    ended = b.contract(SIGNED).end(date(2026, 2, 15), "desistência", (3,), b.NOW)
    given(project, SIGNED, ended).when(lambda contract: contract.regenerate(3, b.NOW)).then_refused(
        errors.PeriodOutsideTermError, ordinal=3
    )


def test_a_single_nota_is_released_and_generated_again_whole() -> None:
    signed = b.signed(b.split(3, nfse="single"))
    released = b.contract(signed).release(2, 1, b.NOW)
    assert [event.ordinal for event in released] == [1, 2, 3]
    assert {event.invoice_id for event in released} == {invoice_id(b.CONTRACT, 1, 1)}
    again = b.contract(signed, released).regenerate(3, b.NOW)
    assert [(event.ordinal, event.attempt) for event in again] == [(1, 2), (2, 2), (3, 2)]
    assert {event.invoice_id for event in again} == {invoice_id(b.CONTRACT, 1, 2)}
