"""The part of a demo that Kafka is for: a broker, what speaks to it, and an invented outside world."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import typer

from application.kafka_access import require_reachable
from application.settings import Settings
from deploy.local.kafka import KafkaServer
from deploy.local.ports import any_free
from deploy.local.tree import Tree
from lastro.output import step

_METRICS = {"relay": 9464, "consume": 9465}


@dataclass(frozen=True)
class Broker:
    """Where it is; `check` raises if it is ours and has ended."""

    bootstrap: str
    check: Callable[[], None]


def _not_ours() -> None:
    """Whether somebody else's broker runs is for its clients to notice."""


@contextmanager
def broker(settings: Settings, *, wanted: bool) -> Iterator[Broker | None]:
    """LASTRO_KAFKA's broker, else one in LASTRO_HOME that ends with the block.

    None if it is not wanted. Raises KafkaAddressError, KafkaUnreachableError, KafkaServerError,
    KafkaJarsError.
    """
    if not wanted:
        yield None
        return
    if settings.kafka is not None:
        require_reachable(settings)
        yield Broker(settings.kafka, _not_ours)
        return
    server = KafkaServer(settings.home)
    try:
        with step("Starting Kafka"):
            server.start()
        yield Broker(server.bootstrap, server.check)
    finally:
        server.stop()


def start_relay_and_consumers(tree: Tree, environment: Mapping[str, str]) -> dict[str, str]:
    """Start them; where each shows its metrics, by name."""
    shown = {}
    for name, preferred in _METRICS.items():
        port = any_free("127.0.0.1", preferred)
        tree.start(name, _command(name), {**environment, "LASTRO_METRICS_PORT": str(port)})
        shown[name] = f"http://localhost:{port}/metrics"
    return shown


def start_outside_world(tree: Tree, environment: Mapping[str, str]) -> None:
    """Sales and receipts begin to arrive; what it says goes to traffic.log."""
    tree.start("traffic", [sys.executable, "-m", "lastro.traffic"], environment)


def greet(bootstrap: str, site: str, metrics: Mapping[str, str]) -> None:
    """On standard output, beside the demo's own address."""
    typer.echo(f"  kafka     {bootstrap}")
    typer.echo(f"  sales     {site}/vendas")
    typer.echo(f"  receipts  {site}/recebimentos")
    typer.echo(f"  messages  {site}/operacao/mensagens")
    for name, address in metrics.items():
        typer.echo(f"  {name:<9} {address}")


def _command(name: str) -> list[str]:
    return [sys.executable, "-m", "lastro", name]
