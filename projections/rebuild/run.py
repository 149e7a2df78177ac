"""A rebuild from its intent to its end: load, index, catch up, compare, switch; steps may be done again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import structlog

from application.database import Connection, Database
from application.event_store.reading import safe_position
from projections.builds import Build, Promote, State, advance, build, live_build, tell_feeders
from projections.parking import reason_of
from projections.projection import Projection
from projections.rebuild import load, plan, switch
from projections.rebuild.compare import Comparison, compare
from projections.rebuild.differences import Differences, Found, differences, ignore
from projections.rebuild.report import note
from projections.rebuild.snapshot import level
from projections.runner import PoisonError, Runner

_CLOSE = 1_000
"""Positions from the log's end at which a build may be compared and shown."""

log = structlog.get_logger(__name__)


class RebuildFailedError(Exception):
    """A rebuild is strict: it met a fact that it cannot apply and was given up. Readers see what they saw."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rebuild is. `done` of `events` are loaded; `waiting` are left behind while it catches up."""

    state: State
    done: int
    events: int
    waiting: int = 0


type Tell = Callable[[Progress], None]
"""Told at each step, from several threads. May raise to stop the rebuild, which a later call goes on with."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild has come to. `comparison` is None where nothing could be compared with.

    `same_code`: the live build was made from the same definition, so that both must be equal.
    """

    version: int
    state: State
    same_code: bool
    comparison: Comparison | None
    differences: Differences | None


def tell_nobody(progress: Progress) -> None:
    """Nobody looks on."""


class Rebuild:
    """Makes one asked build of a model. Only for who holds the model's claim (`intent.claimed`)."""

    def __init__(
        self,
        database: Database,
        model: Projection,
        tell: Tell = tell_nobody,
        *,
        range_events: int = plan.RANGE_EVENTS,
    ) -> None:
        self._range_events = range_events
        self._database = database
        self._model = model
        self._tell = tell

    def run(self, asked: Build, found: Found = ignore) -> Rebuilt:
        """Take up the build where it stands and bring it to its end.

        `found` is handed each difference from the live build. Raises RebuildFailedError.
        """
        bound = asked.bound(self._model)
        if bound is None:
            self._give_up(asked, "made by other code than this, which cannot go on with it")
        try:
            self._make(asked, bound)
        except PoisonError as error:
            self._give_up(asked, str(error))
        return self._finish(asked, bound, found)

    def _make(self, asked: Build, bound: Projection) -> None:
        state = asked.state
        if state is State.ASKED:
            with load.loading(self._database) as connection:
                switch.drop_stale(connection, self._model, asked)
                plan.start(connection, bound, self._range_events)
            state = State.LOADING
        if state is State.LOADING:
            self._load(bound)
            state = State.INDEXING
        if state is State.INDEXING:
            self._tell(self._progress(bound))
            load.index(self._database, bound)
            state = State.CATCHING_UP
        if state is State.CATCHING_UP:
            self._catch_up(bound)

    def _load(self, bound: Projection) -> None:
        self._tell(self._progress(bound))
        with load.loading(self._database) as connection:
            noted = self._noted(connection, bound)
        base = noted.base or 0
        if bound.by_stream:
            load.load(self._database, bound, base, lambda: self._tell(self._progress(bound)))
            return
        runner = Runner(bound, strict=True)
        with load.loading(self._database) as connection:
            runner.take_up(connection)
            while runner.position < base and runner.page(connection, base):
                self._tell(self._progress(bound))
            load.mark_loaded(connection, bound)

    def _catch_up(self, bound: Projection) -> None:
        runner = Runner(bound, strict=True)
        with load.loading(self._database) as connection:
            runner.take_up(connection)
            until = safe_position(connection)
            while until - runner.position > 0:
                while runner.page(connection, until):
                    self._tell(self._progress(bound, until - runner.position))
                until = safe_position(connection)
                if until - runner.position <= _CLOSE:
                    break
            advance(connection, bound, State.CATCHING_UP, State.COMPARING)

    def _finish(self, asked: Build, bound: Projection, found: Found) -> Rebuilt:
        self._tell(self._progress(bound))
        with self._database.autocommit() as connection:
            live = live_build(connection, bound.name)
        old = None if live is None else live.bound(self._model)
        comparison, changed = (None, None) if old is None else self._compared(old, bound, found)
        shadow, same = asked.promote is Promote.SHADOW, _same_code(asked, live)
        with self._database.autocommit() as connection:
            if old is not None and comparison is not None:
                note(connection, old if shadow else bound, comparison, changed)
            if shadow:
                switch.drop(connection, self._model, self._noted(connection, bound))
                return Rebuilt(bound.version, State.COMPARING, same, comparison, changed)
            goes_live = self._may_go_live(asked, live, comparison)
            state = self._rest(connection, bound, goes_live=goes_live)
            if goes_live:
                switch.promote(connection, old, bound)
        log.info("read model rebuilt", projection=bound.name, build=bound.version, state=state.value)
        return Rebuilt(bound.version, state, same, comparison, changed)

    def _rest(self, connection: Connection, bound: Projection, *, goes_live: bool) -> State:
        """Note that it is made; answer what it is from now on. One that was live before is kept, as it was.

        One that is to go live is at work until readers see it: if its maker dies first, or somebody reads
        the old tables for too long, the next one compares and shows it. What is shown is left as it is.
        """
        connection.execute(
            "UPDATE projection_build SET ready_at = now(), failure = NULL, state = CASE WHEN %s THEN state"
            " WHEN promoted_at IS NULL AND loaded_at IS NOT NULL THEN %s ELSE %s END"
            " WHERE name = %s AND version = %s AND state = %s",
            (goes_live, State.READY, State.KEPT, bound.name, bound.version, State.COMPARING),
        )
        if goes_live:
            return State.LIVE
        tell_feeders(connection)
        return self._noted(connection, bound).state

    def _compared(
        self, old: Projection, bound: Projection, found: Found
    ) -> tuple[Comparison, Differences | None]:
        with level(self._database, (old, bound)) as both:
            comparison = compare(both, old, bound)
            return comparison, None if comparison.equal else differences(both, comparison, found)

    def _may_go_live(self, asked: Build, live: Build | None, comparison: Comparison | None) -> bool:
        """A definition that is the same must give the same; another one may not lose all of a table."""
        if asked.promote is Promote.IF_EQUAL:
            return not _same_code(asked, live) or comparison is None or comparison.equal
        return asked.promote is Promote.UPGRADE and (comparison is None or not comparison.empties)

    def _give_up(self, asked: Build, reason: str) -> NoReturn:
        with self._database.autocommit() as connection:
            switch.fail(connection, asked, reason)
        raise RebuildFailedError(f"{asked.name}, build {asked.version}: {reason}")

    def _noted(self, connection: Connection, bound: Projection) -> Build:
        found = build(connection, bound.name, bound.version)
        assert found is not None, "the build is noted before it is made"
        return found

    def _progress(self, bound: Projection, waiting: int = 0) -> Progress:
        with self._database.autocommit() as connection:
            noted = self._noted(connection, bound)
            return Progress(noted.state, done_of(connection, noted), noted.events or 0, waiting)


def _same_code(asked: Build, live: Build | None) -> bool:
    return live is not None and live.fingerprint == asked.fingerprint


def done_of(connection: Connection, noted: Build) -> int:
    """About how many events of its load a build has read."""
    events = noted.events or 0
    if noted.state not in (State.ASKED, State.LOADING):
        return events
    row = connection.execute(
        "SELECT count(*), count(done_at) FROM projection_range WHERE name = %s AND version = %s",
        (noted.name, noted.version),
    ).fetchone()
    assert row is not None, "an aggregate returns a row"
    if row[0]:
        return int(events * row[1] / row[0])
    return int(events * (noted.position or 0) / noted.base) if noted.base else 0


def given_up(error: Exception) -> str:
    """Why a rebuild has stopped, in one line."""
    return str(error) if isinstance(error, RebuildFailedError) else reason_of(error)
