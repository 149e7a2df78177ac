"""The builds of the read models: which tables there are, made from what, and by whom they can be fed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from application.database import Connection
from application.event_store.wakeup import CHANNEL
from projections.projection import Projection


class State(StrEnum):
    """Where a build is in its life."""

    ASKED = "asked"
    LOADING = "loading"
    INDEXING = "indexing"
    CATCHING_UP = "catching_up"
    COMPARING = "comparing"
    READY = "ready"
    LIVE = "live"
    KEPT = "kept"
    FAILED = "failed"


class Promote(StrEnum):
    """What follows when a build is ready.

    IF_EQUAL: it goes live unless one definition gives other rows than before; UPGRADE: it goes live as the
    code's new definition; SHADOW: it is compared and dropped.
    """

    NO = "no"
    IF_EQUAL = "if_equal"
    UPGRADE = "upgrade"
    SHADOW = "shadow"


AT_WORK = (State.ASKED, State.LOADING, State.INDEXING, State.CATCHING_UP, State.COMPARING)
"""A process makes it, or will; there is one of a model at most."""

FED = (State.LIVE, State.READY, State.KEPT)
"""The worker keeps it at the end of the log."""


@dataclass(frozen=True, slots=True)
class Build:
    """One build. `position` is None before its tables are there; `events` is how many its load is to read."""

    name: str
    version: int
    state: State
    fingerprint: str | None
    definition: Mapping[str, Any] | None
    asked_by: str
    asked_at: datetime
    promote: Promote
    base: int | None
    events: int | None
    started_at: datetime | None
    loaded_at: datetime | None
    ready_at: datetime | None
    promoted_at: datetime | None
    failure: str | None
    comparison: Mapping[str, Any] | None
    compared_at: datetime | None
    position: int | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", State(self.state))
        object.__setattr__(self, "promote", Promote(self.promote))

    def bound(self, model: Projection) -> Projection | None:
        """The model as this build is to be fed: by the code if it is the same, else as it was kept.

        None for a fold in Python of other code, or a build of which nobody knows what made it.
        """
        if self.fingerprint == model.fingerprint:
            return replace(model, version=self.version)
        if self.definition is None:
            return None
        return Projection.restored(self.name, self.version, self.definition)

    def differs(self, model: Projection) -> bool:
        """Whether the code would build it otherwise."""
        return self.fingerprint != model.fingerprint


BUILDS = "builds"
"""What the log's channel carries when there is another build to feed; a commit carries nothing."""

_COLUMNS = ", ".join(
    f"{'projection' if name == 'position' else 'build'}.{name}" for name in Build.__dataclass_fields__
)
_BUILDS = f"SELECT {_COLUMNS} FROM projection_build AS build LEFT JOIN projection USING (name, version)"  # noqa: S608


def builds(connection: Connection, names: Collection[str] | None = None) -> list[Build]:
    """The builds of these models (None: of all), by name and version."""
    query = f"{_BUILDS} WHERE %s::text[] IS NULL OR build.name = ANY(%s) ORDER BY build.name, version"
    chosen = None if names is None else list(names)
    with connection.cursor(row_factory=class_row(Build)) as cursor:
        return cursor.execute(query, (chosen, chosen)).fetchall()


def build(connection: Connection, name: str, version: int) -> Build | None:
    """One build."""
    return next((each for each in builds(connection, [name]) if each.version == version), None)


def live_build(connection: Connection, name: str) -> Build | None:
    """The build that readers see."""
    return next((each for each in builds(connection, [name]) if each.state is State.LIVE), None)


def live_before(found: Iterable[Build]) -> Build | None:
    """Of one model's builds the kept one that readers saw last: what a rollback shows.

    One build is live at a time, so the one that came live last also was live last. A first build has no
    such date, and neither has what was kept before there were dates.
    """
    kept = [each for each in found if each.state is State.KEPT]
    return max(kept, key=_came_live, default=None)


def _came_live(one: Build) -> tuple[bool, float, int]:
    at = one.promoted_at
    return at is not None, at.timestamp() if at else 0.0, one.version


def live_projection(connection: Connection, model: Projection) -> Projection | None:
    """The model bound to the build that readers see; None if there is none, or this code cannot feed it."""
    found = live_build(connection, model.name)
    return None if found is None else found.bound(model)


def add(
    connection: Connection,
    projection: Projection,
    state: State,
    asked_by: str = "system",
    promote: Promote = Promote.NO,
) -> None:
    """Note a build of this definition. Raises UniqueViolation if it is there, or another is at work."""
    connection.execute(
        "INSERT INTO projection_build (name, version, state, fingerprint, definition, asked_by, promote)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (
            projection.name,
            projection.version,
            state,
            projection.fingerprint,
            None if projection.definition is None else Jsonb(projection.definition),
            asked_by,
            promote,
        ),
    )


def tell_feeders(connection: Connection) -> None:
    """Let workers look at once for builds to feed, when the transaction has ended; else within a second."""
    connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, BUILDS))


def advance(connection: Connection, projection: Projection, before: State, after: State) -> bool:
    """Note that a build has come from one state to the next; False if another process was first."""
    moved = connection.execute(
        "UPDATE projection_build SET state = %s WHERE name = %s AND version = %s AND state = %s",
        (after, projection.name, projection.version, before),
    )
    return moved.rowcount > 0
