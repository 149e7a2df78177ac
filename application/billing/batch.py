"""The contractual batch: plan, show, confirm, stop, resume (F176, F178-F182, W2)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from application.access import Principal
from application.app import Lastro
from application.billing import plans
from application.billing.desk import Request
from application.billing.plan_rows import (
    Difference,
    Exclusion,
    ItemReport,
    PlanItem,
    PlanUnknownError,
    RunRow,
)
from application.billing.planning import draft_plan
from application.billing.running import REQUESTED_BY, Mode, Progress, RunBusyError, Runner, coordinating
from application.billing.sales import PlannedSales
from application.billing.sold import SoldItem, sold_items
from application.clock import Clock, sao_paulo_date
from application.ids import new_id
from application.ports import BillableInvoices, OpenSales, SalesReminder
from application.stopping import Proceed, go_on
from application.unit_of_work import context_of, retried
from domain.billing_run.billing_run import BillingRun, RunState, project
from domain.billing_run.events import BillingPlanned, PlanFilter, SalesChoice
from domain.kernel import DomainEvent
from domain.user.roles import Permission

CHUNK = 1_000
_KEPT = timedelta(days=30)
_COMPARED = timedelta(days=400)
"""A plan that is made once a year still finds the one of the year before."""
_WAIT_SECONDS = 30.0
_LONG_AGO = date(1990, 1, 1)


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """A plan, what it differs in from the one before with the same filter, and how far it has come.

    `difference` is None for the first plan of its filter, and where the one before is no longer kept.
    """

    planned: BillingPlanned
    difference: Difference | None
    run: BillingRun
    previous_forgotten: bool = False

    @property
    def plan_hash(self) -> str:
        """What `confirm` takes."""
        return self.planned.plan_hash


class BillingBatch:
    """Plans by the code that commits, then bills exactly that plan. Every method asks for BILL_NOW."""

    def __init__(
        self, lastro: Lastro, clock: Clock, billable: BillableInvoices, runner: Runner, sales: OpenSales
    ) -> None:
        self._lastro = lastro
        self._sales = sales
        self._clock = clock
        self._billable = billable
        self._runner = runner

    def plan(
        self,
        principal: Principal,
        *,
        due_from: date,
        due_until: date,
        companies: Collection[UUID] = (),
        due_on: date | None = None,
        sales: SalesChoice = "join",
    ) -> PlanSummary:
        """Plan the billing of every open invoice due in the interval; nothing is billed.

        `sales` says what becomes of open contractual sales due then (V16). Without companies: all that
        the principal may bill. Waits for the read model to know all that
        is committed now; raises `ReadModelBehindError` if it does not get there.
        """
        chosen = PlanFilter(
            companies=_companies(principal, companies), due_from=due_from, due_until=due_until, due_on=due_on
        )
        return self._summary(self._planned(principal, chosen, "contractual", sales).originator_id)

    def plan_due(
        self, principal: Principal, company_id: UUID, until: date, proceed: Proceed = go_on
    ) -> PlanSummary | None:
        """Plan what automatic billing bills in one company; None, and nothing kept, if that is nothing."""
        principal.require(Permission.BILL_NOW, company_id)
        chosen = PlanFilter(companies=(company_id,), due_from=_LONG_AGO, due_until=until, due_on=None)
        planned = self._planned(principal, chosen, "due", "join", proceed)
        return self._summary(planned.originator_id) if planned.invoices else None

    def show(self, principal: Principal, plan_hash: str) -> PlanSummary:
        """The plan with this hash, or with a hash that begins so (eight characters or more)."""
        return self._summary(self._seen(principal, plan_hash).run_id)

    def latest(self, principal: Principal) -> PlanSummary:
        """The last plan that the principal may see. Raises `PlanUnknownError`."""
        with self._lastro.database.connection() as db:
            found = next((run for run in plans.newest_runs(db) if _may_see(principal, run)), None)
        if found is None:
            raise PlanUnknownError
        return self._summary(found.run_id)

    def items(self, principal: Principal, plan_hash: str, after: int = 0, limit: int = 100) -> list[PlanItem]:
        """A page of what the plan bills, in its order."""
        run = self._seen(principal, plan_hash)
        with self._lastro.database.connection() as db:
            return plans.items(db, run.run_id, after + 1, after + limit)

    def exclusions(self, principal: Principal, plan_hash: str, limit: int = 100) -> list[Exclusion]:
        """The first invoices that the plan leaves out, each with its reason."""
        run = self._seen(principal, plan_hash)
        with self._lastro.database.connection() as db:
            return plans.exclusions(db, run.run_id, limit)

    def sold(self, principal: Principal, plan_hash: str, after: int = 0, limit: int = 100) -> list[SoldItem]:
        """A page of the sales that the plan bills, in its order: each joins an invoice, or opens one."""
        run = self._seen(principal, plan_hash)
        with self._lastro.database.connection() as db:
            return sold_items(db, run.run_id, after, limit)

    def reminders(self, principal: Principal, plan_hash: str, limit: int = 100) -> Sequence[SalesReminder]:
        """What is open now of sales due until the plan's end that it leaves alone, by customer (F177).

        Those are the *avulso* ones, and the contractual ones where the plan leaves them out.
        """
        run = self._seen(principal, plan_hash)
        filter = run.planned.filter
        modes = ["avulso"]
        if self._lastro.load(project, run.run_id).sales == "leave_out":
            modes.append("contractual")
        return self._sales.reminders(filter.companies or None, _LONG_AGO, filter.due_until, modes, limit)

    def reports(
        self, principal: Principal, plan_hash: str, after: int = 0, limit: int = 100
    ) -> list[ItemReport]:
        """A page of the items that were not plainly billed: the reason, and the stream that moved."""
        run = self._seen(principal, plan_hash)
        with self._lastro.database.connection() as db:
            return plans.reports(db, run.run_id, after, limit)

    def confirm(
        self,
        principal: Principal,
        plan_hash: str,
        progress: Callable[[Progress], None] | None = None,
        proceed: Proceed = go_on,
    ) -> PlanSummary:
        """Bill exactly this plan, and return when its last chunk is done or somebody stopped it.

        Where `proceed` raises StoppedError, the run is left as if killed after a chunk.

        Items whose streams moved since the plan are refused and named in `reports`; a failing item
        fails alone. Killed at any moment, `resume` finishes it. Raises `RunBusyError` if another
        process is at this run, and what BillingRun.confirm raises.
        """
        run = self._seen(principal, plan_hash)
        with coordinating(self._lastro.database, run.run_id):
            self._runner.confirm(principal, run)
            self._runner.work(principal, run, progress, proceed)
        return self._summary(run.run_id)

    def resume(
        self, principal: Principal, plan_hash: str, progress: Callable[[Progress], None] | None = None
    ) -> PlanSummary:
        """Go on with a run that was stopped or killed. A closed run is left as it is."""
        run = self._seen(principal, plan_hash)
        with coordinating(self._lastro.database, run.run_id):
            self._runner.resume(principal, run)
            self._runner.work(principal, run, progress)
        return self._summary(run.run_id)

    def resume_due(self, principal: Principal, proceed: Proceed = go_on) -> list[PlanSummary]:
        """Go on with every automatic run that was interrupted. Runs that a person stopped stay so."""
        with self._lastro.database.connection() as db:
            found = plans.unclosed(db, "due")
        finished = []
        for run in found:
            if self._lastro.load(project, run.run_id).state is not RunState.RUNNING:
                continue
            with suppress(RunBusyError), coordinating(self._lastro.database, run.run_id):
                self._runner.work(principal, run, proceed=proceed)
                finished.append(self._summary(run.run_id))
        return finished

    def stop(self, principal: Principal, plan_hash: str) -> PlanSummary:
        """Let the run end after the chunks that are under way; what is billed stays billed."""
        run = self._seen(principal, plan_hash)

        def record() -> None:
            state: BillingRun = self._lastro.load(project, run.run_id)
            stopped = state.stop(self._clock())
            if stopped is not None:
                self._lastro.record(context_of(principal, run.run_id), stopped)

        retried(record)
        return self._summary(run.run_id)

    def _seen(self, principal: Principal, plan_hash: str) -> RunRow:
        with self._lastro.database.connection() as db:
            run = plans.find_run(db, plan_hash)
        if not _may_see(principal, run):
            raise PlanUnknownError(plan_hash=plan_hash)
        principal.require(Permission.BILL_NOW)
        for total in run.planned.totals:
            principal.require(Permission.BILL_NOW, total.company_id)
        return run

    def _planned(
        self,
        principal: Principal,
        chosen: PlanFilter,
        mode: Mode,
        choice: SalesChoice,
        proceed: Proceed = go_on,
    ) -> BillingPlanned:
        position = self._lastro.safe_position()
        self._billable.wait_for(position, _WAIT_SECONDS)
        self._sales.wait_for(position, _WAIT_SECONDS)
        now = self._clock()
        request = Request(REQUESTED_BY[mode], new_id(), now, sao_paulo_date(now))
        sales = PlannedSales.gather(self._lastro, self._sales, choice, chosen, now)
        draft = draft_plan(self._lastro, self._billable, sales, chosen, request, proceed)
        planned = BillingRun.plan(
            id=draft.run_id,
            mode=mode,
            filter=chosen,
            log_position=position,
            totals=draft.totals,
            exclusions=draft.exclusions,
            plan_hash=draft.plan_hash,
            now=now,
        )
        if mode == "contractual" or draft.invoices:
            self._keep(principal, planned, sales)
        else:
            with self._lastro.database.connection() as db:
                plans.forget(db, [draft.run_id])
        return planned

    def _keep(self, principal: Principal, planned: BillingPlanned, sales: PlannedSales) -> None:
        def also(db: plans.Db) -> None:
            plans.sweep(db, planned.occurred_at - _KEPT, planned.occurred_at - _COMPARED)
            plans.keep(db, planned, CHUNK)

        facts: list[DomainEvent] = [planned]
        told = sales.told(planned)
        if told is not None:
            facts.append(told)
        self._lastro.record(context_of(principal, planned.originator_id), *facts, also=also)

    def _summary(self, run_id: UUID) -> PlanSummary:
        state: BillingRun = self._lastro.load(project, run_id)
        with self._lastro.database.connection() as db:
            run = plans.run_of(db, run_id)
            previous = run.previous_run_id
            kept = previous is not None and plans.is_kept(db, previous)
            difference = plans.difference(db, run_id, previous) if previous and kept else None
        return PlanSummary(run.planned, difference, state, previous is not None and not kept)


def _companies(principal: Principal, asked: Collection[UUID]) -> tuple[UUID, ...]:
    for company_id in asked:
        principal.require(Permission.BILL_NOW, company_id)
    principal.require(Permission.BILL_NOW)
    allowed = principal.companies(Permission.BILL_NOW)
    return tuple(sorted(set(asked) or allowed or ()))


def _may_see(principal: Principal, run: RunRow) -> bool:
    companies = {*run.planned.filter.companies, *(total.company_id for total in run.planned.totals)}
    if not run.planned.filter.companies and principal.companies(Permission.SEE_BILLING) is not None:
        return False
    return all(principal.sees(company) for company in companies)
