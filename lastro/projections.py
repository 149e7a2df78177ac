"""`lastro projections`: where the read models stand, and what can be done about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import structlog
import typer

from application.settings import Settings
from lastro.output import AsJson, notices, show, show_json
from lastro.parked import replay_parked
from lastro.rebuild_report import DifferencesFile, Outcome, bars, print_outcome
from lastro.shards import shards
from lastro.wiring import Runtime, opened
from projections.builds import Promote, State, builds
from projections.projection import Projection
from projections.rebuild import operations
from projections.rebuild.intent import RebuildUnderWayError
from projections.rebuild.operations import CannotBeFedError, NothingToShowError
from projections.rebuild.run import RebuildFailedError
from projections.rebuild.snapshot import BuildsNotLevelError
from projections.rebuild.standing import standings
from projections.rebuild.switch import SwitchRefusedError
from projections.registry import projections

app = typer.Typer(help="The read models.", no_args_is_help=True)
app.command("replay-parked")(replay_parked)
app.command()(shards)

_log = structlog.get_logger(__name__)

_REFUSALS = (
    BuildsNotLevelError,
    CannotBeFedError,
    NothingToShowError,
    RebuildFailedError,
    RebuildUnderWayError,
    SwitchRefusedError,
)
_COLUMNS = ("name", "build", "state", "position", "lag_events", "lag_seconds", "parked_streams", "notes")

Name = Annotated[str, typer.Argument(help="The read model, as `status` lists it.")]
Differences = Annotated[
    Path | None, typer.Option(dir_okay=False, help="Write every difference to this CSV file.")
]


@app.command()
def status(as_json: AsJson = False) -> None:
    """List the builds. Ends with 1 if a live one is missing or made by other code, or a rebuild failed."""
    with opened(Settings()) as runtime:
        found = standings(runtime.database, projections(runtime.lastro.keyring))
    show([each.as_row() for each in found], columns=_COLUMNS, as_json=as_json)
    if any(each.wanting for each in found):
        raise typer.Exit(1)


@app.command()
def rebuild(
    name: Annotated[
        str | None, typer.Argument(help="The read model; without it, all that other code has made.")
    ] = None,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="Only say what would change; nothing is switched.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="With --shadow: keep the build, ready.")] = False,
    promote: Annotated[
        bool, typer.Option("--promote", help="Go live when ready, unless the same code gives other rows.")
    ] = False,
    differences: Differences = None,
    as_json: AsJson = False,
) -> None:
    """Build anew beside the live build, from the log, while readers read; compare; stop when it is ready.

    Ends with 1 if a fact cannot be applied, or if the same code gives other rows than the live build has.
    Killed, it is finished by a worker, or by the next call.
    """
    if promote and shadow:
        raise typer.BadParameter("--promote and --shadow exclude each other")
    wish = Promote.IF_EQUAL if promote else Promote.SHADOW if shadow and not keep else Promote.NO
    with opened(Settings()) as runtime, _refusals():
        chosen = [_model(runtime, name)] if name else _made_by_other_code(runtime)
        outcomes = [_rebuilt(runtime, model, wish, differences) for model in chosen]
    if not outcomes:
        notices.print("every read model was made by this code")
    _end(outcomes, as_json=as_json)


@app.command()
def verify(
    name: Name,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="Compare with a build made for it, even if there is another.")
    ] = False,
    differences: Differences = None,
    as_json: AsJson = False,
) -> None:
    """Compare the live build with the one beside it, or with one made for it, at one position of the log.

    Ends with 1 if they differ.
    """
    with opened(Settings()) as runtime, _refusals(), DifferencesFile(differences) as file, bars(name) as tell:
        model = _model(runtime, name)
        comparison, changed = operations.verify(
            runtime.database, model, runtime.operator.actor, fresh=shadow, tell=tell, found=file.write
        )
        outcome = Outcome(name, None, None, comparison, changed, same_code=True)
    _end([outcome], as_json=as_json)


@app.command()
def promote(name: Name, as_json: AsJson = False) -> None:
    """Show readers the build that is ready; the one they saw is kept, and fed."""
    _switch(name, back=False, as_json=as_json)


@app.command()
def rollback(name: Name, as_json: AsJson = False) -> None:
    """Show readers the build that was live before, at the log's end as well."""
    _switch(name, back=True, as_json=as_json)


def _switch(name: str, *, back: bool, as_json: bool) -> None:
    with opened(Settings()) as runtime, _refusals():
        act = operations.rollback if back else operations.promote
        done = act(runtime.database, _model(runtime, name))
    _log.warning(
        "read model switched",
        act="rollback" if back else "promote",
        projection=name,
        actor=runtime.operator.actor,
        build=done.new,
        before=done.old,
    )
    if as_json:
        show_json({"name": name, "build": done.new, "before": done.old, "position": done.position})
    notices.print(f"{name}: readers see build {done.new} from position {done.position} on")


def _rebuilt(runtime: Runtime, model: Projection, wish: Promote, differences: Path | None) -> Outcome:
    with DifferencesFile(differences) as file, bars(model.name) as tell:
        who = runtime.operator.actor
        done = operations.rebuild(runtime.database, model, who, wish, tell=tell, found=file.write)
    return Outcome(
        model.name, done.version, done.state, done.comparison, done.differences, same_code=done.same_code
    )


def _model(runtime: Runtime, name: str) -> Projection:
    models = projections(runtime.lastro.keyring)
    found = next((each for each in models if each.name == name), None)
    if found is None:
        names = ", ".join(each.name for each in models)
        raise typer.BadParameter(f"no read model is called {name}; there are {names}", param_hint="NAME")
    return found


def _made_by_other_code(runtime: Runtime) -> list[Projection]:
    with runtime.database.autocommit() as connection:
        live = {build.name: build for build in builds(connection) if build.state is State.LIVE}
    models = projections(runtime.lastro.keyring)
    return [each for each in models if each.name in live and live[each.name].differs(each)]


def _end(outcomes: list[Outcome], *, as_json: bool) -> None:
    if as_json:
        show_json([each.as_json() for each in outcomes])
    for each in outcomes:
        print_outcome(each)
    if any(each.wanting for each in outcomes):
        raise typer.Exit(1)


@contextmanager
def _refusals() -> Iterator[None]:
    """A refusal is one line for a person."""
    try:
        yield
    except _REFUSALS as refusal:
        notices.print(f"lastro: {refusal}", markup=False)
        raise typer.Exit(1) from refusal
