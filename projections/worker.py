"""The worker: keeps the read models at the log's end, woken by the log, with a poll each second besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Event, Thread

import psycopg
import structlog

from application.database import Connection, Database
from application.event_store.reading import safe_position
from projections.projection import Projection
from projections.runner import PAGE, Runner, configure

POLL_SECONDS = 1.0
_BACKOFF_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
CHANNEL = "lastro_event"

log = structlog.get_logger(__name__)


class Worker:
    """Runs lanes of read models, one thread and one connection each, until `stop`.

    Models of one lane take turns page by page; a lane of its own keeps a model's delay free of the others'
    work. A model that fails stops its lane, which tries again later from its checkpoints; `failures` names
    the error of each lane that is failing now. Several workers of one database exclude each other by page.
    """

    def __init__(
        self,
        database: Database,
        lanes: Sequence[Sequence[Projection]],
        *,
        page_size: int = PAGE,
    ) -> None:
        self._database = database
        self._lanes = [
            _Lane(database, [Runner(model, page_size=page_size) for model in lane]) for lane in lanes
        ]
        self._stopping = Event()
        self._listener = Thread(target=self._listen, name="projections-listener", daemon=True)

    def start(self) -> None:
        """Start the threads; returns at once."""
        for lane in self._lanes:
            lane.start()
        self._listener.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Let each lane finish the page in hand, then return; safe to call twice."""
        self._stopping.set()
        for lane in self._lanes:
            lane.ask_to_stop()
        for lane in self._lanes:
            lane.join(timeout)
        if self._listener.is_alive():
            self._listener.join(timeout)

    @property
    def failures(self) -> Mapping[str, str]:
        """The models of each lane that is failing now, and why."""
        return {lane.name: lane.failure for lane in self._lanes if lane.failure is not None}

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._database.autocommit() as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    self._pass_on(connection)
            except psycopg.Error as error:
                log.warning("listening again", error=str(error))
                self._stopping.wait(POLL_SECONDS)

    def _pass_on(self, connection: Connection) -> None:
        while not self._stopping.is_set():
            for _ in connection.notifies(timeout=POLL_SECONDS / 4, stop_after=1):
                for lane in self._lanes:
                    lane.wake()


class _Lane:
    def __init__(self, database: Database, runners: Sequence[Runner]) -> None:
        self.name = ",".join(runner.projection.name for runner in runners)
        self.failure: str | None = None
        self._database = database
        self._runners = runners
        self._woken = Event()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name=f"projections-{self.name}"[:60], daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._woken.set()

    def ask_to_stop(self) -> None:
        self._stopping.set()
        self._woken.set()

    def join(self, timeout: float) -> None:
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                with self._database.autocommit() as connection:
                    configure(connection)
                    self._follow(connection)
            except Exception as error:
                self.failure = f"{type(error).__name__}: {error}"
                log.exception("read models stopped; trying again", models=self.name)
                self._stopping.wait(_BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)])
                failures += 1

    def _follow(self, connection: Connection) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            self._drain(connection, safe_position(connection))
            self.failure = None
            self._woken.wait(POLL_SECONDS)

    def _drain(self, connection: Connection, until: int) -> None:
        behind = list(self._runners)
        while behind and not self._stopping.is_set():
            behind = [
                runner for runner in behind if not self._stopping.is_set() and runner.page(connection, until)
            ]
