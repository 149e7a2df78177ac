"""`lastro projections shards`: by how many workers read models are fed side by side, and a change of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import structlog
import typer

from application.settings import Settings
from lastro.output import AsJson, notices, show, show_json
from lastro.wiring import opened
from projections.checkpoint import MOST_SHARDS
from projections.registry import projections
from projections.runner import configure
from projections.sharding import ask_for_shards, shard_standings, wanted_shards

_COLUMNS = ("name", "version", "live", "shard", "of", "position", "lag_positions")
_log = structlog.get_logger(__name__)


def shards(
    number: Annotated[
        int | None, typer.Argument(min=1, max=MOST_SHARDS, help="Feed by so many from now on.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how far each shard of each build is; with a number, hand every build over to so many shards.

    Then start N workers with `--shard 1/N` to `--shard N/N`; those of another number feed nothing.
    """
    with opened(Settings()) as runtime, runtime.database.dedicated() as connection:
        if number is not None:
            configure(connection)
            who = runtime.operator.actor
            changed = ask_for_shards(connection, projections(runtime.lastro.keyring), number, who)
            _log.warning("shards changed", shards=number, actor=who, builds=len(changed))
            notices.print(f"{number} shards: {len(changed)} builds handed over")
        wanted, found = wanted_shards(connection), shard_standings(connection)
    if as_json:
        show_json({"shards": wanted, "builds": [asdict(each) for each in found]})
        return
    notices.print(f"read models are fed by {wanted} shards")
    show([asdict(each) for each in found], columns=_COLUMNS, as_json=False)
