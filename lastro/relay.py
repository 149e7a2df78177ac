"""`lastro relay`: publishes the log to Kafka; `status` and `backfill` beside it."""

from __future__ import annotations

from typing import Annotated

import typer

from lastro.output import AsJson

app = typer.Typer(
    help="Publish the log to the public topics of Kafka until SIGTERM or Ctrl-C. One for an installation.",
    invoke_without_command=True,
)

Topic = Annotated[str, typer.Argument(help="A public topic, as `status` lists it, without the prefix.")]
Into = Annotated[
    str | None,
    typer.Option(
        envvar="LASTRO_BACKFILL_INTO",
        help="A topic of its own for one reader, filled once and then left alone; it is made if missing.",
    ),
]


@app.callback()
def relay(context: typer.Context) -> None:
    """Publish every fact once, in order, with its position in the same transaction.

    A second relay takes over, and the first one ends with 1 and says so.
    """
    if context.invoked_subcommand is None:
        from lastro.relaying import publish

        publish()


@app.command()
def status(as_json: AsJson = False) -> None:
    """List the public topics and how far each is. Ends with 1 if one is not fed or the relay is silent."""
    from lastro.relaying import show_status

    show_status(as_json=as_json)


@app.command()
def backfill(topic: Topic, into: Into = None, as_json: AsJson = False) -> None:
    """Fill a topic from the beginning of the log, in order, while the relay feeds the others.

    A topic that waits is handed over to the relay at the end. Stopped or killed, run it again: it goes on.
    """
    from lastro.relaying import fill

    fill(topic, into, as_json=as_json)
