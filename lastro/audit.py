"""`lastro audit`: what can be proved from the log."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from application.app import NotFoundError
from application.audit_outputs import inert
from application.clock import sao_paulo_date, utc_now
from application.completeness.audit import Completeness, Report, Sink
from application.completeness.findings import FINDING_FIELDS, OUTSIDE, Asked, Finding, Kind, Reason, Tally
from application.completeness.keeping import Checks
from application.settings import Settings
from domain.company.company import project as project_company
from lastro.output import AsJson, notices, progress_of, show, show_json
from lastro.use_cases import UseCases
from lastro.wiring import Runtime, opened
from projections.companies.query import AutomaticBillingCompanies
from projections.invoice_grid.shown import ShownInvoicesQuery

app = typer.Typer(help="Proofs over the whole log.", no_args_is_help=True)

SHOWN = 50


@app.callback()
def audit() -> None:
    """Proofs over the whole log."""


CompanyOption = Annotated[
    list[str] | None,
    typer.Option(help="Only this company (code or CNPJ); repeatable. Without: all."),
]
Until = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Periods due up to this day. Without: today."),
]
Grace = Annotated[
    int, typer.Option(min=0, max=366, help="Days after its due date until an unbilled period is a gap.")
]
Differences = Annotated[
    Path | None, typer.Option(dir_okay=False, writable=True, help="Write every finding to this CSV file.")
]
AskedFor = Annotated[
    bool, typer.Option("--asked", help="Do what the page asked for, if it did. For the worker.")
]


@app.command()
def completeness(
    company: CompanyOption = None,
    until: Until = None,
    grace: Grace = 3,
    differences: Differences = None,
    asked: AskedFor = False,
    as_json: AsJson = False,
) -> None:
    """Every contract period that should be billed and is not, and why. Exit code 1 when there are gaps."""
    if asked and (company or until or differences):
        raise typer.BadParameter("takes what the page asked for, and nothing else", param_hint="--asked")
    if differences is not None and not differences.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {differences.parent}", param_hint="--differences")
    with opened(Settings()) as runtime:
        checks, now = Checks(runtime.database), utc_now()
        if asked:
            taken = checks.take(now)
            if taken is None:
                return
            check_id, wanted = taken.check_id, taken.asked
        else:
            wanted = _wanted(runtime, company, until, grace)
            check_id = checks.begin(wanted, runtime.operator.actor, now)
        tally, shown = _checked(
            runtime, checks, check_id, wanted, differences, most=None if as_json else SHOWN
        )
        codes = _codes(runtime, shown)
    _tell(tally, shown, codes, as_json=as_json)
    sys.exit(0 if tally.is_complete else 1)


def _wanted(runtime: Runtime, company: list[str] | None, until: datetime | None, grace: int) -> Asked:
    today = sao_paulo_date(utc_now())
    return Asked(
        until=until.replace(tzinfo=UTC).date() if until else today,
        today=today,
        companies=_companies(runtime, company),
        grace=grace,
    )


def _checked(
    runtime: Runtime,
    checks: Checks,
    check_id: UUID,
    asked: Asked,
    differences: Path | None,
    *,
    most: int | None,
) -> tuple[Tally, list[Finding]]:
    """Run it, keep it, write the file; the sums, and the first `most` findings that are no explanation."""
    shown: list[Finding] = []
    with _file(differences) as written, checks.keeping(check_id, utc_now) as kept:

        def sink(finding: Finding) -> None:
            kept.add(finding)
            written(finding)
            if finding.kind is not Kind.EXPLAINED and (most is None or len(shown) < most):
                shown.append(finding)

        tally = _run(runtime, asked, sink, kept.report)
        kept.finish(tally)
    return tally, shown


def completeness_of(runtime: Runtime) -> Completeness:
    """The check, for this command and the worker."""
    database = runtime.database
    return Completeness(
        runtime.lastro, utc_now, ShownInvoicesQuery(database), AutomaticBillingCompanies(database)
    )


def _companies(runtime: Runtime, texts: list[str] | None) -> tuple[UUID, ...] | None:
    if not texts:
        return None
    found = {text: UseCases(runtime).companies.find(text) for text in texts}
    for text, company_id in found.items():
        if company_id is None:
            raise NotFoundError(f"no company has the code or CNPJ {text}")
    return tuple(id for id in found.values() if id is not None)


def _run(runtime: Runtime, asked: Asked, sink: Sink, keep: Report) -> Tally:
    with progress_of("contracts") as reached:

        def report(done: int, total: int) -> None:
            reached(done, total)
            keep(done, total)

        return completeness_of(runtime).run(asked, sink, report)


@contextmanager
def _file(path: Path | None) -> Iterator[Sink]:
    if path is None:
        yield lambda finding: None
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(FINDING_FIELDS)
        yield lambda finding: writer.writerow([_cell(getattr(finding, name)) for name in FINDING_FIELDS])


def _cell(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return inert("" if value is None else str(value))


def _tell(tally: Tally, shown: list[Finding], codes: Mapping[UUID, str], *, as_json: bool) -> None:
    seconds = (tally.finished_at - tally.started_at).total_seconds() if tally.finished_at else 0.0
    if as_json:
        show_json(_data(tally, shown, seconds))
        return
    if shown:
        rows = [
            {"company": each.company_id and codes.get(each.company_id)}
            | {name: getattr(each, name) for name in FINDING_FIELDS}
            for each in shown
        ]
        show(
            rows,
            columns=("kind", "reason", "company", "contract_code", "ordinal", "due_on", "amount", "detail"),
            as_json=False,
        )
    wrong = tally.of(Kind.GAP) + tally.of(Kind.READ_MODEL)
    if wrong > len(shown):
        notices.print(f"… and {wrong - len(shown)} more: --differences FILE has them all")
    for (kind, reason), count in sorted(tally.counts.items(), key=lambda each: (_called(*each[0]), each[0])):
        notices.print(f"{_called(kind, reason)}: {reason}: {count} (R$ {tally.amounts[kind, reason]})")
    notices.print(
        f"{tally.contracts} contracts, {tally.expected} periods due up to {tally.asked.until}:"
        f" {tally.billed} billed, {tally.waiting} explained, {tally.of(Kind.GAP)} gaps;"
        f" {tally.outside} not owed;"
        f" {tally.events} events in {seconds:.1f} s"
    )


def _called(kind: Kind, reason: Reason) -> str:
    """What a reason is summed up under: the lines of one name add up to its sum in the last line."""
    return "not owed" if kind is Kind.EXPLAINED and reason in OUTSIDE else kind.value


def _codes(runtime: Runtime, findings: list[Finding]) -> dict[UUID, str]:
    ids = {each.company_id for each in findings if each.company_id is not None}
    return {id: each.code for id, each in runtime.lastro.load_many(project_company, ids).items()}


def _data(tally: Tally, shown: list[Finding], seconds: float) -> dict[str, Any]:
    return {
        "until": tally.asked.until.isoformat(),
        "companies": tally.asked.companies and [str(each) for each in tally.asked.companies],
        "position": tally.position,
        "contracts": tally.contracts,
        "expected": tally.expected,
        "billed": tally.billed,
        "explained": tally.waiting,
        "outside": tally.outside,
        "complete": tally.is_complete,
        "counts": [
            {
                "kind": kind,
                "reason": reason,
                "owed": reason not in OUTSIDE,
                "count": count,
                "amount": f"{tally.amounts[kind, reason]:.2f}",
            }
            for (kind, reason), count in sorted(tally.counts.items())
        ],
        "findings": [{name: getattr(each, name) for name in FINDING_FIELDS} for each in shown],
        "events": tally.events,
        "seconds": round(seconds, 3),
    }
