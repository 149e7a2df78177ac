"""One Kafka broker for a run of the tests, started by whichever process asks first; topics for one test.

LASTRO_KAFKA names another broker to run on; topics of a test are removed from either.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from kafka.admin import KafkaAdminClient, NewTopic

from deploy.local.kafka import KafkaServer


@dataclass(frozen=True)
class Broker:
    """Where the clients of a test connect to."""

    bootstrap: str


@dataclass(frozen=True)
class Topics:
    """A test's own names at a broker that it shares."""

    bootstrap: str
    prefix: str

    def name(self, topic: str) -> str:
        """What the product calls `topic` under this prefix."""
        return f"{self.prefix}{topic}"

    def create(self, topic: str, *, partitions: int = 12, configs: dict[str, str] | None = None) -> str:
        """The full name of a new topic."""
        name = self.name(topic)
        with admin(self.bootstrap) as client:
            client.create_topics([NewTopic(name, partitions, 1, topic_configs=configs or {})])
        return name

    def existing(self) -> list[str]:
        """The full names of this test's topics."""
        with admin(self.bootstrap) as client:
            return sorted(name for name in client.list_topics() if name.startswith(self.prefix))

    def remove(self) -> None:
        """Delete them all."""
        if names := self.existing():
            with admin(self.bootstrap) as client:
                client.delete_topics(names)


@contextmanager
def admin(bootstrap: str) -> Iterator[KafkaAdminClient]:
    """A client for topics and groups, closed with the block."""
    client = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        yield client
    finally:
        client.close()


@contextmanager
def shared_broker() -> Iterator[Broker]:
    """LASTRO_KAFKA's broker, else one that all processes of this run share.

    Each holds a lock on `users` for as long as it needs the broker; a process apart owns the broker and waits
    for nobody to hold it any more. So it ends after the last one, however they end.
    """
    given = os.environ.get("LASTRO_KAFKA")
    if given:
        yield Broker(given)
        return
    with ExitStack() as held:
        yield Broker(_joined(held))


def _joined(held: ExitStack) -> str:
    """The address of the run's broker, which stays while `held` does."""
    while True:
        folder = _run_folder()
        with (folder / "starting").open("w") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            if os.fstat(starting.fileno()).st_nlink == 0:
                continue  # the last owner has just removed the folder
            users = held.enter_context((folder / "users").open("w"))
            fcntl.flock(users, fcntl.LOCK_SH)  # waits for an owner that is stopping
            return _running(folder) or _started(folder)


def _run_folder() -> Path:
    """The same for every worker of one run."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    folder = Path(tempfile.gettempdir()) / f"lastro-kafka-{os.getuid()}-{run}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _running(folder: Path) -> str | None:
    with contextlib.suppress(FileNotFoundError):
        return (folder / "address").read_text()
    return None


def _started(folder: Path) -> str:
    with (folder / "owner.log").open("wb") as log:
        started = subprocess.run(
            [sys.executable, "-m", "tests.support.kafka", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            text=True,
            check=False,
        )
    if not started.stdout:
        raise RuntimeError(f"the broker did not start: {(folder / 'owner.log').read_text()}")
    return started.stdout.strip()


def _own(folder: Path) -> None:
    """Start the broker, say where it is, and stop it when nobody uses it; the caller does not wait."""
    if os.fork():
        return
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, lambda *_: sys.exit(0))
    with (folder / "users").open("w") as users, KafkaServer.throwaway() as server:
        (folder / "address").write_text(server.bootstrap)
        _say(server.bootstrap)
        try:
            fcntl.flock(users, fcntl.LOCK_EX)
        finally:
            (folder / "address").unlink()
            server.stop()
            _remove_unless_wanted(folder)


def _remove_unless_wanted(folder: Path) -> None:
    """Somebody who is just joining holds `starting`, and will have an owner of his own."""
    with (folder / "starting").open("w") as starting, contextlib.suppress(BlockingIOError):
        fcntl.flock(starting, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)


def _say(text: str) -> None:
    """Standard output is closed then: who reads it waits for its end."""
    sys.stdout.write(text)
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    _own(Path(sys.argv[1]))
