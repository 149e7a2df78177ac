"""A PostgreSQL at one address that can be killed and started again, and the product's processes on it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock
from urllib.parse import quote

import httpx2
import psutil

from deploy.local.postgres import EmbeddedPostgres, EmbeddedPostgresError
from deploy.local.process import Child
from tests.support.cli import KEY

SETTINGS = {"fsync": "off", "synchronous_commit": "off", "checkpoint_timeout": "30s"}
"""What dies here is processes, not the disk's power; and the server's own setting must not cost a fact."""

_ROOT = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else Path(tempfile.gettempdir())
_START_SECONDS = 60.0


class MortalPostgres:
    """A context manager. `url` stays the same through every restart; losing this process ends the server."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="lastro-", dir=_ROOT))
        self._home.chmod(0o711)
        self._address = Path(tempfile.mkdtemp(prefix="lm-", dir="/tmp"))
        self._server = EmbeddedPostgres(self._home, settings=SETTINGS)

    def __enter__(self) -> MortalPostgres:
        self.start()
        self._server.ensured_url()
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop()
        shutil.rmtree(self._home, ignore_errors=True)
        shutil.rmtree(self._address, ignore_errors=True)

    def url(self, database: str = "lastro") -> str:
        """Through a link that leads to the socket of the server that runs."""
        return f"postgresql://lastro@/{database}?host={quote(str(self._address / 'now'), safe='')}"

    @property
    def pid(self) -> int:
        """The postmaster's."""
        return int((self._server.data / "postmaster.pid").read_text().splitlines()[0])

    def start(self) -> None:
        """Come back when it takes connections. After a kill, orphaned backends hold its memory a while."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._server.start()
                break
            except EmbeddedPostgresError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        link = self._address / "next"
        link.symlink_to(self._sockets())
        link.replace(self._address / "now")

    def stop(self) -> None:
        """Fast shutdown: every connection is ended, the data is left clean."""
        self._server.stop()

    def kill(self) -> int:
        """SIGKILL to the postmaster alone; its backends notice by themselves. The pid that it had."""
        pid = self.pid
        os.kill(pid, signal.SIGKILL)
        self._server.stop()
        return pid

    def _sockets(self) -> str:
        return (self._server.data / "postmaster.pid").read_text().splitlines()[4]


class Process:
    """One of the product's processes, or another `program`, in its own interpreter. Ends with this one."""

    def __init__(
        self,
        name: str,
        arguments: list[str],
        environment: Mapping[str, str],
        *,
        program: Sequence[str] = ("-m", "lastro"),
    ) -> None:
        self.name = name
        self._arguments = [*program, *arguments]
        self._environment = {**os.environ, **environment, "PGAPPNAME": f"lastro-{name}"}
        self._log = tempfile.NamedTemporaryFile(prefix=f"lastro-{name}-", suffix=".log")  # noqa: SIM115
        self._child: Child | None = None
        self._lock = Lock()
        self.start()

    def start(self) -> None:
        """Start it; it is not up yet."""
        self._child = Child(
            [sys.executable, *self._arguments],
            environment=self._environment,
            output=self._log.fileno(),
        )

    def revive(self) -> str | None:
        """Start it again if it has ended, as a supervisor does; its last words then."""
        with self._lock:
            if self.is_running:
                return None
            words = self.log.splitlines()
            self._stop_child()
            self.start()
        return words[-1] if words else "without a word"

    def _stop_child(self) -> None:
        if self._child is not None:
            self._child.stop()

    def kill(self) -> int | None:
        """SIGKILL, as the system does when memory is short. The pid that it had, None if it had ended."""
        with self._lock:
            if self._child is None or not self.is_running:
                return None
            pids = [child.pid for child in psutil.Process(self._child.process.pid).children()]
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            self._child.stop()
        return pids[0] if pids else None

    def descendants(self) -> list[psutil.Process]:
        """It, and the processes that it has started."""
        with self._lock, contextlib.suppress(psutil.Error):
            if self._child is not None and self.is_running:
                return psutil.Process(self._child.process.pid).children(recursive=True)
        return []

    def stop(self) -> None:
        """SIGTERM, wait, and forget what it said."""
        self._stop_child()
        self._log.close()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended by itself."""
        return self._child is not None and self._child.exit_code is None

    @property
    def log(self) -> str:
        """What it printed."""
        return Path(self._log.name).read_text(errors="replace")


@contextmanager
def processes(url: str) -> Iterator[tuple[Process, Process, str]]:
    """`lastro worker`, `lastro web` and the address of its pages, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        "LASTRO_DATABASE_URL": url,
        "LASTRO_MASTER_KEY": KEY,
        "LASTRO_HOME": tempfile.gettempdir(),
    }
    address = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        worker = Process("worker", ["worker", "--no-schedule"], environment)
        stack.callback(worker.stop)
        web = Process("web", ["web", "--port", str(port)], environment)
        stack.callback(web.stop)
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(address):
            assert web.is_running, web.log
            assert time.monotonic() < deadline, web.log
            time.sleep(0.05)
        yield worker, web, address


def _answers(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/saude/viva", timeout=5).status_code == 200
    except httpx2.TransportError:
        return False
