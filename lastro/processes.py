"""`lastro web`, `worker`, `consume` and `demo`: imported when called, so that the others start fast."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Host = Annotated[str | None, typer.Option(envvar="LASTRO_WEB_HOST", help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(envvar="LASTRO_WEB_PORT", help="Port to listen on.")]
Socket = Annotated[
    int | None,
    typer.Option(
        min=3,
        help="Number of an open socket that listens already, as systemd hands one on; no host and port.",
    ),
]
Schedule = Annotated[
    bool, typer.Option(help="Bill what is due and top up horizons, besides keeping read models.")
]
ShardOfWorker = Annotated[
    str | None,
    typer.Option(
        envvar="LASTRO_WORKER_SHARD",
        help="K/N: of N workers the K-th, which feeds the streams of its shard. Without it: all of them.",
    ),
]
Home = Annotated[Path, typer.Option(file_okay=False, envvar="LASTRO_HOME", help="Where its data stays.")]
Contracts = Annotated[int, typer.Option(min=1, help="How many contracts the sample has.")]
WithKafka = Annotated[
    bool,
    typer.Option(
        "--kafka",
        envvar="LASTRO_DEMO_KAFKA",
        help="With relay, consumers and invented sales and receipts, on LASTRO_KAFKA or a broker of its own.",
    ),
]
Only = Annotated[
    str,
    typer.Option(
        envvar="LASTRO_CONSUME_ONLY",
        help="`orders`, `settlements` and `reactions` to our own facts, separated by commas.",
    ),
]
InARow = Annotated[
    int,
    typer.Option(
        min=1, envvar="LASTRO_CONSUME_IN_A_ROW", help="Unreadable messages in a row, then it stops."
    ),
]
PerMinute = Annotated[
    int,
    typer.Option(min=1, envvar="LASTRO_CONSUME_PER_MINUTE", help="The same of one minute and one topic."),
]
MissedAfter = Annotated[
    int,
    typer.Option(
        min=6,
        max=300,
        envvar="LASTRO_CONSUME_MISSED_AFTER",
        help="Seconds until the others take up the partitions of one that was killed or hangs.",
    ),
]
WithParent = Annotated[
    bool, typer.Option(envvar="LASTRO_STOP_WITH_PARENT", help="End when the process that started it ends.")
]


def web(host: Host = None, port: Port = None, socket: Socket = None) -> None:
    """Serve pages, API and feed until SIGTERM or Ctrl-C."""
    from lastro.web import serve

    serve(host, port, socket)


def worker(schedule: Schedule = True, shard: ShardOfWorker = None) -> None:
    """Keep read models and bill what is due, until SIGTERM or Ctrl-C. Several may run at once.

    By how many shards read models are fed is said by `lastro projections shards`.
    """
    from lastro.worker import work
    from projections.checkpoint import Shard, ShardInvalidError

    try:
        own = None if shard is None else Shard.parse(shard)
    except ShardInvalidError as problem:
        raise typer.BadParameter(str(problem), param_hint="--shard") from problem
    work(schedule=schedule, shard=own)


def consume(
    only: Only = "orders,settlements,reactions",
    max_in_a_row: InARow = 100,
    max_per_minute: PerMinute = 300,
    missed_after: MissedAfter = 20,
) -> None:
    """Read orders and receipts from Kafka, and react to our own facts, until SIGTERM or Ctrl-C.

    Several share the partitions.
    """
    from consumers.batch import Limits
    from lastro.consuming import consume as run_consumers
    from lastro.incoming import HANDLERS

    asked = list(dict.fromkeys(name.strip() for name in only.split(",")))
    unknown = [name for name in asked if name not in HANDLERS]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(HANDLERS)}", param_hint="--only")
    run_consumers(asked, Limits(max_in_a_row, max_per_minute), missed_after)


def demo(
    home: Home = Path(".lastro"),
    port: Port = None,
    contracts: Contracts = 2000,
    kafka: WithKafka = False,
    stop_with_parent: WithParent = False,
) -> None:
    """Start everything on this machine and print address, user and password. Ctrl-C stops all of it."""
    from lastro.demo import run_demo

    run_demo(home, port, contracts, kafka=kafka, stop_with_parent=stop_with_parent)
