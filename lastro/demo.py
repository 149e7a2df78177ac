"""The demo: a whole installation in one process tree, with a sample portfolio; gone when it ends."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from application.migrations import migrate
from application.settings import Settings
from deploy.local.postgres import EmbeddedPostgres
from deploy.local.tree import DemoNotReadyError, Tree
from lastro.billing import BillingUseCases
from lastro.demo_data import LOGIN, demo_password, ensure_user, load_sample
from lastro.demo_kafka import Broker, broker, start_outside_world, start_relay_and_consumers
from lastro.demo_kafka import greet as greet_kafka
from lastro.output import notices, step
from lastro.ports import held, held_or_any
from lastro.signals import SIGNALS
from lastro.wiring import MIGRATIONS, Runtime, opened, opened_database, with_master_key
from lastro.worker import install_read_models
from projections.builds import AT_WORK, State
from projections.rebuild.standing import Standing, standings
from projections.registry import projections

_READY_SECONDS = 120.0
_LOOK_SECONDS = 0.2
_PORT = 8000


class _Stopped(BaseException):
    """Somebody asked us to stop."""


@dataclass(frozen=True)
class Wish:
    """What the demo is to be. `door` listens where its pages are asked for; `parent` is whom it ends with."""

    door: socket.socket
    contracts: int
    kafka: Broker | None
    parent: int | None


def run_demo(home: Path, port: int | None, contracts: int, *, kafka: bool, stop_with_parent: bool) -> None:
    """Come back when everything has stopped. Raises PortTakenError, DemoNotReadyError, ProcessEndedError,
    and with `kafka` as `broker`."""
    parent = os.getppid() if stop_with_parent else None
    settings = Settings(home=home.absolute())
    try:
        with _door(settings.web_host, port) as door, _signals_stop_us():
            settings = with_master_key(settings)
            with broker(settings, wanted=kafka) as found, _database(settings) as url:
                ours = {"database_url": url, "kafka": found.bootstrap if found else settings.kafka}
                _run(settings.model_copy(update=ours), Wish(door, contracts, found, parent))
    except _Stopped:
        notices.print(f"Everything is stopped; the data stays in {settings.home}")


@contextmanager
def _signals_stop_us() -> Iterator[None]:
    """The first signal unwinds the block; while it unwinds, further ones change nothing."""

    def stop(*_: object) -> None:
        for one in SIGNALS:
            signal.signal(one, signal.SIG_IGN)
        raise _Stopped

    for one in SIGNALS:
        signal.signal(one, stop)
    yield


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    if settings.database_url is not None:
        yield settings.database_url
        return
    server = EmbeddedPostgres(settings.home)
    try:
        with step("Starting PostgreSQL"):
            server.start()
        yield server.ensured_url()
    finally:
        server.stop()


def _run(settings: Settings, wish: Wish) -> None:
    started = time.monotonic()
    command, environment = [sys.executable, "-m", "lastro"], _environment(settings)
    door, port = wish.door.fileno(), int(wish.door.getsockname()[1])
    metrics: dict[str, str] = {}
    with step("Bringing the schema up to date"), opened_database(settings) as database:
        migrate(database, MIGRATIONS)
    with opened(settings) as runtime, Tree(settings.home / "logs") as tree:
        install_read_models(runtime)  # before the first fact: a model that is new to a log is built from it
        tree.start("worker", [*command, "worker"], environment)
        tree.start("web", [*command, "web", "--socket", str(door)], environment, inherits=[door])
        wish.door.close()  # from now on who asks for a page is told if there is no web process
        if wish.kafka:
            metrics = start_relay_and_consumers(tree, environment)
        with step("Making the demo's user"):
            ensure_user(runtime)
        load_sample(runtime, wish.contracts)
        with step("Bringing the read models to the end of the log"):
            _await(tree, lambda: _caught_up(runtime), "read models")
        with step("Waiting for the pages"):
            _await(tree, lambda: _answers(port), "pages")
        if wish.kafka:
            with step("Billing what is due"):
                BillingUseCases(runtime).scheduler.tick()
            start_outside_world(tree, environment)
        _greet(settings, port, metrics, time.monotonic() - started)
        _watch(tree, wish)


def _watch(tree: Tree, wish: Wish) -> None:
    """Until a signal, the end of a process of ours, or, if asked to follow it, of the one that started us."""
    while wish.parent is None or os.getppid() == wish.parent:
        tree.check()
        if wish.kafka:
            wish.kafka.check()
        time.sleep(_LOOK_SECONDS)
    raise _Stopped


def _await(tree: Tree, reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not reached():
        tree.check()
        if time.monotonic() > deadline:
            raise DemoNotReadyError(f"{what}: not ready within {_READY_SECONDS:.0f} s; see {tree.logs}")
        time.sleep(_LOOK_SECONDS)


def _caught_up(runtime: Runtime) -> bool:
    """Every read model is there as this release makes it, and shows all there is."""
    found = standings(runtime.database, projections(runtime.lastro.keyring))
    live = [each for each in found if each.build is not None and each.build.state is State.LIVE]
    return len(live) == len({each.name for each in found}) and all(
        each.status is not None and each.status.lag_events == 0 and not _being_renewed(each, found)
        for each in live
    )


def _being_renewed(live: Standing, found: Sequence[Standing]) -> bool:
    """Whether the worker is at it: it leaves alone what has failed and what a person has put back."""
    own = [each for each in found if each.name == live.name and each.build is not None]
    settled = any(
        not each.differs and each.build is not None and each.build.state not in AT_WORK for each in own
    )
    return live.differs and not settled


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/saude/pronta", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _door(host: str, asked: int | None) -> socket.socket:
    """It listens on the port that was asked for; without one, on 8000 or any that is free.

    From here on nobody else gets the port, not even another demo that starts in this moment.
    """
    return held_or_any(host, _PORT) if asked is None else held(host, asked)


def _environment(settings: Settings) -> dict[str, str]:
    """What the children need to work on the same database, home and key."""
    ours = {
        "LASTRO_DATABASE_URL": settings.database_url or "",
        "LASTRO_HOME": str(settings.home),
    }
    if settings.kafka is not None:
        ours["LASTRO_KAFKA"] = settings.kafka
    if settings.master_key is None:
        ours["LASTRO_MASTER_KEY_FILE"] = str((settings.master_key_file or Path()).absolute())
    return {**os.environ, **ours}


def _greet(settings: Settings, port: int, metrics: Mapping[str, str], seconds: float) -> None:
    """On standard output, so that a script can read it."""
    site = f"http://localhost:{port}"
    typer.echo(f"\nLastro is up ({seconds:.0f} s).\n")
    typer.echo(f"  address   {site}/faturamento")
    typer.echo(f"  user      {LOGIN}")
    typer.echo(f"  password  {demo_password(settings.home)}")
    if metrics:
        greet_kafka(str(settings.kafka), site, metrics)
    typer.echo(f"  logs      {settings.home / 'logs'}\n")
    typer.echo("Ctrl-C stops everything. The data stays for the next time.")
    sys.stdout.flush()
