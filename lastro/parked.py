"""`lastro projections replay-parked`: takes streams that were set aside further, once the cause is gone."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import structlog
import typer

from application.settings import Settings
from lastro.output import AsJson, notices, show
from lastro.wiring import opened
from projections.registry import projections
from projections.replay import replay_all

_log = structlog.get_logger(__name__)
_COLUMNS = ("projection", "stream_id", "applied", "waiting", "position", "topic", "reason")


def replay_parked(
    name: Annotated[str | None, typer.Argument(help="Only this read model.")] = None,
    stream: Annotated[UUID | None, typer.Option(help="Only this stream.")] = None,
    as_json: AsJson = False,
) -> None:
    """Apply in order what waits in parked streams. Ends with 1 if one stays parked, and says why.

    Each stream is a transaction of its own: stopped or killed, what is done is done, and it may be run again.
    """
    with opened(Settings()) as runtime:
        models = [each for each in projections(runtime.lastro.keyring) if name in (None, each.name)]
        if not models:
            raise typer.BadParameter(f"no read model is called {name}", param_hint="NAME")
        with runtime.database.autocommit() as connection:
            done = list(replay_all(connection, models, stream))
    whole = sum(each.is_whole for each in done)
    if done:
        _log.warning(
            "parked streams replayed",
            actor=runtime.operator.actor,
            replayed=whole,
            still_parked=len(done) - whole,
        )
    if done or as_json:
        show([asdict(each) for each in done], columns=_COLUMNS, as_json=as_json)
    notices.print(f"{whole} replayed, {len(done) - whole} still parked" if done else "nothing is parked")
    if whole < len(done):
        raise typer.Exit(1)
