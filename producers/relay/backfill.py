"""Fills one topic from the beginning of the log, in order, beside a relay that feeds the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from threading import Event

import structlog

from producers.messages.catalogue import PUBLIC_TOPICS
from producers.relay import topics
from producers.relay.chunks import CHUNK, Chunk, Request
from producers.relay.feeder import End, Feeder
from producers.relay.installation import Installation
from producers.relay.log import require_same
from producers.relay.places import newest_of, place_of
from producers.relay.positions import Filling, Live, Place, Positions, PositionsLog, filling_record
from producers.relay.problems import BackfillRefusedError
from producers.relay.publisher import Publisher
from producers.relay.relay import NAME

NEAR = 10_000
"""Handed over when no more positions than these are missing: the relay makes up for them in a moment."""

_TICK_SECONDS = 0.25
_NAME = re.compile(r"[a-zA-Z0-9._-]{1,200}")
_TAKEN = re.compile(r"billing\.relay_|sales\.orders\.|payments\.settlements\.|.*\.dead_letters$")
"""What others read from or write to: the positions, what comes in, what was set aside."""

log = structlog.get_logger(__name__)

type Reached = Callable[[int, int], None]
"""Told up to which position it is, and up to which it goes."""


@dataclass(frozen=True, slots=True)
class Filled:
    """Where a backfill ended. `whole` False: it was stopped, and goes on from there when it is run again."""

    topic: str
    into: str
    position: int
    messages: int
    whole: bool


class Backfill:
    """One topic, into itself or into a copy that nobody feeds afterwards. Killed, it goes on where it was.

    Its transactions hold no topic but its own, so nobody else's readers wait for them. Run once.
    """

    def __init__(
        self,
        installation: Installation,
        feeder: Feeder,
        topic: str,
        into: str | None = None,
        *,
        size: int = CHUNK,
    ) -> None:
        self._installation = installation
        self._feeder = feeder
        self._topic = topic
        self._into = into or topic
        self._size = size
        self._messages = 0

    def run(self, stopping: Event, reached: Reached) -> Filled:
        """Fill up to where the relay is, then hand over.

        Raises RelayProblemError, BrokerTroubleError, FeederLostError, OperationalError: run it again then.
        """
        _require_sensible(self._topic, self._into)
        broker = self._installation.broker
        with closing(PositionsLog(broker, topics.origin_of(broker))) as positions:
            _live(positions.read(wait=False))
            found = topics.ensure(broker, [topics.shape_of(self._topic, self._into)])
            # Its name is that of what is filled: two backfills of one topic exclude each other.
            with Publisher(broker, f"{NAME}.backfill.{self._into}") as publisher:
                publisher.start()
                place = self._start(positions.read(), found[self._into])
                return self._fill(publisher, positions, place, stopping, reached)

    def _start(self, positions: Positions, found: topics.Found) -> Place:
        """Where an earlier run of it ended, else the beginning. Raises BackfillRefusedError."""
        filling = positions.fillings.get(self._into)
        if self._into == self._topic:
            fed = place_of(_live(positions), filling, self._topic, found.topic_id)
            if fed is not None:
                raise BackfillRefusedError(
                    f"{self._topic} holds the log up to position {fed.position} and the relay feeds it;"
                    " --into fills a copy"
                )
        if filling is not None and filling.place.topic_id == found.topic_id:
            if filling.source != self._topic:
                raise BackfillRefusedError(f"{self._into} is being filled with {filling.source}")
            require_same(self._installation.database, [filling.place], self._installation.broker.prefix)
            return filling.place
        if topics.written(self._installation.broker, {self._into: found}):
            raise BackfillRefusedError(
                f"{self._into} holds messages that no backfill has put there: delete it, or name another one"
            )
        return Place(found.topic_id)

    def _fill(
        self,
        publisher: Publisher,
        positions: PositionsLog,
        place: Place,
        stopping: Event,
        reached: Reached,
    ) -> Filled:
        def note(place: Place, *, ended: bool = False) -> tuple[bytes, bytes]:
            now = self._installation.clock()
            filling = Filling(self._topic, self._into, now, place, ended)
            return filling_record(positions.origin, filling)

        publisher.publish([], note(place))  # from now on its messages are known to be its own
        while True:
            goal = newest_of(_live(positions.read()))
            for chunk in self._chunks(place, goal, stopping):
                records = [(self._into, *record[1:]) for record in chunk.records]
                place = replace(place, position=chunk.position, event_id=chunk.event_id)
                publisher.publish(records, note(place))
                self._messages += len(records)
                reached(place.position, goal.position)
            if stopping.is_set():
                return self._filled(place, whole=False)
            if goal.position > place.position:
                place = replace(place, position=goal.position, event_id=goal.event_id)
            if newest_of(_live(positions.read())).position <= place.position + NEAR:
                publisher.publish([], note(place, ended=True))
                return self._filled(place, whole=True)

    def _chunks(self, place: Place, goal: Place, stopping: Event) -> Iterator[Chunk]:
        """What lies between, until it is told to stop."""
        if place.position >= goal.position:
            return
        after, source = {self._topic: place.position}, self._installation.source
        self._feeder.ask(Request(after, source, only=True, until=goal.position, size=self._size))
        while not stopping.is_set():
            said = self._feeder.next(_TICK_SECONDS)
            if isinstance(said, End):
                return
            if said is not None:
                yield said

    def _filled(self, place: Place, *, whole: bool) -> Filled:
        return Filled(self._topic, self._into, place.position, self._messages, whole)


def _live(positions: Positions) -> Live:
    if positions.live is None:
        raise BackfillRefusedError("no relay has published anything yet: `lastro relay` fills every topic")
    return positions.live


def _require_sensible(topic: str, into: str) -> None:
    if topic not in PUBLIC_TOPICS:
        raise BackfillRefusedError(f"no public topic is called {topic}; there are {', '.join(PUBLIC_TOPICS)}")
    if into == topic:
        return
    if PUBLIC_TOPICS[topic].personal:
        raise BackfillRefusedError(
            f"{topic} holds personal data, and a copy would not hear of who is forgotten: it is compacted,"
            " so read it again from its beginning"
        )
    if into in PUBLIC_TOPICS or _TAKEN.match(into) or not _NAME.fullmatch(into):
        raise BackfillRefusedError(f"{into} cannot be the name of a copy: choose one that is nobody's yet")
