"""The relay: publishes the log to its topics for ever, and starts over when broker or log were lost."""

from __future__ import annotations

from contextlib import closing
from threading import Event

import psycopg
import structlog

from application.ids import new_id
from producers.messages.catalogue import PUBLIC_TOPICS
from producers.relay import topics
from producers.relay.broker import reason_of
from producers.relay.feeder import Feeder
from producers.relay.installation import Installation
from producers.relay.places import Standing
from producers.relay.positions import PositionsLog
from producers.relay.problems import RelayFencedError, RelayTroubleError
from producers.relay.publisher import Publisher
from producers.relay.session import Session

NAME = "lastro.relay"
"""The transactional id, behind the prefix."""

_BACKOFF_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0)

log = structlog.get_logger(__name__)


class Relay:
    """One runs for an installation: a second one fences the first. For one thread, but for `standing`."""

    def __init__(self, installation: Installation, feeder: Feeder) -> None:
        self._installation = installation
        self._feeder = feeder
        self._identity = new_id()
        self.standing: Standing | None = None
        """What it has told the broker last; None until it holds the name."""
        self.publishing = False
        """Whether it holds the name now, and the broker and the log are there."""

    def run(self, stopping: Event) -> None:
        """Publish until `stopping`, then finish the chunk in hand.

        What passes by itself is waited out and logged. Raises RelayProblemError for what a person has to
        look at; after RelayFencedError nobody may try again.
        """
        failures = 0
        while not stopping.is_set():
            before = self.standing
            try:
                self._session(stopping)
            except (RelayTroubleError, psycopg.OperationalError) as error:
                self.publishing = False
                self._feeder.close()
                failures = 0 if self.standing is not before else failures + 1
                pause = _BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)]
                log.warning("the relay starts over", reason=reason_of(error), pause_seconds=pause)
                stopping.wait(pause)

    def _session(self, stopping: Event) -> None:
        broker = self._installation.broker
        origin = topics.origin_of(broker)
        found = topics.ensure(broker, [topics.POSITIONS_SHAPE, *map(topics.shape_of, PUBLIC_TOPICS)])
        del found[topics.POSITIONS_SHAPE.name]
        with closing(PositionsLog(broker, origin)) as positions:
            self._require_ours(positions)
            with Publisher(broker, NAME) as publisher:
                publisher.start()
                session = Session(
                    self._installation, self._identity, self._feeder, publisher, positions, found, self._tell
                )
                session.run(stopping)

    def _require_ours(self, positions: PositionsLog) -> None:
        """Before the name is taken again: nobody else may have done so since this one had it."""
        live = positions.read(wait=False).live if self.standing is not None else None
        if live is not None and live.relay != self._identity:
            raise RelayFencedError(self._installation.broker.named(NAME))

    def _tell(self, standing: Standing) -> None:
        self.standing = standing
        self.publishing = True
