"""Starts a child that cannot outlive this process: it runs under a watchdog that holds our pipe."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deploy.local.watchdog import KEEP, KILL

WATCHDOG = Path(__file__).with_name("watchdog.py")


@dataclass(frozen=True)
class Identity:
    """The user and group that a child runs as, by number."""

    user: int
    group: int


def server_environment() -> dict[str, str]:
    """A server's own: the caller's PG*, JAVA_* and locale must not reach it."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def run_as(identity: Identity | None, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a server's tool to its end as the server's user; what it said is kept."""
    return subprocess.run(
        command,
        user=identity.user if identity else None,
        group=identity.group if identity else None,
        extra_groups=[] if identity else None,
        env=server_environment(),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


class Child:
    """One command under its watchdog. `stop` waits for its end; losing this process stops it as well.

    The watchdog leads a session of its own, so Ctrl-C at the terminal reaches only us and the order in which
    children end stays ours. `inherits`: open files, by number, that the command has, too.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        stops: Sequence[str] = ("SIGTERM:15",),
        identity: Identity | None = None,
        remove: Sequence[Path] = (),
        output: IO[bytes] | int | None = None,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        inherits: Sequence[int] = (),
    ) -> None:
        self.patience = sum(float(stop.split(":")[1]) for stop in stops) + 5
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", str(WATCHDOG)),
                *_options(stops, identity, remove, inherits),
                *("--", *command),
            ],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            start_new_session=True,
            env=None if environment is None else dict(environment),
            cwd=folder,
            pass_fds=inherits,
        )
        assert self.process.stdin is not None
        self._pipe = self.process.stdin
        os.register_at_fork(after_in_child=self._pipe.close)

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self.process.poll()

    def stop(self, *, keep: bool = False) -> int:
        """Close the pipe and wait for the command to end; its exit code.

        With `keep` the folders stay that the watchdog would remove: there will be another start.
        """
        self._tell(KEEP if keep else b"")
        return self.process.wait(self.patience)

    def kill(self) -> int:
        """SIGKILL to the command, as the system does when memory is short; its folders stay."""
        self._tell(KEEP + KILL)
        return self.process.wait(self.patience)

    def _tell(self, orders: bytes) -> None:
        if not self._pipe.closed:
            with contextlib.suppress(BrokenPipeError):  # the command has ended, and its watchdog with it
                self._pipe.write(orders)
                self._pipe.flush()
            with contextlib.suppress(BrokenPipeError):
                self._pipe.close()


def _options(
    stops: Sequence[str], identity: Identity | None, remove: Sequence[Path], inherits: Sequence[int]
) -> list[str]:
    options = [f"--stop={stop}" for stop in stops]
    if identity is not None:
        options += [f"--user={identity.user}", f"--group={identity.group}"]
    options += [f"--inherit={number}" for number in inherits]
    return options + [f"--remove={folder}" for folder in remove]
