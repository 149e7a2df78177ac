"""`lastro web`, `worker` and `demo`: each is imported when it is called, so that the others start fast."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Host = Annotated[str | None, typer.Option(envvar="LASTRO_WEB_HOST", help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(envvar="LASTRO_WEB_PORT", help="Port to listen on.")]
Schedule = Annotated[
    bool, typer.Option(help="Bill what is due and top up horizons, besides keeping read models.")
]
Home = Annotated[Path, typer.Option(file_okay=False, envvar="LASTRO_HOME", help="Where its data stays.")]
Contracts = Annotated[int, typer.Option(min=1, help="How many contracts the sample has.")]
WithParent = Annotated[
    bool, typer.Option(envvar="LASTRO_STOP_WITH_PARENT", help="End when the process that started it ends.")
]


def web(host: Host = None, port: Port = None) -> None:
    """Serve pages, API and feed until SIGTERM or Ctrl-C."""
    from lastro.web import serve

    serve(host, port)


def worker(schedule: Schedule = True) -> None:
    """Keep read models and bill what is due, until SIGTERM or Ctrl-C. Several may run at once."""
    from lastro.worker import work

    work(schedule=schedule)


def demo(
    home: Home = Path(".lastro"),
    port: Port = None,
    contracts: Contracts = 2000,
    stop_with_parent: WithParent = False,
) -> None:
    """Start everything on this machine and print address, user and password. Ctrl-C stops all of it."""
    from lastro.demo import run_demo

    run_demo(home, port, contracts, stop_with_parent=stop_with_parent)
