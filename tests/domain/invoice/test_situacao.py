"""Situação and Situação Parcela: which holds when, and what the badge shows."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given as given_values
from hypothesis import strategies as st

from domain.invoice.events import InvoiceCancelled
from domain.invoice.invoice import project
from domain.invoice.situacao import (
    InstalmentStatus,
    Situacao,
    Standing,
    instalment_badge,
    instalment_statuses,
    situacao,
)
from domain.values.payment import DocumentState
from tests.domain.invoice.facts import DUE_ON, THREE, at, opened, opened_in_cash, paid
from tests.support.scenario import given

OVERDUE, PAID, PARTLY, DUE, UNPAID = InstalmentStatus
SPLIT = opened_in_cash(instalments=THREE)
AFTER_THE_FIRST = date(2026, 11, 11)


def statuses(today: date, *paid_amounts: str) -> frozenset[InstalmentStatus]:
    history = [paid(version, version, principal=amount) for version, amount in enumerate(paid_amounts, 2)]
    return given(project, SPLIT, *history).state.instalment_statuses(today)


def test_an_instalment_is_not_late_on_its_due_date() -> None:
    assert statuses(DUE_ON) == {DUE, UNPAID}


def test_an_open_instalment_is_late_the_day_after() -> None:
    assert statuses(AFTER_THE_FIRST) == {OVERDUE}


def test_a_due_date_without_banks_is_late_after_the_next_bank_day() -> None:
    standing = Standing(Decimal(10), Decimal(10), payable_until=date(2026, 11, 16))
    assert OVERDUE not in instalment_statuses([standing], date(2026, 11, 16))
    assert OVERDUE in instalment_statuses([standing], date(2026, 11, 17))


def test_some_settled_and_the_rest_not_due_is_parcialmente_pago_and_a_vencer() -> None:
    assert statuses(AFTER_THE_FIRST, "66.66") == {PARTLY, DUE}


def test_a_part_of_an_instalment_counts_as_a_payment() -> None:
    assert statuses(DUE_ON, "0.01") == {PARTLY, DUE}
    assert statuses(AFTER_THE_FIRST, "66.65") == {PARTLY, OVERDUE}


def test_everything_settled_is_pago_alone() -> None:
    one = given(project, opened(), paid(2)).state
    assert one.instalment_statuses(date(2030, 1, 1)) == {PAID}


def test_a_cancelled_invoice_has_no_instalment_status() -> None:
    cancelled = InvoiceCancelled(**at(2), because="asked", reason="engano", frees_period=False)
    assert given(project, opened(), cancelled).state.instalment_statuses(date(2030, 1, 1)) == frozenset()


@pytest.mark.parametrize(
    ("holding", "badge"),
    [
        ({OVERDUE}, OVERDUE),
        ({OVERDUE, PARTLY}, OVERDUE),
        ({PAID}, PAID),
        ({PARTLY, DUE}, PARTLY),
        ({DUE, UNPAID}, DUE),
        (set(), None),
    ],
)
def test_the_badge_shows_the_first_that_holds(
    holding: set[InstalmentStatus], badge: InstalmentStatus | None
) -> None:
    assert instalment_badge(frozenset(holding)) is badge


WAITING, REQUESTED, DONE, FAILED = (
    DocumentState.WAITING,
    DocumentState.REQUESTED,
    DocumentState.DONE,
    DocumentState.FAILED,
)


@pytest.mark.parametrize(
    ("cancelled", "value_pending", "billed", "documents", "expected"),
    [
        (False, False, False, (), Situacao.PENDING),
        (False, False, False, (WAITING,), Situacao.PENDING),
        (False, True, False, (WAITING,), Situacao.VALUE_PENDING),
        (False, False, True, (), Situacao.BILLED),
        (False, False, True, (WAITING, REQUESTED, DONE), Situacao.BILLED),
        (False, False, True, (DONE, FAILED), Situacao.ERROR),
        (False, False, False, (FAILED,), Situacao.ERROR),
        (False, True, False, (FAILED,), Situacao.ERROR),
        (True, True, True, (FAILED,), Situacao.CANCELLED),
    ],
)
def test_situacao_follows_the_documents(
    cancelled: bool,
    value_pending: bool,
    billed: bool,
    documents: tuple[DocumentState, ...],
    expected: Situacao,
) -> None:
    found = situacao(cancelled=cancelled, value_pending=value_pending, billed=billed, documents=documents)
    assert found is expected


standings = st.builds(
    lambda amount, share, late: Standing(amount, amount * share, DUE_ON + timedelta(late)),
    st.decimals("0.01", "100.00", places=2),
    st.sampled_from([Decimal(0), Decimal("0.5"), Decimal(1)]),
    st.integers(-40, 40),
)


@given_values(st.lists(standings, min_size=1, max_size=5))
def test_every_invoice_has_a_badge_and_late_excludes_a_vencer(instalments: list[Standing]) -> None:
    holding = instalment_statuses(instalments, DUE_ON)
    assert instalment_badge(holding) is not None
    assert not {OVERDUE, DUE} <= holding
    assert not {PAID, DUE} <= holding
