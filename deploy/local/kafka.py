"""A local Apache Kafka of one node: unprivileged, in its own folder, gone with whoever started it."""

from __future__ import annotations

import base64
import fcntl
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from deploy.local.identity import unprivileged
from deploy.local.kafka_programs import KafkaServerError, programs
from deploy.local.places import folder_for, give, throwaway_home
from deploy.local.ports import any_free, probe
from deploy.local.process import Child, run_as, server_environment

HOST = "127.0.0.1"
PORT = 9092
"""The port that is taken when it is free; another otherwise, which is then kept."""

SERVER_SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "group.initial.rebalance.delay.ms": "0",
    "auto.create.topics.enable": "false",
    "log.index.size.max.bytes": "1048576",
    # A killed broker comes back once its own session is over; nine seconds by default.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
}

JAVA_OPTIONS = ("-Xms64m", "-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Up soon, and small; a benchmark gives others."""

START_TIMEOUT = 60.0
PREDECESSOR_TIMEOUT = 40.0
_STOPS = ("SIGTERM:30",)
_TAIL = 15
_STARTED = b"Kafka Server started"
_PORT_TAKEN = b"Address already in use"
_PORT_TRIES = 3
_LOGGING = """\
status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %-5p %c{1}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
"""


class _PortOvertakenError(KafkaServerError):
    """Between the choice of a port and the broker's use of it somebody else took it."""


class KafkaServer:
    """A broker in `home`/kafka that listens on this machine only.

    A context manager: leaving it stops the broker. Every start uses the ports of the first one and finds its
    data. `settings` add to SERVER_SETTINGS; `port` is chosen where none is given. Raises KafkaServerError,
    KafkaJarsError.
    """

    def __init__(
        self,
        home: Path,
        *,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        java_options: Sequence[str] = JAVA_OPTIONS,
    ) -> None:
        self.settings = {**SERVER_SETTINGS, **(settings or {})}
        self.java_options = tuple(java_options)
        self.identity = unprivileged(home / "kafka")
        self.folder = folder_for(home, "kafka", self.identity)
        self.data = self.folder / "data"
        self.log = self.folder / "kafka.log"
        self.temporary = False
        self._asked = port
        self._ports: tuple[int, int] | None = None
        self._child: Child | None = None

    @classmethod
    def throwaway(
        cls, *, settings: Mapping[str, str] | None = None, java_options: Sequence[str] = JAVA_OPTIONS
    ) -> Self:
        """A broker on any free port whose folder vanishes with `remove`, or with whoever started it."""
        server = cls(throwaway_home(), port=0, settings=settings, java_options=java_options)
        server.temporary = True
        return server

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.remove()

    @property
    def bootstrap(self) -> str:
        """The address that clients are given; the same through every restart."""
        if self._ports is None:
            raise KafkaServerError("the broker was not started yet")
        return f"{HOST}:{self._ports[0]}"

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._child is not None and self._child.exit_code is None

    def start(self) -> Self:
        """Come back when the broker takes requests. Waits for a predecessor that is still stopping."""
        runtime, jars = programs(self.identity)
        command = [str(runtime), *self._options(), f"@{self.folder / 'java.args'}"]
        is_free_to_choose = self._ports is None and not self._asked
        for tries_left in reversed(range(_PORT_TRIES)):
            try:
                self._try_to_start(command, jars)
                break
            except _PortOvertakenError:
                if not (tries_left and is_free_to_choose):
                    raise
                self._ports = None
        return self

    def _try_to_start(self, command: Sequence[str], jars: Sequence[Path]) -> None:
        self._prepare_folder()
        self._await_predecessor()
        (self.folder / "java.args").write_text(f'-cp "{os.pathsep.join(map(str, jars))}"\n', encoding="utf-8")
        self._ports = self._chosen_ports()
        if not (self.data / "meta.properties").exists():
            self._make_storage(command)
        self._write_configuration(self.data)
        # Read as it was opened: a throwaway's log goes with its process, and its last words with it.
        with self.log.open("ab") as log, self.log.open("rb") as said:
            said.seek(0, os.SEEK_END)
            self._child = Child(
                [*command, "kafka.Kafka", str(self._configuration)],
                stops=_STOPS,
                identity=self.identity,
                remove=[self.folder.parent] if self.temporary else [],
                output=log,
                folder=Path("/"),
                environment=server_environment(),
            )
            self._await_ready(self._child, said)

    def stop(self) -> None:
        """Controlled shutdown: the broker writes down where its logs end."""
        if self._child is not None:
            self._child.stop(keep=True)
            self._child = None

    def kill(self) -> None:
        """SIGKILL, and wait for the end: what a crash leaves is what the next start finds."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def check(self) -> None:
        """Raise KafkaServerError, with its last lines, if it has ended by itself."""
        if self._child is not None and self._child.exit_code is not None:
            tail = self.log.read_text(errors="replace").splitlines()[-_TAIL:]
            raise KafkaServerError("\n".join([f"Kafka ended by itself; see {self.log}:", *tail]))

    def remove(self) -> None:
        """Remove a throwaway broker's folder; any other keeps its own."""
        if self.temporary:
            shutil.rmtree(self.folder.parent, ignore_errors=True)

    @property
    def _configuration(self) -> Path:
        return self.folder / "server.properties"

    def _prepare_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("data", "tmp"):
            (self.folder / name).mkdir(exist_ok=True)
            give(self.folder / name, self.identity)

    def _await_predecessor(self) -> None:
        """A broker whose owner was just killed needs a moment to stop; one that stays is in use."""
        deadline = time.monotonic() + PREDECESSOR_TIMEOUT
        while _locked(self.data / ".lock"):
            if time.monotonic() > deadline:
                raise KafkaServerError(
                    f"another Kafka uses {self.folder}: stop it first, or choose another LASTRO_HOME"
                )
            time.sleep(0.05)
        _empty(self.folder / "tmp")  # the native libraries that a killed one could not remove

    def _chosen_ports(self) -> tuple[int, int]:
        """The ports of an earlier start; a port that was asked for, or was clients' already, must be free."""
        if self._ports is not None:
            return _free(self._ports[0], "clients know it"), any_free(HOST, self._ports[1])
        kept = _kept_ports(self.folder / "ports")
        if self._asked:
            client = _free(self._asked, "it was asked for")
        else:
            client = any_free(HOST, 0 if self._asked == 0 else kept[0] or PORT)
        controller = any_free(HOST, kept[1], not_this=client)
        (self.folder / "ports").write_text(f"{client} {controller}\n")
        return client, controller

    def _write_configuration(self, data: Path) -> None:
        assert self._ports is not None
        client, controller = self._ports
        settings = {
            **self.settings,
            "listeners": f"PLAINTEXT://{HOST}:{client},CONTROLLER://{HOST}:{controller}",
            "advertised.listeners": f"PLAINTEXT://{HOST}:{client}",
            "controller.quorum.bootstrap.servers": f"{HOST}:{controller}",
            "log.dirs": str(data),
        }
        text = "".join(f"{name}={value}\n" for name, value in settings.items())
        self._configuration.write_text(text, encoding="utf-8")
        (self.folder / "log4j2.properties").write_text(_LOGGING, encoding="ascii")

    def _options(self) -> list[str]:
        return [
            *self.java_options,
            "--enable-native-access=ALL-UNNAMED",
            "-XX:-UsePerfData",
            "-XX:+ExitOnOutOfMemoryError",
            f"-XX:ErrorFile={self.folder / 'tmp'}/crash.log",
            f"-Djava.io.tmpdir={self.folder / 'tmp'}",
            f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}",
        ]

    def _make_storage(self, command: Sequence[str]) -> None:
        """In a folder aside: a first start that was stopped halfway must not be taken for a broker's data."""
        making = Path(tempfile.mkdtemp(prefix="making-", dir=self.folder / "tmp"))
        give(making, self.identity)
        self._write_configuration(making)
        self._format(command)
        shutil.rmtree(self.data)
        making.rename(self.data)

    def _format(self, command: Sequence[str]) -> None:
        tool = ["kafka.tools.StorageTool", "format", "--standalone", "-t", _cluster_id()]
        made = run_as(self.identity, [*command, *tool, "-c", str(self._configuration)])
        if made.returncode != 0:
            raise KafkaServerError(f"Kafka's storage could not be made: {made.stdout}{made.stderr}".strip())

    def _await_ready(self, child: Child, log: IO[bytes]) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        said = b""
        while _STARTED not in said:
            has_ended = child.exit_code is not None
            said += log.read()
            if has_ended or time.monotonic() > deadline:
                tail = said.decode(errors="replace").splitlines()[-_TAIL:]
                self.stop()
                problem = _PortOvertakenError if _PORT_TAKEN in said else KafkaServerError
                raise problem("\n".join([f"Kafka did not start; see {self.log}:", *tail]))
            time.sleep(0.05)


def _cluster_id() -> str:
    """Sixteen random bytes as Kafka writes them; the first bit is 0, or one of 64 looked like an option."""
    drawn = secrets.token_bytes(16)
    return base64.urlsafe_b64encode(bytes([drawn[0] & 0x7F]) + drawn[1:]).decode().rstrip("=")


def _locked(file: Path) -> bool:
    """Whether a broker holds its data: the lock goes with the process, however that ends."""
    try:
        with file.open("rb+") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _empty(folder: Path) -> None:
    for each in folder.iterdir():
        if each.is_dir():
            shutil.rmtree(each, ignore_errors=True)
        else:
            each.unlink(missing_ok=True)


def _kept_ports(file: Path) -> tuple[int, int]:
    """What an earlier start used; 0 for any where there was none."""
    try:
        client, controller = file.read_text().split()
    except (OSError, ValueError):
        return 0, 0
    return int(client), int(controller)


def _free(port: int, why: str) -> int:
    try:
        return probe(HOST, port)
    except OSError as error:
        raise KafkaServerError(
            f"cannot listen on {HOST}, port {port} ({error.strerror}), and {why}: stop what uses it, or give "
            "another port"
        ) from error
