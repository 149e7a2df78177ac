"""`lastro db`: brings the schema to what the code needs, and says where it stands."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from application.migrations import migrate as apply_migrations
from application.migrations import status as migration_status
from application.settings import Settings
from lastro.output import AsJson, notices, show, show_json
from lastro.wiring import MIGRATIONS, opened_database

app = typer.Typer(help="The database's schema.", no_args_is_help=True)


class Phase(StrEnum):
    """`pre` runs before the new code is deployed, `post` after it."""

    PRE = "pre"
    POST = "post"


@app.command()
def migrate(
    phase: Annotated[Phase | None, typer.Option(help="Only the migrations of one phase.")] = None,
    as_json: AsJson = False,
) -> None:
    """Apply what is pending; without a database, make one in LASTRO_HOME. Again, it changes nothing."""
    with opened_database(Settings(), create=True) as database:
        applied = apply_migrations(database, MIGRATIONS, phase.value if phase else None)
    if as_json:
        show_json({"applied": applied})
    for name in applied:
        notices.print(f"applied {name}")
    if not applied:
        notices.print("nothing to apply")


@app.command()
def status(as_json: AsJson = False) -> None:
    """List the migrations. Ends with 1 while one is pending."""
    with opened_database(Settings()) as database:
        found = migration_status(database, MIGRATIONS)
    rows = [{"name": one.name, "phase": one.phase, "applied_at": one.applied_at} for one in found]
    show(rows, columns=("name", "phase", "applied_at"), as_json=as_json)
    if any(one.applied_at is None for one in found):
        raise typer.Exit(1)
