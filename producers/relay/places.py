"""Which topics a relay feeds, from where, and which have to wait for a backfill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from producers.relay.chunks import facts_of
from producers.relay.installation import Installation
from producers.relay.log import has_facts, require_same
from producers.relay.positions import POSITIONS, Filling, Live, Place, Positions
from producers.relay.problems import PositionsLostError
from producers.relay.topics import Found, written

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """The place of each topic that is fed, and those that wait to be filled."""

    places: Mapping[str, Place]
    waiting: frozenset[str]

    @property
    def position(self) -> int:
        """Up to where the log is published in every topic that is fed."""
        return min((place.position for place in self.places.values()), default=0)


def standing_of(installation: Installation, positions: Positions, found: Mapping[str, Found]) -> Standing:
    """Where a relay takes up its work. `found` are all public topics as they are.

    Where nothing was ever published everything begins at 0. Raises PositionsLostError, LogRestoredError.
    """
    if positions.live is None:
        return _from_the_beginning(installation, found)
    live = positions.live
    require_same(installation.database, live.places.values(), installation.broker.prefix)
    known = {
        name: place
        for name, topic in found.items()
        if (place := place_of(live, positions.fillings.get(name), name, topic.topic_id))
    }
    if not known:
        log.warning("every topic was made anew: all are filled from the beginning")
        return _from_the_beginning(installation, found)
    joined = {
        name: place
        for name, topic in found.items()
        if name not in known and (place := _nothing_to_fill(installation, live, name, topic))
    }
    waiting = found.keys() - known.keys() - joined.keys()
    for name in sorted(waiting):
        _tell_why(live, name)
    require_same(installation.database, known.values(), installation.broker.prefix)
    return Standing({**known, **joined}, frozenset(waiting))


def _from_the_beginning(installation: Installation, found: Mapping[str, Found]) -> Standing:
    filled = written(installation.broker, found)
    if filled:
        raise PositionsLostError(installation.broker.named(POSITIONS), filled)
    return Standing({name: Place(topic.topic_id) for name, topic in found.items()}, frozenset())


def joined_since(
    installation: Installation, standing: Standing, positions: Positions, found: Mapping[str, Found]
) -> Standing:
    """The same object, or one with the topics whose backfill has ended since."""
    assert positions.live is not None, "who asks has written it"
    joined = {
        name: place
        for name in standing.waiting
        if (place := place_of(positions.live, positions.fillings.get(name), name, found[name].topic_id))
    }
    if not joined:
        return standing
    require_same(installation.database, joined.values(), installation.broker.prefix)
    return Standing({**standing.places, **joined}, standing.waiting - joined.keys())


def place_of(live: Live, filling: Filling | None, name: str, topic_id: str) -> Place | None:
    """Where a topic stands: as the relay left it, else as the backfill handed it over; None if it waits."""
    place = live.places.get(name)
    if place is not None and place.topic_id == topic_id:
        return place
    handed_over = filling is not None and filling.ended and filling.source == filling.into
    if handed_over and filling is not None and filling.place.topic_id == topic_id:
        return filling.place
    return None


def newest_of(live: Live) -> Place:
    """The furthest place that any topic has."""
    return max(live.places.values(), key=lambda place: place.position)


def _nothing_to_fill(installation: Installation, live: Live, name: str, topic: Found) -> Place | None:
    """A topic about what has never happened yet may join at once."""
    newest = newest_of(live)
    if has_facts(installation.database, facts_of(name), newest.position):
        return None
    return Place(topic.topic_id, newest.position, newest.event_id)


def _tell_why(live: Live, name: str) -> None:
    if name in live.places:
        log.error("a topic was deleted: what it held is gone, it waits for its backfill", topic=name)
    else:
        log.warning("a new topic waits for its backfill", topic=name)
