"""A billing run: confirmed once by its own hash, worked off in chunks, stopped, resumed and closed."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as given_values
from hypothesis import strategies as st

from domain.billing_run.billing_run import (
    BillingRun,
    ChunkOverfullError,
    PlanHashMismatchError,
    PlanIntervalInvalidError,
    RunNotPlannedError,
    RunNotRunningError,
    RunNotStoppedError,
    RunState,
    RunUnfinishedError,
    project,
)
from domain.billing_run.events import (
    BillingChunkDone,
    BillingConfirmed,
    BillingPlanned,
    BillingRunClosed,
    BillingRunResumed,
    BillingRunStopped,
    CompanyTotal,
    ExclusionCount,
    NotBilled,
    PlanFilter,
)
from domain.kernel import DomainError, DomainEvent, Header
from tests.support.scenario import Decided, given, listed

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
RUN = UUID("00000000-0000-7000-8000-0000000000b1")
ONE, OTHER = UUID(int=1), UUID(int=2)
HASH = "0a" * 32

type Decide = Callable[[BillingRun], Decided]


def money(text: str) -> Decimal:
    return Decimal(text)


def at(version: int) -> Header:
    return Header(originator_id=RUN, originator_version=version, occurred_at=NOW, company_id=None)


def filter_of(**changes: Any) -> PlanFilter:
    fields: dict[str, Any] = {
        "companies": (ONE, OTHER),
        "due_from": date(2026, 11, 1),
        "due_until": date(2026, 11, 30),
        "due_on": None,
    }
    return PlanFilter(**(fields | changes))


TOTALS = (
    CompanyTotal(company_id=ONE, invoices=2, amount=money("300.00")),
    CompanyTotal(company_id=OTHER, invoices=1, amount=money("100.00")),
)
EXCLUSIONS = (ExclusionCount(reason="value_pending", invoices=4),)


def planned(**changes: Any) -> BillingPlanned:
    fields: dict[str, Any] = {
        "id": RUN,
        "mode": "contractual",
        "filter": filter_of(),
        "log_position": 77,
        "totals": TOTALS,
        "exclusions": EXCLUSIONS,
        "plan_hash": HASH,
        "now": NOW,
    }
    return BillingRun.plan(**(fields | changes))


def left(refused: int, failed: int) -> tuple[NotBilled, ...]:
    """Items that a chunk did not bill: the refused ones had a customer who moved."""
    moved = (NotBilled(invoice_id=ONE, outcome="refused", reason="moved", moved_stream=OTHER),)
    broken = (NotBilled(invoice_id=OTHER, outcome="failed", reason="unexpected", moved_stream=None),)
    return moved * refused + broken * failed


def done(version: int, chunk: int, billed: int = 0, **counts: Any) -> BillingChunkDone:
    fields: dict[str, Any] = {"with_failures": 0, "refused": 0, "failed": 0, "amount": money("100.00")}
    fields |= counts
    not_billed = left(fields["refused"], fields["failed"])
    return BillingChunkDone(**at(version), chunk=chunk, billed=billed, not_billed=not_billed, **fields)


def chunk(number: int, billed: int = 0, refused: int = 0, failed: int = 0, **counts: Any) -> Decide:
    fields: dict[str, Any] = {"with_failures": 0, "amount": money("100.00")}
    not_billed = left(refused, failed)
    return lambda run: run.chunk_done(
        number, billed=billed, not_billed=not_billed, now=NOW, **(fields | counts)
    )


def confirm(run: BillingRun) -> Decided:
    return run.confirm(HASH, NOW)


def stop(run: BillingRun) -> Decided:
    return run.stop(NOW)


def resume(run: BillingRun) -> Decided:
    return run.resume(NOW)


def close(run: BillingRun) -> Decided:
    return run.close(NOW)


CONFIRMED = BillingConfirmed(**at(2), plan_hash=HASH)
RUNNING = (planned(), CONFIRMED)
STOPPED = (*RUNNING, BillingRunStopped(**at(3)))
WORKED_OFF = (*RUNNING, done(3, 1, 2), done(4, 2, 0, with_failures=1))
CLOSED_FACT = BillingRunClosed(
    **at(5), billed=2, with_failures=1, refused=0, failed=0, amount=money("200.00")
)
CLOSED = (*WORKED_OFF, CLOSED_FACT)


def test_a_plan_counts_the_invoices_of_its_companies() -> None:
    assert planned() == BillingPlanned(
        **at(1),
        mode="contractual",
        filter=filter_of(),
        log_position=77,
        invoices=3,
        totals=TOTALS,
        exclusions=EXCLUSIONS,
        plan_hash=HASH,
    )


@pytest.mark.parametrize(("companies", "company_id"), [((ONE,), ONE), ((ONE, OTHER), None), ((), None)])
def test_a_plan_belongs_to_its_only_company(companies: tuple[UUID, ...], company_id: UUID | None) -> None:
    run = given(project, planned(filter=filter_of(companies=companies))).state
    assert run.company_id == company_id
    assert run.confirm(HASH, NOW).company_id == company_id


@pytest.mark.parametrize(
    "interval",
    [
        {"due_from": date(2026, 12, 1)},
        {"due_from": date(2026, 12, 1), "due_on": date(2026, 12, 1)},
        {"due_on": date(2026, 10, 31)},
        {"due_on": date(2026, 12, 1)},
    ],
)
def test_a_plan_needs_an_interval_that_holds_its_due_date(interval: dict[str, date]) -> None:
    with pytest.raises(PlanIntervalInvalidError):
        planned(filter=filter_of(**interval))


def test_a_plan_may_be_of_one_day() -> None:
    day = date(2026, 11, 10)
    assert planned(filter=filter_of(due_from=day, due_until=day, due_on=day)).invoices == 3


def test_a_plan_is_confirmed_by_its_own_hash() -> None:
    given(project, planned()).when(confirm).then(CONFIRMED)
    given(project, planned()).when(confirm).then_state(lambda run: run.state is RunState.RUNNING)


def test_another_plans_hash_confirms_nothing() -> None:
    given(project, planned()).when(lambda run: run.confirm("0b" * 32, NOW)).then_refused(
        PlanHashMismatchError, plan_hash=HASH
    )


@pytest.mark.parametrize(
    ("history", "state"),
    [(RUNNING, RunState.RUNNING), (STOPPED, RunState.STOPPED), (CLOSED, RunState.CLOSED)],
)
def test_a_plan_is_confirmed_once(history: tuple[DomainEvent, ...], state: RunState) -> None:
    given(project, *history).when(confirm).then_refused(RunNotPlannedError, state=state)


def test_a_chunk_is_accounted_for() -> None:
    counts: dict[str, Any] = {"with_failures": 1, "refused": 1, "failed": 0, "amount": money("200.00")}
    given(project, *RUNNING).when(chunk(1, 1, **counts)).then(done(3, 1, 1, **counts))
    given(project, *RUNNING).when(chunk(1, 1, **counts)).then_state(
        lambda run: (run.done, run.billed, run.amount) == (3, 1, money("200.00"))
    )


def test_chunks_come_in_any_order() -> None:
    given(project, *RUNNING).when(chunk(2, 1)).then(done(3, 2, 1))


@pytest.mark.parametrize("history", [WORKED_OFF, CLOSED])
def test_a_chunk_counts_once(history: tuple[DomainEvent, ...]) -> None:
    given(project, *history).when(chunk(1, 2)).then_nothing()


def test_the_chunk_under_way_when_a_run_is_stopped_is_accounted_for() -> None:
    given(project, *STOPPED).when(chunk(1, 2)).then(done(4, 1, 2))


@pytest.mark.parametrize("history", [(planned(),), CLOSED])
def test_no_chunk_is_done_before_the_run_or_after_it(history: tuple[DomainEvent, ...]) -> None:
    given(project, *history).when(chunk(3, 1)).then_refused(RunNotRunningError)


def test_more_items_than_planned_are_refused() -> None:
    given(project, *RUNNING, done(3, 1, 2)).when(chunk(2, 1, failed=1)).then_refused(
        ChunkOverfullError, items=4, invoices=3
    )


def test_a_running_run_is_stopped_and_resumed() -> None:
    given(project, *RUNNING).when(stop).then(BillingRunStopped(**at(3)))
    given(project, *STOPPED).when(resume).then(BillingRunResumed(**at(4)))
    given(project, *STOPPED).when(resume).then_state(lambda run: run.state is RunState.RUNNING)


def test_stopping_a_stopped_run_changes_nothing() -> None:
    given(project, *STOPPED).when(stop).then_nothing()


def test_a_run_of_which_nothing_is_left_is_closed_with_its_sums() -> None:
    given(project, *WORKED_OFF).when(close).then(CLOSED_FACT)
    given(project, *WORKED_OFF).when(close).then_state(lambda run: run.state is RunState.CLOSED)


def test_closing_a_closed_run_changes_nothing() -> None:
    given(project, *CLOSED).when(close).then_nothing()


def test_a_run_with_items_left_is_not_closed() -> None:
    given(project, *RUNNING, done(3, 1, 2)).when(close).then_refused(RunUnfinishedError, done=2, invoices=3)


def test_an_empty_plan_is_confirmed_and_closed() -> None:
    given(project, planned(totals=()), CONFIRMED).when(close).then(
        BillingRunClosed(**at(3), billed=0, with_failures=0, refused=0, failed=0, amount=money("0.00"))
    )


@pytest.mark.parametrize(
    ("history", "decide", "error"),
    [
        ((planned(),), stop, RunNotRunningError),
        ((planned(),), resume, RunNotStoppedError),
        ((planned(),), close, RunNotRunningError),
        (RUNNING, resume, RunNotStoppedError),
        (STOPPED, close, RunNotRunningError),
        (CLOSED, stop, RunNotRunningError),
        (CLOSED, resume, RunNotStoppedError),
    ],
)
def test_steps_out_of_order_are_refused(
    history: tuple[DomainEvent, ...], decide: Decide, error: type[DomainError]
) -> None:
    given(project, *history).when(decide).then_refused(error)


def after(run: BillingRun, decided: Decided) -> BillingRun:
    """The run after what was decided."""
    facts: list[Any] = listed(decided)
    state = project(run, facts)
    assert state is not None
    return state


@given_values(st.permutations([chunk(n, 1) for n in (1, 2, 3)] * 2))
def test_chunks_reported_twice_and_in_any_order_close_with_the_same_sums(order: list[Decide]) -> None:
    run = given(project, *RUNNING).state
    for decide in order:
        run = after(run, decide(run))
    closed = run.close(NOW)
    assert closed is not None
    assert (closed.billed, closed.amount) == (3, money("300.00"))
