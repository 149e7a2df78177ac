"""`lastro index`: price indices and their monthly points, which index clauses of contracts wait for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from application.index_points import IndexPoints, IndexUnknownError, PointRefused
from application.price_indices import PriceIndexForm
from application.registry import Change
from application.settings import Settings
from domain.price_index.events import PriceIndexRegistered
from domain.price_index.price_index import PriceIndex, project
from lastro.output import AsJson, notices, plainly, show, show_json
from lastro.use_cases import UseCases
from lastro.wiring import Runtime, opened

app = typer.Typer(help="Price indices and their monthly points.", no_args_is_help=True)

_PAGE = 1_000
_SOURCE = "operator"

Code = Annotated[str, typer.Argument(help="The index: IGPM, IGPDI, INPC, IPCA, or one that was registered.")]
Source = Annotated[str, typer.Option(help="Where the figure is from; kept with the point.")]
Correct = Annotated[
    bool,
    typer.Option("--correct", help="Replace a point that stands. Contracts adjusted by it stay as they are."),
]


@app.command()
def register(
    code: Code,
    name: Annotated[str, typer.Option(help="How screens name the index.")],
    sgs: Annotated[int | None, typer.Option(min=1, help="Its series at the Banco Central.")] = None,
    as_json: AsJson = False,
) -> None:
    """Register an index that is not among IGPM, IGPDI, INPC and IPCA; those register themselves."""
    with opened(Settings()) as runtime:
        form = PriceIndexForm(code=code, name=name, sgs_code=sgs)
        done = UseCases(runtime).indices.register(runtime.operator, form)
    if as_json:
        show_json({"index_id": done.id, "code": code})
    else:
        notices.print(f"index {code} is registered", markup=False)


@app.command(context_settings={"ignore_unknown_options": True})
def add(
    code: Code,
    month: Annotated[str, typer.Argument(metavar="COMPETENCIA", help="03/2026 or 2026-03.")],
    percent: Annotated[str, typer.Argument(metavar="VALOR", help="The month's change in per cent: 0,52.")],
    source: Source = _SOURCE,
    correct: Correct = False,
    as_json: AsJson = False,
) -> None:
    """Publish a month's point. Contracts that wait for it are adjusted by the worker within a minute."""
    with opened(Settings()) as runtime:
        points = IndexPoints(UseCases(runtime).indices)
        done = points.put(runtime.operator, code, month, percent, source, correct=correct)
    if as_json:
        show_json({"index_id": done.id, "change": done.change, "position": done.position})
        return
    said = {
        Change.REGISTERED: "is published",
        Change.CORRECTED: "is corrected",
        Change.SAME: "stood so already",
    }
    notices.print(f"{code} {month}: {percent} % {said[done.change]}", markup=False)


@app.command(name="import")
def import_points(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help="A CSV with indice, competencia, percentual and perhaps fonte."
        ),
    ],
    source: Source = _SOURCE,
    correct: Correct = False,
    as_json: AsJson = False,
) -> None:
    """Publish many points. Good lines go in, every other one is told; ends with 1 if there was one."""
    refused: list[PointRefused] = []
    with opened(Settings()) as runtime:
        points = IndexPoints(UseCases(runtime).indices)
        imported = points.put_file(runtime.operator, file, source, refused.append, correct=correct)
    tally = {name: getattr(imported, name) for name in imported.__slots__}
    problems = [_problem(each) for each in refused]
    if as_json:
        show_json({**tally, "problems": problems})
    else:
        show([tally], columns=tuple(tally), as_json=False)
        for each in problems:
            notices.print(f"line {each['line']}: {each['code']}: {each['text']}", markup=False)
    if problems or not any(tally.values()):
        raise typer.Exit(1)


@app.command(name="list")
def list_indices(
    code: Annotated[str | None, typer.Argument(help="Only the points of this index.")] = None,
    as_json: AsJson = False,
) -> None:
    """The indices, each with its first and last point; or the points of one, newest first."""
    with opened(Settings()) as runtime:
        if code is not None:
            _list_points(UseCases(runtime), runtime, code, as_json=as_json)
            return
        found = runtime.lastro.load_many(project, _registered(runtime)).values()
    rows = [_row(index) for index in sorted(found, key=lambda index: index.code)]
    show(rows, columns=("code", "name", "sgs_code", "points", "first", "last"), as_json=as_json)


def _list_points(use_cases: UseCases, runtime: Runtime, code: str, *, as_json: bool) -> None:
    found = use_cases.indices.find(code)
    if found is None:
        raise IndexUnknownError(f"no index has the code {code}", code=code)
    points = runtime.lastro.load(project, found).points
    rows = [{"month": month, "percent": f"{points[month]:.2f}"} for month in sorted(points, reverse=True)]
    show(rows, columns=("month", "percent"), as_json=as_json)


def _registered(runtime: Runtime) -> list[UUID]:
    return [event.stream_id for event in runtime.lastro.read(0, _PAGE, [PriceIndexRegistered.TOPIC])]


def _row(index: PriceIndex) -> dict[str, object]:
    return {
        "index_id": index.id,
        "code": index.code,
        "name": index.name,
        "sgs_code": index.sgs_code,
        "points": len(index.points),
        "first": min(index.points, default=None),
        "last": max(index.points, default=None),
    }


def _problem(refused: PointRefused) -> dict[str, object]:
    line, refusal = refused.line, refused.refusal
    said = ", ".join(f"{name}={plainly(value)}" for name, value in refusal.details.items())
    return {"line": line.line, "index": line.code, "code": refusal.code, "text": str(refusal) or said}
