"""`lastro bill`: plans a batch, shows it, bills exactly that plan, stops, resumes, bills what is due."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import typer

from application.access import Principal
from application.billing.batch import BillingBatch, PlanSummary
from application.billing.running import Progress
from application.ports import ReadModelBehindError
from application.settings import Settings
from domain.billing_run.events import SalesChoice
from lastro.bill_report import BillReport
from lastro.billing import BillingUseCases
from lastro.output import AsJson, notices, progress_of, show_json
from lastro.wiring import Runtime, opened
from projections.progress import wait_for

app = typer.Typer(help="Billing: plan, confirm, stop, resume, bill what is due.", no_args_is_help=True)

_WAIT_SECONDS = 30.0
_LONG_AGO = date(1990, 1, 1)


class SalesAsked(StrEnum):
    """What becomes of open sales (V16), as it is typed."""

    JOIN = "join"
    OWN = "own"
    LEAVE_OUT = "leave-out"


_CHOICES: dict[SalesAsked, SalesChoice] = {
    SalesAsked.JOIN: "join",
    SalesAsked.OWN: "own",
    SalesAsked.LEAVE_OUT: "leave_out",
}

PlanHash = Annotated[str, typer.Argument(metavar="HASH", help="The plan's hash, or its first 8 characters.")]
Until = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last due date (cut-off).")]
Since = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First due date.")]
DueOn = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only this due date.")]
Codes = Annotated[list[str] | None, typer.Option("--company", help="A company's code or CNPJ; repeatable.")]
Sales = Annotated[
    SalesAsked,
    typer.Option(help="Open sales due then: join their customer's invoice, get one of their own, or wait."),
]
Processes = Annotated[int, typer.Option(min=1, max=64, help="How many processes bill at once.")]
PROCESSES = 3
"""So that two processors have work while one of them waits for the database."""


@dataclass(frozen=True, slots=True)
class Billing:
    """What the commands of this file work with."""

    runtime: Runtime
    use_cases: BillingUseCases

    @property
    def operator(self) -> Principal:
        """Who gives the command."""
        return self.runtime.operator

    @property
    def batch(self) -> BillingBatch:
        """Plans and their runs."""
        return self.use_cases.batch

    def await_read_models(self) -> None:
        """Companies that were switched on a moment ago count too. Raises ReadModelBehindError."""
        position = self.runtime.lastro.safe_position()
        if not wait_for(self.runtime.database, position, _WAIT_SECONDS, ("companies", "invoice_grid")):
            raise ReadModelBehindError(f"the read models did not reach position {position}")

    @property
    def report(self) -> BillReport:
        """How plans and runs are told."""
        return BillReport(self.runtime, self.batch, self.operator)

    def tell(self, summary: PlanSummary, *, as_json: bool) -> None:
        """Print a plan and its run."""
        self.report.tell(summary, as_json=as_json)


@app.command()
def plan(
    until: Until,
    since: Since = None,
    due_on: DueOn = None,
    company: Codes = None,
    sales: Sales = SalesAsked.JOIN,
    as_json: AsJson = False,
) -> None:
    """Dry run of a batch by the code that commits. Nothing is billed; `confirm` takes the hash."""
    with _billing() as billing:
        summary = billing.batch.plan(
            billing.operator,
            due_from=since.date() if since else _LONG_AGO,
            due_until=until.date(),
            companies=[billing.use_cases.company(text) for text in company or ()],
            due_on=due_on.date() if due_on else None,
            sales=_CHOICES[sales],
        )
        billing.tell(summary, as_json=as_json)


@app.command(name="show")
def show_plan(
    plan_hash: Annotated[str | None, typer.Argument(metavar="[HASH]", help="Without: the last plan.")] = None,
    as_json: AsJson = False,
) -> None:
    """What a plan bills, what it leaves out and why, and how far its run has come."""
    with _billing() as billing:
        who, batch = billing.operator, billing.batch
        summary = batch.show(who, plan_hash) if plan_hash else batch.latest(who)
        billing.tell(summary, as_json=as_json)


@app.command()
def confirm(plan_hash: PlanHash, processes: Processes = PROCESSES, as_json: AsJson = False) -> None:
    """Bill exactly this plan. Items whose facts moved since are refused and named.

    Ends with 1 if an item was refused or failed and so is not billed. An invoice of which one document failed
    (such as a nota without its fiscal code) is billed: it is named, and ends with 0.
    """
    with _billing(processes) as billing, _bar() as reached:
        billing.use_cases.start_helpers()
        summary = billing.batch.confirm(billing.operator, plan_hash, reached)
        billing.tell(summary, as_json=as_json)
    _end([summary])


@app.command()
def resume(plan_hash: PlanHash, processes: Processes = PROCESSES, as_json: AsJson = False) -> None:
    """Go on with a run that was stopped or killed. Ends as `confirm` does."""
    with _billing(processes) as billing, _bar() as reached:
        billing.use_cases.start_helpers()
        summary = billing.batch.resume(billing.operator, plan_hash, reached)
        billing.tell(summary, as_json=as_json)
    _end([summary])


@app.command()
def stop(plan_hash: PlanHash, as_json: AsJson = False) -> None:
    """End a run after the chunks that are under way. What is billed stays billed."""
    with _billing() as billing:
        billing.tell(billing.batch.stop(billing.operator, plan_hash), as_json=as_json)


@app.command()
def due(
    until: Until, company: Codes = None, processes: Processes = PROCESSES, as_json: AsJson = False
) -> None:
    """Bill what is due where automatic billing is on, missed days too. Safe to repeat; ends as `confirm`."""
    with _billing(processes) as billing:
        chosen = [billing.use_cases.company(text) for text in company] if company else None
        billing.await_read_models()
        runs = billing.use_cases.due.bill_due(billing.operator, until.date(), chosen)
        if as_json:
            show_json([billing.report.whole(run) for run in runs])
        else:
            for run in runs:
                billing.tell(run, as_json=False)
    if not runs:
        notices.print("nothing is due")
    _end(runs)


@contextmanager
def _billing(processes: int = 1) -> Iterator[Billing]:
    with opened(Settings()) as runtime:
        yield Billing(runtime, BillingUseCases(runtime, processes))


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    with progress_of("billing") as reached:
        yield lambda at: reached(at.done, at.total)


def _end(runs: Sequence[PlanSummary]) -> None:
    if any(run.run.refused or run.run.failed for run in runs):
        raise typer.Exit(1)
