"""What a person may do with the builds of a read model; each act alone with them, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from application.database import Connection, Database
from projections.builds import Build, Promote, State, builds, live_before
from projections.projection import Projection
from projections.rebuild import switch
from projections.rebuild.compare import Comparison, compare
from projections.rebuild.differences import Differences, Found, differences, ignore
from projections.rebuild.intent import RebuildUnderWayError, ask, at_work, claimed
from projections.rebuild.plan import RANGE_EVENTS
from projections.rebuild.report import note
from projections.rebuild.run import Rebuild, Rebuilt, Tell, tell_nobody
from projections.rebuild.snapshot import level


class NothingToShowError(Exception):
    """There is no build that could be shown instead: make one with `lastro projections rebuild`."""


class CannotBeFedError(Exception):
    """The build was made by other code, so this code cannot bring it to the log's end.

    Go back with the release that made it, or rebuild with this one.
    """


@dataclass(frozen=True, slots=True)
class Promoted:
    """Readers see build `new` since the log stood at `position`; `old` is kept, if there was one."""

    old: int | None
    new: int
    position: int


def rebuild(
    database: Database,
    model: Projection,
    asked_by: str,
    promote: Promote = Promote.NO,
    *,
    tell: Tell = tell_nobody,
    found: Found = ignore,
    range_events: int = RANGE_EVENTS,
) -> Rebuilt:
    """Build the model anew beside the live build; a rebuild that somebody else left unfinished is finished.

    Raises RebuildUnderWayError, RebuildFailedError.
    """
    with _alone(database, model):
        with database.autocommit() as connection:
            if at_work(connection, model.name) is None:
                ask(connection, model, asked_by, promote)
            under_way = at_work(connection, model.name)
        assert under_way is not None, "it is asked for, and nobody else works on it"
        return Rebuild(database, model, tell, range_events=range_events).run(under_way, found)


def go_on(
    database: Database,
    model: Projection,
    tell: Tell = tell_nobody,
    *,
    range_events: int = RANGE_EVENTS,
) -> Rebuilt | None:
    """Finish what was asked of the model and nobody works on; None if there is no such thing."""
    with database.autocommit() as connection:
        if at_work(connection, model.name) is None:
            return None
    with claimed(database, model.name) as alone:
        with database.autocommit() as connection:
            under_way = at_work(connection, model.name)
        if not alone or under_way is None:
            return None
        return Rebuild(database, model, tell, range_events=range_events).run(under_way)


def verify(
    database: Database,
    model: Projection,
    asked_by: str,
    *,
    fresh: bool = False,
    tell: Tell = tell_nobody,
    found: Found = ignore,
) -> tuple[Comparison | None, Differences | None]:
    """Compare the live build with the one beside it; with one made for it if there is none, or if `fresh`.

    None if what is live cannot be fed by this code.
    """
    with database.autocommit() as connection:
        live, other = _pair(connection, model)
    if fresh or other is None:
        made = rebuild(database, model, asked_by, Promote.SHADOW, tell=tell, found=found)
        return made.comparison, made.differences
    old, new = live.bound(model), other.bound(model)
    if old is None or new is None:
        return None, None
    with _alone(database, model), level(database, (old, new)) as both:
        comparison = compare(both, old, new)
        changed = None if comparison.equal else differences(both, comparison, found)
        with database.autocommit() as connection:
            note(connection, new, comparison, changed)
        return comparison, changed


def ask_to_verify(connection: Connection, model: Projection, asked_by: str) -> None:
    """Note that the worker is to verify: the build beside the live one, or one made for it."""
    _, other = _pair(connection, model)
    if at_work(connection, model.name) is not None:
        raise RebuildUnderWayError(f"{model.name} is being rebuilt already")
    if other is None or other.bound(model) is None:
        ask(connection, model, asked_by, Promote.SHADOW)
        return
    connection.execute(
        "UPDATE projection_build SET state = %s, promote = %s"
        " WHERE name = %s AND version = %s AND state = %s",
        (State.COMPARING, Promote.NO, other.name, other.version, other.state),
    )


def promote(database: Database, model: Projection, *, patience: float = switch.PATIENCE_SECONDS) -> Promoted:
    """Show the build that is ready. Raises NothingToShowError, CannotBeFedError, SwitchRefusedError."""
    return _show(database, model, State.READY, _newest_ready, patience)


def rollback(database: Database, model: Projection, *, patience: float = switch.PATIENCE_SECONDS) -> Promoted:
    """Show the build that was live before. Raises what `promote` does."""
    return _show(database, model, State.KEPT, live_before, patience)


def _show(
    database: Database,
    model: Projection,
    state: State,
    choose: Callable[[list[Build]], Build | None],
    patience: float,
) -> Promoted:
    with _alone(database, model), database.autocommit() as connection:
        found = builds(connection, [model.name])
        chosen = choose(found)
        if chosen is None:
            raise NothingToShowError(f"{model.name} has no build that is {state.value}")
        bound = chosen.bound(model)
        if bound is None:
            raise CannotBeFedError(f"{model.name}, build {chosen.version}: {CannotBeFedError.__doc__}")
        live = next((build for build in found if build.state is State.LIVE), None)
        old = None if live is None else live.bound(model)
        position = switch.promote(connection, old, bound, patience=patience)
        return Promoted(None if live is None else live.version, chosen.version, position)


def _pair(connection: Connection, model: Projection) -> tuple[Build, Build | None]:
    found = builds(connection, [model.name])
    live = next((build for build in found if build.state is State.LIVE), None)
    if live is None:
        raise NothingToShowError(f"{model.name} is not installed: start a worker")
    return live, _newest_ready(found) or live_before(found)


def _newest_ready(found: list[Build]) -> Build | None:
    ready = [build for build in found if build.state is State.READY]
    return max(ready, key=lambda build: build.version, default=None)


@contextmanager
def _alone(database: Database, model: Projection) -> Iterator[None]:
    with claimed(database, model.name) as alone:
        if not alone:
            raise RebuildUnderWayError(f"{model.name} is being rebuilt or compared by another process")
        yield
