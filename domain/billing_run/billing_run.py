"""Billing run: a plan that is confirmed once, worked off in chunks, stopped and resumed, and closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, assert_never
from uuid import UUID

from domain.billing_run.events import (
    BillingChunkDone,
    BillingConfirmed,
    BillingPlanned,
    BillingRunClosed,
    BillingRunEvent,
    BillingRunResumed,
    BillingRunStopped,
    BillingSalesPlanned,
    CompanyTotal,
    ExclusionCount,
    NotBilled,
    PlanFilter,
    SalesChoice,
)
from domain.kernel import Aggregate, DomainError, first, projector


class RunState(StrEnum):
    """Where a run stands."""

    PLANNED = "planned"
    RUNNING = "running"
    STOPPED = "stopped"
    CLOSED = "closed"


class PlanIntervalInvalidError(DomainError):
    """The cut-off interval ends before it starts, or the due date asked for lies outside. Correct it."""


class PlanHashMismatchError(DomainError):
    """This is not the hash of the plan. Look at the plan again and confirm the hash it shows (W2)."""


class RunNotPlannedError(DomainError):
    """The run was confirmed already. Resume it if it was stopped, or make a new plan."""


class RunNotRunningError(DomainError):
    """The run is not under way. Confirm its plan, or resume it."""


class RunNotStoppedError(DomainError):
    """Only a stopped run is resumed. A running one goes on by itself, a closed one is over."""


class RunUnfinishedError(DomainError):
    """Items of the plan are not accounted for yet. Let the run go on until none is left."""


class ChunkOverfullError(DomainError):
    """More items were accounted for than the plan has. The run's chunks overlap: report it."""


class BillingRun(Aggregate):
    """What became of a plan so far. Chunks may come in any order, each counts once."""

    plan_hash: str
    state: RunState = RunState.PLANNED
    sales: SalesChoice = "join"
    invoices: int
    chunks: frozenset[int] = frozenset()
    billed: int = 0
    with_failures: int = 0
    refused: int = 0
    failed: int = 0
    amount: Decimal = Decimal("0.00")

    @staticmethod
    def plan(
        *,
        id: UUID,
        mode: Literal["contractual", "due"],
        filter: PlanFilter,
        log_position: int,
        totals: tuple[CompanyTotal, ...],
        exclusions: tuple[ExclusionCount, ...],
        plan_hash: str,
        now: datetime,
    ) -> BillingPlanned:
        """Record a plan (W2). It belongs to its company if its filter names exactly one."""
        only_due = filter.due_on or filter.due_from
        if not filter.due_from <= only_due <= filter.due_until:
            raise PlanIntervalInvalidError(due_from=filter.due_from, due_until=filter.due_until)
        company_id = filter.companies[0] if len(filter.companies) == 1 else None
        return BillingPlanned(
            **first(id, now, company_id),
            mode=mode,
            filter=filter,
            log_position=log_position,
            invoices=sum(each.invoices for each in totals),
            totals=totals,
            exclusions=exclusions,
            plan_hash=plan_hash,
        )

    @staticmethod
    def plan_sales(
        planned: BillingPlanned, choice: SalesChoice, *, joining: int, opening: int, amount: Decimal
    ) -> BillingSalesPlanned | None:
        """Record beside a plan what it does with open sales; None where that goes without saying."""
        if choice == "join" and not joining and not opening:
            return None
        return BillingSalesPlanned(
            originator_id=planned.originator_id,
            originator_version=planned.originator_version + 1,
            occurred_at=planned.occurred_at,
            company_id=planned.company_id,
            choice=choice,
            joining=joining,
            opening=opening,
            amount=amount,
        )

    @property
    def done(self) -> int:
        """How many items of the plan are accounted for."""
        return self.billed + self.with_failures + self.refused + self.failed

    def confirm(self, plan_hash: str, now: datetime) -> BillingConfirmed:
        """Let exactly this plan be billed, once."""
        if plan_hash != self.plan_hash:
            raise PlanHashMismatchError(plan_hash=self.plan_hash)
        if self.state is not RunState.PLANNED:
            raise RunNotPlannedError(state=self.state)
        return BillingConfirmed(**self.following(now), plan_hash=plan_hash)

    def chunk_done(
        self,
        chunk: int,
        *,
        billed: int,
        with_failures: int,
        not_billed: Sequence[NotBilled],
        amount: Decimal,
        now: datetime,
    ) -> BillingChunkDone | None:
        """Account for a chunk; None if it was accounted for already.

        A stopped run still accounts for the chunk that was under way: its items are billed.
        `amount` is what was billed, with failures or without.
        """
        if chunk in self.chunks:
            return None
        if self.state not in (RunState.RUNNING, RunState.STOPPED):
            raise RunNotRunningError(state=self.state)
        items = self.done + billed + with_failures + len(not_billed)
        if items > self.invoices:
            raise ChunkOverfullError(items=items, invoices=self.invoices)
        return BillingChunkDone(
            **self.following(now),
            chunk=chunk,
            billed=billed,
            with_failures=with_failures,
            refused=sum(each.outcome == "refused" for each in not_billed),
            failed=sum(each.outcome == "failed" for each in not_billed),
            not_billed=tuple(not_billed),
            amount=amount,
        )

    def stop(self, now: datetime) -> BillingRunStopped | None:
        """Start no further chunk. What is billed stays billed. None if it was stopped already."""
        if self.state is RunState.STOPPED:
            return None
        if self.state is not RunState.RUNNING:
            raise RunNotRunningError(state=self.state)
        return BillingRunStopped(**self.following(now))

    def resume(self, now: datetime) -> BillingRunResumed:
        """Go on with the items that are left."""
        if self.state is not RunState.STOPPED:
            raise RunNotStoppedError(state=self.state)
        return BillingRunResumed(**self.following(now))

    def close(self, now: datetime) -> BillingRunClosed | None:
        """End a running run of which no item is left. None if it is closed already."""
        if self.state is RunState.CLOSED:
            return None
        if self.state is not RunState.RUNNING:
            raise RunNotRunningError(state=self.state)
        if self.done < self.invoices:
            raise RunUnfinishedError(done=self.done, invoices=self.invoices)
        return BillingRunClosed(
            **self.following(now),
            billed=self.billed,
            with_failures=self.with_failures,
            refused=self.refused,
            failed=self.failed,
            amount=self.amount,
        )


def evolve(run: BillingRun | None, event: BillingRunEvent) -> BillingRun:
    """The state one fact later."""
    if isinstance(event, BillingPlanned):
        return BillingRun(
            id=event.originator_id,
            version=event.originator_version,
            company_id=event.company_id,
            plan_hash=event.plan_hash,
            invoices=event.invoices,
        )
    assert run is not None
    match event:
        case BillingSalesPlanned():
            return run.moved(event, sales=event.choice)
        case BillingConfirmed() | BillingRunResumed():
            return run.moved(event, state=RunState.RUNNING)
        case BillingRunStopped():
            return run.moved(event, state=RunState.STOPPED)
        case BillingRunClosed():
            return run.moved(event, state=RunState.CLOSED)
        case BillingChunkDone():
            return run.moved(event, **_counted(run, event))
        case _:
            assert_never(event)


def _counted(run: BillingRun, event: BillingChunkDone) -> dict[str, Any]:
    return {
        "chunks": run.chunks | {event.chunk},
        "billed": run.billed + event.billed,
        "with_failures": run.with_failures + event.with_failures,
        "refused": run.refused + event.refused,
        "failed": run.failed + event.failed,
        "amount": run.amount + event.amount,
    }


project = projector(evolve)
