"""The command `lastro` on a database of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from application.settings import Settings
from lastro.wiring import Runtime, opened
from lastro.worker import run
from projections.progress import wait_for
from tests.support.cli import KEY, Cli, read_models
from tests.support.demo import end_what_a_failed_test_left
from tests.support.postgres import Server
from tests.support.repository import ROOT

type Copies = Callable[[], AbstractContextManager[str]]
"""Opens a copy of a prepared database: its address, for the block."""

type Imported = Callable[[Path], Copies]


@pytest.fixture
def cli(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Cli:
    """On a migrated database."""
    monkeypatch.setenv("LASTRO_DATABASE_URL", database_url)
    monkeypatch.setenv("LASTRO_MASTER_KEY", KEY)
    monkeypatch.setenv("LASTRO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LASTRO_ACTOR", "maria")
    return Cli(monkeypatch, capsys)


@pytest.fixture
def empty_cli(cli: Cli, empty_database_url: str) -> Cli:
    """On a database without a table."""
    cli.monkeypatch.setenv("LASTRO_DATABASE_URL", empty_database_url)
    return cli


@pytest.fixture
def home() -> Iterator[Path]:
    """An installation's folder that an unprivileged user can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="lastro-demo-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    end_what_a_failed_test_left()
    shutil.rmtree(folder)


@contextmanager
def working() -> Iterator[Runtime]:
    """A worker that bills nothing, whose read models are at the end of the log, for the block.

    It ends sooner than one that looks for something to react to each second only.
    """
    stopping = Event()
    with opened(Settings()) as runtime, pytest.MonkeyPatch.context() as patch:
        patch.setattr("consumers.reactions.table.POLL_SECONDS", 0.1)
        worker = Thread(target=run, args=(runtime, stopping), kwargs={"schedule": False})
        worker.start()
        try:
            assert wait_for(runtime.database, runtime.lastro.safe_position(), 30, read_models(runtime))
            yield runtime
        finally:
            stopping.set()
            worker.join()


@pytest.fixture(scope="module")
def imported(postgres_server: Server, template_database: str) -> Iterator[Imported]:
    """Imports a file once for a module, read models and all; what it gives opens a copy for one test."""
    with ExitStack() as made:

        def once(file: Path) -> Copies:
            name = made.enter_context(_made(postgres_server, template_database, file))
            return lambda: postgres_server.fresh(name)

        yield once


@contextmanager
def _made(server: Server, template: str, file: Path) -> Iterator[str]:
    """The name of a database that nobody is connected to, to copy from."""
    name = server.create(template=template)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LASTRO_DATABASE_URL", server.url(name))
            patch.setenv("LASTRO_MASTER_KEY", KEY)
            patch.setenv("LASTRO_HOME", str(file.parent / "home"))
            command = [sys.executable, "-m", "lastro", "import", "portfolio", str(file)]
            subprocess.run(command, cwd=ROOT, env={**os.environ, "LASTRO_ACTOR": "maria"}, check=True)
            with working():
                pass
        yield name
    finally:
        server.drop(name)
