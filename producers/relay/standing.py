"""How far each public topic is: for `lastro relay status` and for the gauges. Changes nothing."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from application.database import Database
from producers.messages.catalogue import PUBLIC_TOPICS
from producers.relay import topics
from producers.relay.installation import Installation
from producers.relay.log import behind, require_same
from producers.relay.places import place_of
from producers.relay.positions import POSITIONS, Filling, Place, Positions, PositionsLog


class State(StrEnum):
    """`fed` by the relay; `waiting` for a backfill; `filling`; `filled`, and the relay takes it over next.

    `missing`: no relay has made it yet. `copy`: filled by a backfill, and by nobody since.
    """

    FED = "fed"
    WAITING = "waiting"
    FILLING = "filling"
    FILLED = "filled"
    MISSING = "missing"
    COPY = "copy"


@dataclass(frozen=True, slots=True)
class TopicStanding:
    """One topic, without the prefix. `lag_seconds` is the age of the oldest fact that it does not have."""

    topic: str
    state: State
    position: int
    lag_events: int
    lag_seconds: float
    at: datetime | None
    """When its place was last written."""

    @property
    def wanting(self) -> bool:
        """Whether somebody has to do something: fill it, or start the relay."""
        return self.state in (State.WAITING, State.FILLING, State.MISSING)


def standings(installation: Installation) -> list[TopicStanding]:
    """Every public topic, and the copies. Raises BrokerTroubleError and RelayProblemError."""
    broker = installation.broker
    ids = topics.ids_of(broker, [POSITIONS, *PUBLIC_TOPICS])
    positions = Positions()
    if POSITIONS in ids:
        with closing(PositionsLog(broker, topics.origin_of(broker))) as log:
            positions = log.read(wait=False)
    copies = [name for name, each in positions.fillings.items() if each.source != name]
    ids |= topics.ids_of(broker, copies)
    found = [_standing(positions, name, ids.get(name)) for name in PUBLIC_TOPICS]
    found += [_copy(positions.fillings[name]) for name in copies if name in ids]
    fed = [place for state, _, place, _ in found if state is State.FED]
    require_same(installation.database, fed, broker.prefix)
    return with_lags(installation.database, found)


type _Found = tuple[State, str, Place, datetime | None]


def with_lags(database: Database, found: list[_Found]) -> list[TopicStanding]:
    """Most topics stand at one position, so there is little to count."""
    lags = {position: behind(database, position) for position in {each.position for _, _, each, _ in found}}
    return [
        TopicStanding(
            topic, state, place.position, lags[place.position].events, lags[place.position].seconds, at
        )
        for state, topic, place, at in found
    ]


def _standing(positions: Positions, name: str, topic_id: str | None) -> _Found:
    filling = positions.fillings.get(name)
    if topic_id is None or positions.live is None:
        return State.MISSING, name, Place(""), None
    place = place_of(positions.live, None, name, topic_id)
    if place is not None:
        return State.FED, name, place, positions.live.at
    if filling is not None and filling.place.topic_id == topic_id:
        return State.FILLED if filling.ended else State.FILLING, name, filling.place, filling.at
    return State.WAITING, name, Place(topic_id), None


def _copy(filling: Filling) -> _Found:
    return State.COPY, filling.into, filling.place, filling.at
