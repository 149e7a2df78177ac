"""The worker: keeps the read models at the log's end, woken by the log, with a poll each second besides."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Event, Thread

import psycopg
import structlog

from application.database import Connection, Database
from application.event_store.reading import safe_position
from application.event_store.wakeup import CHANNEL, POLL_SECONDS
from projections.builds import BUILDS, FED, Build, State, builds
from projections.checkpoint import BuildGoneError, Shard, ShardsChangedError
from projections.feeder import Feeder, hand_over
from projections.installation import install
from projections.parking import reason_of
from projections.projection import Projection
from projections.runner import PAGE, configure
from projections.sharding import refusal, refuses, wanted_shards

_LISTEN_SECONDS = 0.25
_BACKOFF_SECONDS = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)

_REFUSED = "shards"

log = structlog.get_logger(__name__)

type Begin = Callable[[Connection, Projection], None]


class Worker:
    """Runs lanes of read models, one thread and one connection each, until `stop`.

    It feeds every build that is live, kept for a rollback, or ready to go live.

    Models of one lane take turns page by page; a lane of its own keeps a model's delay free of the others'
    work. A model that fails is tried again later from its checkpoint, the others go on; `failures` names what
    is failing now. `begin` is what is done with a model that has no build. Several workers of one database
    are safe: they exclude each other page by page. With a `shard` it feeds that alone, the first shard also
    what cannot be cut by streams; while the installation has another number of shards, it feeds nothing.
    """

    def __init__(
        self,
        database: Database,
        lanes: Sequence[Sequence[Projection]],
        *,
        page_size: int = PAGE,
        begin: Begin = install,
        shard: Shard | None = None,
    ) -> None:
        self._database = database
        self._lanes = [_Lane(database, lane, page_size, begin, shard) for lane in lanes]
        self._stopping = Event()
        self._listener = Thread(target=self._listen, name="projections-listener", daemon=True)

    def start(self) -> None:
        """Start the threads; returns at once."""
        for lane in self._lanes:
            lane.thread.start()
        self._listener.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Let each lane finish the page in hand, then return; safe to call twice."""
        self._stopping.set()
        for lane in self._lanes:
            lane.ask_to_stop()
        for thread in (self._listener, *(lane.thread for lane in self._lanes)):
            if thread.is_alive():
                thread.join(timeout)

    @property
    def failures(self) -> Mapping[str, str]:
        """The models that fail now, and why."""
        return {name: reason for lane in self._lanes for name, reason in lane.failures.items()}

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                self._pass_on()
            except psycopg.Error as error:
                log.warning("the log's calls are not heard; the poll goes on", reason=reason_of(error))
                self._stopping.wait(POLL_SECONDS)

    def _pass_on(self) -> None:
        with self._database.dedicated() as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            while not self._stopping.is_set():
                for call in connection.notifies(timeout=_LISTEN_SECONDS, stop_after=1):
                    for lane in self._lanes:
                        lane.wake(look=call.payload == BUILDS)


@dataclass(slots=True)
class _Turn:
    """One build of a lane: when it may run again, and how often in a row it has failed."""

    name: str
    runner: Feeder
    not_before: float = 0.0
    failures: int = 0


class _Lane:
    def __init__(
        self,
        database: Database,
        models: Sequence[Projection],
        page_size: int,
        begin: Begin,
        shard: Shard | None,
    ) -> None:
        self._shard = shard
        self.failures: dict[str, str] = {}
        self._database = database
        self._models = {model.name: model for model in models}
        self._page_size = page_size
        self._begin = begin
        self._turns: dict[tuple[str, int], _Turn] = {}
        self._looked_at = 0.0
        self._woken = Event()
        self._stopping = Event()
        name = "projections-" + models[0].name
        self.thread = Thread(target=self._run, name=name, daemon=True)

    def wake(self, *, look: bool) -> None:
        if look:
            self._looked_at = 0.0
        self._woken.set()

    def ask_to_stop(self) -> None:
        self._stopping.set()
        self._woken.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._database.dedicated() as connection:
                    configure(connection)
                    self._follow(connection)
            except psycopg.Error as error:
                log.warning("no database for the read models; trying again", reason=reason_of(error))
                self._stopping.wait(POLL_SECONDS)

    def _follow(self, connection: Connection) -> None:
        for turn in self._turns.values():
            turn.runner.resume()
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                if time.monotonic() >= self._looked_at + POLL_SECONDS:
                    self._look(connection)
                self._drain(connection, safe_position(connection))
            except (BuildGoneError, ShardsChangedError):
                self._turns = {}
                self._looked_at = 0.0
                continue
            self._woken.wait(POLL_SECONDS)

    def _look(self, connection: Connection) -> None:
        """See which builds there are now; a model without any is begun."""
        self._looked_at = time.monotonic()
        shards = wanted_shards(connection)
        if self._shard is not None and refuses(self._shard, shards):
            self._turns = {}
            self._refused(refusal(self._shard, shards))
            return
        self.failures.pop(_REFUSED, None)
        found = builds(connection, self._models)
        for name in self._models.keys() - {build.name for build in found}:
            try:
                self._begin(connection, self._models[name])
            except psycopg.Error as error:
                self._stopped(name, error)
            found += builds(connection, [name])
        fed = {(build.name, build.version): build for build in found if build.state in FED}
        turns = {
            key: self._turns.get(key) or self._turn(connection, build, shards) for key, build in fed.items()
        }
        self._turns = {key: turn for key, turn in turns.items() if turn is not None}

    def _turn(self, connection: Connection, build: Build, shards: int) -> _Turn | None:
        label = build.name if build.state is State.LIVE else f"{build.name}__v{build.version}"
        bound = build.bound(self._models[build.name])
        if bound is None:
            self.failures[label] = "made by other code than this, which cannot feed it"
            return None
        shard = self._shard if bound.by_stream else None
        if self._shard is not None and shard is None and self._shard.number > 1:
            return None
        feeder = Feeder(bound, page_size=self._page_size, shard=shard)
        try:
            if bound.by_stream:
                hand_over(connection, bound, shards)
            feeder.take_up(connection)
        except BuildGoneError:
            raise
        except Exception as error:
            self._stopped(label, error)
            if connection.closed:
                raise
            return None
        return _Turn(label, feeder)

    def _refused(self, reason: str) -> None:
        if self.failures.get(_REFUSED) != reason:
            log.error("this worker feeds no read model", reason=reason)
        self.failures[_REFUSED] = reason

    def _drain(self, connection: Connection, until: int) -> None:
        behind = list(self._turns.values())
        while behind:
            behind = [turn for turn in behind if self._take(turn, connection, until)]

    def _take(self, turn: _Turn, connection: Connection, until: int) -> bool:
        """Apply one page; whether there may be another for this model now."""
        if self._stopping.is_set() or time.monotonic() < turn.not_before:
            return False
        try:
            more = turn.runner.page(connection, until)
        except (BuildGoneError, ShardsChangedError):
            raise
        except Exception as error:
            self._failed(turn, error)
            if connection.closed:
                raise
            return False
        turn.failures = 0
        self.failures.pop(turn.name, None)
        return more

    def _failed(self, turn: _Turn, error: Exception) -> None:
        turn.not_before = time.monotonic() + _BACKOFF_SECONDS[min(turn.failures, len(_BACKOFF_SECONDS) - 1)]
        turn.failures += 1
        self._stopped(turn.name, error)

    def _stopped(self, name: str, error: Exception) -> None:
        self.failures[name] = reason_of(error)
        log.error("read model stopped; trying again later", projection=name, reason=reason_of(error))
