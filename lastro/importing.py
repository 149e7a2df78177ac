"""`lastro import`: reads files in, and tells every problem by line and column, in Portuguese."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from application.access import Principal
from application.portfolio.importer import Imported, PortfolioImport, Tally
from application.portfolio.problems import PortfolioFileError, Problem
from application.portfolio.reading import count_rows
from application.portfolio.references import Registries
from application.settings import Settings
from lastro.billing import BillingUseCases
from lastro.import_problems import SHOWN, ProblemReport
from lastro.output import AsJson, notices, progress_of, show, show_json
from lastro.wiring import Runtime, opened
from web.portfolio_template import write_template
from web.wording.portfolio import (
    RESULT_HEADINGS,
    ROWS_UNREAD,
    file_problem_text,
    importing_text,
    past_due_text,
    problems_text,
)

app = typer.Typer(help="Bring data in.", no_args_is_help=True)


@app.command()
def portfolio(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A .csv or .xlsx file.")],
    as_json: AsJson = False,
) -> None:
    """Import companies, accounts, services, customers and contracts.

    Good rows go in; every other one is reported with what to do, the first on the screen and all in
    FILE.problemas.csv, and the command ends with 1. The same file twice changes nothing.
    """
    try:
        with opened(Settings()) as runtime, ProblemReport(file, quiet=as_json) as problems:
            imported = import_file(runtime, file, runtime.operator, problems.tell)
    except PortfolioFileError as error:
        _end_unreadable(error, as_json=as_json)
    _tell(imported, problems, as_json=as_json)
    if imported.problems:
        raise typer.Exit(1)


@app.command()
def template(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="The .xlsx file to write.")],
) -> None:
    """Write an empty portfolio workbook: a sheet per kind of row, every column explained."""
    if file.suffix.lower() != ".xlsx":
        raise typer.BadParameter("the template is a workbook: give it a name that ends in .xlsx")
    write_template(file)
    notices.print(f"wrote {file}", markup=False)


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
    if not notices.is_terminal:
        notices.print(f"{importing_text(file.name)} …", markup=False)
    total, done = count_rows(file), 0
    with progress_of(importing_text(file.name), total) as reached:

        def advance(rows: int) -> None:
            nonlocal done
            done += rows
            reached(done, done if total is None else max(total, done))

        return PortfolioImport(registries, use_cases.contracts).run(principal, file, report, advance)


def _end_unreadable(error: PortfolioFileError, *, as_json: bool) -> NoReturn:
    text = file_problem_text(error)
    if as_json:
        show_json({"error": error.code, "details": error.details, "text": text})
    else:
        notices.print(f"lastro: {text}", markup=False)
    raise typer.Exit(1)


def _tell(imported: Imported, problems: ProblemReport, *, as_json: bool) -> None:
    rows = [{"kind": kind.value, **asdict(tally)} for kind, tally in imported.kinds.items()]
    if imported.unread:
        rows.append({"kind": ROWS_UNREAD, **asdict(Tally(refused=imported.unread))})
    written = str(problems.path) if problems.count else None
    if as_json:
        show_json(
            {
                "kinds": [row for row in rows if row["kind"] != ROWS_UNREAD],
                "rows_unread": imported.unread,
                "past_due": [asdict(each) for each in imported.past_due],
                "problem_count": problems.count,
                "problems": problems.first,
                "problems_file": written,
            }
        )
        return
    headed = [{RESULT_HEADINGS[name]: value for name, value in row.items()} for row in rows]
    show(headed, columns=tuple(RESULT_HEADINGS.values()), as_json=False)
    for each in imported.past_due:
        if each.automatic:
            notices.print(past_due_text(each), markup=False)
    if written:
        notices.print(problems_text(SHOWN, problems.count, written), markup=False)
