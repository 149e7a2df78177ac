"""One hold of the relay's name: publishes what the feeder brings, and takes in topics that were filled."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Event
from uuid import UUID

import structlog

from producers.relay.chunks import Chunk, Record, Request
from producers.relay.feeder import Feeder
from producers.relay.installation import Installation
from producers.relay.places import Standing, joined_since, standing_of
from producers.relay.positions import Live, PositionsLog, live_record
from producers.relay.publisher import Publisher
from producers.relay.topics import Found

HEARTBEAT_SECONDS = 10.0
"""So often a relay without news says that it is there, and notices that another one has taken over."""

_LOOK_SECONDS = 2.0
_TICK_SECONDS = 0.25

log = structlog.get_logger(__name__)


class Session:
    """Made with a publisher that has just taken over, and run once. For one thread.

    `tell` gets the standing after each commit.
    """

    def __init__(
        self,
        installation: Installation,
        identity: UUID,
        feeder: Feeder,
        publisher: Publisher,
        positions: PositionsLog,
        found: Mapping[str, Found],
        tell: Callable[[Standing], None],
    ) -> None:
        self._installation = installation
        self._identity = identity
        self._feeder = feeder
        self._publisher = publisher
        self._positions = positions
        self._found = found
        self._tell = tell
        self._spoken = self._looked = time.monotonic()

    def run(self, stopping: Event) -> None:
        """Publish until `stopping`. Raises BrokerTroubleError, RelayProblemError, OperationalError."""
        standing = self._taken_up()
        log.info("relay_started", position=standing.position, waiting=sorted(standing.waiting))
        while not stopping.is_set():
            chunk = self._feeder.next(_TICK_SECONDS)
            if isinstance(chunk, Chunk):
                standing = self._commit(_advanced(standing, chunk), chunk.records)
            elif time.monotonic() > self._spoken + HEARTBEAT_SECONDS:
                self._commit(standing)
            if standing.waiting and time.monotonic() > self._looked + _LOOK_SECONDS:
                standing = self._looked_again(standing)

    def _taken_up(self) -> Standing:
        """What the broker says, said again as ours: from then on everybody knows who the relay is."""
        standing = standing_of(self._installation, self._positions.read(), self._found)
        self._commit(standing)
        self._feeder.ask(_request(standing, self._installation.source))
        return standing

    def _looked_again(self, standing: Standing) -> Standing:
        """A topic whose backfill has ended is the relay's: it gets what it lacks and goes with the others."""
        self._looked = time.monotonic()
        joined = joined_since(self._installation, standing, self._positions.read(wait=False), self._found)
        if joined is not standing:
            log.info("a backfilled topic is fed", topics=sorted(standing.waiting - joined.waiting))
            self._commit(joined)
            self._feeder.ask(_request(joined, self._installation.source))
        return joined

    def _commit(self, standing: Standing, records: Sequence[Record] = ()) -> Standing:
        live = Live(self._identity, self._installation.clock(), standing.places)
        self._publisher.publish(records, live_record(self._positions.origin, live))
        self._spoken = time.monotonic()
        self._tell(standing)
        return standing


def _request(standing: Standing, source: str) -> Request:
    return Request({name: place.position for name, place in standing.places.items()}, source)


def _advanced(standing: Standing, chunk: Chunk) -> Standing:
    """After a chunk: a topic that was ahead of it stays where it is."""
    places = {
        name: replace(place, position=chunk.position, event_id=chunk.event_id)
        if place.position < chunk.position
        else place
        for name, place in standing.places.items()
    }
    return replace(standing, places=places)
