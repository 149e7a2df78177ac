"""`lastro import`: reads files in, and tells every problem by line and column, in Portuguese."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from application.access import Principal, operator
from application.portfolio.importer import Imported, PortfolioImport
from application.portfolio.problems import PortfolioFileError, Problem
from application.portfolio.reading import count_rows
from application.portfolio.references import Registries
from application.settings import Settings
from lastro.billing import BillingUseCases
from lastro.output import AsJson, notices, progress, show, show_json
from lastro.wiring import Runtime, opened
from web.wording.portfolio import file_problem_text, problem_text

app = typer.Typer(help="Bring data in.", no_args_is_help=True)

CLI = operator("cli")
_COLUMNS = ("kind", "new", "corrected", "same", "refused")


@app.callback()
def root() -> None:
    """Bring data in."""


@app.command()
def portfolio(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A .csv or .xlsx file.")],
    as_json: AsJson = False,
) -> None:
    """Import companies, accounts, services, customers and contracts.

    Good rows go in; every other one is reported with what to do, and the command ends with 1. The same
    file twice changes nothing.
    """
    found: list[dict[str, Any]] = []

    def report(problem: Problem) -> None:
        if as_json:
            found.append({**asdict(problem), "text": problem_text(problem)})
        else:
            notices.print(problem_text(problem), markup=False)

    with opened(Settings()) as runtime:
        try:
            imported = import_file(runtime, file, CLI, report)
        except PortfolioFileError as error:
            notices.print(f"lastro: {file_problem_text(error)}", markup=False)
            raise typer.Exit(1) from None
    rows = [{"kind": kind.value, **asdict(tally)} for kind, tally in imported.kinds.items()]
    if as_json:
        show_json({"kinds": rows, "problems": found})
    else:
        show(rows, columns=_COLUMNS, as_json=False)
    if imported.problems:
        raise typer.Exit(1)


def import_file(
    runtime: Runtime, file: Path, principal: Principal, report: Callable[[Problem], None]
) -> Imported:
    """Import one portfolio file under a progress bar. Raises PortfolioFileError."""
    use_cases = BillingUseCases(runtime)
    registries = Registries(
        lastro=runtime.lastro,
        companies=use_cases.companies,
        accounts=use_cases.accounts,
        services=use_cases.services,
        customers=use_cases.customers,
        indices=use_cases.indices,
    )
    with progress() as bars:
        task = bars.add_task(f"importing {file.name}", total=count_rows(file))
        return PortfolioImport(registries, use_cases.contracts).run(
            principal, file, report, lambda rows: bars.advance(task, rows)
        )
