"""Where every build stands, for people: lag, progress, who asked, and whether the code would make it so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from application.database import Database
from projections.builds import Build, State, builds, live_before
from projections.progress import ProjectionStatus, projection_statuses
from projections.projection import Projection
from projections.rebuild.run import done_of


@dataclass(frozen=True, slots=True)
class Standing:
    """One build, or a model that has none (`build` None).

    `differs`: the code says otherwise than it does; `live_before`: it is what a rollback would show.
    """

    name: str
    build: Build | None
    status: ProjectionStatus | None
    differs: bool
    feedable: bool
    done: int
    seconds_left: float | None
    live_before: bool = False

    @property
    def wanting(self) -> bool:
        """Whether somebody has to do something about it."""
        if self.build is None:
            return True
        return self.build.state is State.FAILED or (self.build.state is State.LIVE and self.differs)

    def notes(self) -> str:
        """What is out of the ordinary, in a few words."""
        if self.build is None:
            return "not installed: start a worker"
        said = [self._progress()] if self.build.state is State.LOADING else []
        if self.live_before:
            said.append("was live before: what a rollback shows")
        if not self.feedable:
            said.append("made by other code, not fed")
        elif self.build.state is State.LIVE and self.differs:
            said.append("made by other code")
        if self.build.comparison is not None:
            said.append("equal to the live one" if self.build.comparison["equal"] else "differs in rows")
        if self.build.failure:
            said.append(self.build.failure)
        return "; ".join(said)

    def _progress(self) -> str:
        assert self.build is not None, "a build makes progress"
        left = "" if self.seconds_left is None else f", {self.seconds_left:.0f} s left"
        return f"{self.done:,} of {self.build.events or 0:,} events{left}"

    def as_row(self) -> dict[str, Any]:
        """As `lastro projections status` prints it."""
        build, status = self.build, self.status
        return {
            "name": self.name,
            "build": build and build.version,
            "state": "missing" if build is None else build.state.value,
            "live": build is not None and build.state is State.LIVE,
            "live_before": self.live_before,
            "position": status and status.position,
            "lag_events": status and status.lag_events,
            "lag_seconds": status and round(status.lag_seconds, 3),
            "parked_streams": status and status.parked_streams,
            "parked_events": status and status.parked_events,
            "differs": self.differs,
            "fed": self.feedable,
            "done": self.done,
            "events": build and build.events,
            "seconds_left": self.seconds_left,
            "asked_by": build and build.asked_by,
            "asked_at": build and build.asked_at,
            "ready_at": build and build.ready_at,
            "promoted_at": build and build.promoted_at,
            "failure": build and build.failure,
            "comparison": build and build.comparison,
            "notes": self.notes(),
        }


def standings(database: Database, models: Sequence[Projection]) -> list[Standing]:
    """Every model of the code with its builds, in the order of their names."""
    statuses = {(each.name, each.version): each for each in projection_statuses(database)}
    told: list[Standing] = []
    with database.autocommit() as connection:
        (now,) = connection.execute("SELECT clock_timestamp()").fetchone() or (None,)
        found = builds(connection, [model.name for model in models])
        for model in sorted(models, key=lambda each: each.name):
            own = [build for build in found if build.name == model.name]
            before = live_before(own)
            for build in own:
                done = done_of(connection, build)
                told.append(
                    Standing(
                        name=model.name,
                        build=build,
                        status=statuses.get((build.name, build.version)),
                        differs=build.differs(model),
                        feedable=build.bound(model) is not None,
                        done=done,
                        seconds_left=_seconds_left(build, done, now),
                        live_before=before is not None and build.version == before.version,
                    )
                )
            if not own:
                told.append(Standing(model.name, None, None, True, False, 0, None))
    return told


def _seconds_left(build: Build, done: int, now: datetime) -> float | None:
    """What the rest of the load takes if it goes on as it went."""
    if build.state is not State.LOADING or not done or build.started_at is None:
        return None
    spent = (now - build.started_at).total_seconds()
    return round(spent / done * ((build.events or 0) - done), 1)
