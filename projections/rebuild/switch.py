"""The switch: readers see another build from one instant on, and no reader ever waits for it."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace

import psycopg
from psycopg import sql

from application.database import Connection
from application.event_store.reading import safe_position
from projections.builds import Build, Promote, State, builds, live_before, tell_feeders
from projections.checkpoint import BuildGoneError
from projections.feeder import Feeder, hold
from projections.installation import lock_installation, show
from projections.projection import Projection
from projections.rebuild.lanes import drop_lanes

_LOCK_TIMEOUT = "50ms"
_PAUSE_SECONDS = 0.1
PATIENCE_SECONDS = 60.0


class SwitchRefusedError(Exception):
    """Readers held on to the old tables for a minute. End the longest query or export, then try again."""


def promote(
    connection: Connection, old: Projection | None, new: Projection, *, patience: float = PATIENCE_SECONDS
) -> int:
    """Show `new` to readers at the position where `old` stands; answer that position.

    `old` None: what readers see now is fed by nobody here, and `new` is brought to the end of the log.
    Whoever reads at this moment goes on reading the old tables. A reader that would have to wait for the
    switch makes the switch wait instead. Raises SwitchRefusedError.
    """
    runner = Feeder(new)
    runner.take_up(connection)
    deadline = time.monotonic() + patience
    while True:
        runner.run_to(connection, _target(connection, old))
        try:
            with connection.transaction():
                return _switch(connection, old, new)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            if time.monotonic() > deadline:
                raise SwitchRefusedError(SwitchRefusedError.__doc__) from error
        time.sleep(_PAUSE_SECONDS)
        runner = Feeder(new)
        runner.take_up(connection)


def _target(connection: Connection, old: Projection | None) -> int:
    return safe_position(connection) if old is None else _position(connection, old)


def _switch(connection: Connection, old: Projection | None, new: Projection) -> int:
    connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
    lock_installation(connection)
    if old is None:
        hold(connection, *_shown_and(connection, new))
    else:
        _bring_level(connection, old, new)
    enter_live(connection, new)
    show(connection, new)
    tell_feeders(connection)
    for table in () if old is None else set(old.relations) - set(new.relations):
        connection.execute(sql.SQL("DROP VIEW IF EXISTS {}").format(sql.Identifier(table)))
    return _position(connection, new)


def _bring_level(connection: Connection, old: Projection, new: Projection) -> None:
    """Both stand still now: whatever is behind takes the last few events."""
    farthest = max(each.farthest for each in hold(connection, old, new))
    for each in (old, new):
        feeder = Feeder(each)
        feeder.take_up(connection)
        feeder.run_to(connection, farthest)


def _shown_and(connection: Connection, new: Projection) -> list[Projection]:
    shown = connection.execute("SELECT version FROM projection WHERE name = %s AND live", (new.name,))
    return [replace(new, version=version) for version in {new.version, *(row[0] for row in shown)}]


def enter_live(connection: Connection, new: Projection) -> None:
    """Note which build is live; the one that was is kept."""
    connection.execute(
        "UPDATE projection_build SET state = %s WHERE name = %s AND state = %s",
        (State.KEPT, new.name, State.LIVE),
    )
    connection.execute(
        "UPDATE projection_build SET state = %s, promoted_at = now() WHERE name = %s AND version = %s",
        (State.LIVE, new.name, new.version),
    )


def drop_stale(connection: Connection, model: Projection, asked: Build) -> None:
    """Drop what a build makes needless: all but it, the live one, and the one that was live before that.

    What was rolled back from, newer than what is live, goes too: nobody wants it again beside another new
    one. A build that is only to be compared makes nothing needless but what has failed.
    """
    found = builds(connection, [model.name])
    live = next((build.version for build in found if build.state is State.LIVE), None)
    before = live_before(build for build in found if live is None or build.version < live)
    kept = None if before is None else before.version
    shadow = asked.promote is Promote.SHADOW
    for build in found:
        needless = build.state is State.FAILED or not (shadow or build.state is State.LIVE)
        if needless and build.version not in (asked.version, kept):
            with suppress(psycopg.errors.LockNotAvailable):  # somebody still reads it: the next one drops it
                drop(connection, model, build)


def drop(connection: Connection, model: Projection, build: Build) -> None:
    """Drop a build's tables and all that is noted of it."""
    bound = _shape(model, build)
    key = (build.name, build.version)
    with connection.transaction():
        connection.execute("SET LOCAL lock_timeout = '2s'")
        lock_installation(connection)
        with suppress(BuildGoneError):  # asked for, and given up before there were tables
            hold(connection, bound)
        connection.execute("DELETE FROM projection_shard WHERE name = %s AND version = %s", key)
        connection.execute("DELETE FROM projection WHERE name = %s AND version = %s", key)
        for table in bound.relations:
            connection.execute(
                sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(bound.relation(table)))
            )
        drop_lanes(connection, bound)
        connection.execute(
            "DELETE FROM projection_parked WHERE projection = %s AND projection_version = %s", key
        )
        connection.execute("DELETE FROM projection_range WHERE name = %s AND version = %s", key)
        connection.execute("DELETE FROM projection_build WHERE name = %s AND version = %s", key)


def fail(connection: Connection, bound: Build, reason: str) -> None:
    """Note why a build came to nothing; its tables go with the next one."""
    connection.execute(
        "UPDATE projection_build SET failure = %s, state = %s WHERE name = %s AND version = %s",
        (reason, State.FAILED, bound.name, bound.version),
    )


def _shape(model: Projection, build: Build) -> Projection:
    """The tables of a build: as it was made, or as the code has them if nobody knows."""
    return build.bound(model) or replace(model, version=build.version)


def _position(connection: Connection, projection: Projection) -> int:
    row = connection.execute(
        "SELECT position FROM projection WHERE name = %s AND version = %s",
        (projection.name, projection.version),
    ).fetchone()
    assert row is not None, f"{projection.relation(projection.name)} is installed"
    return int(row[0])
