"""What Prometheus is told of the relay: how far each topic is, and which of them wait."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge

from application.database import Database
from producers.relay.log import behind
from producers.relay.places import Standing


class RelayGauges:
    """Set by the process as it goes, so that a scrape asks nobody."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._position = Gauge(
            "lastro_relay_position",
            "The last position of the log that a public topic was given.",
            ["topic"],
            registry=registry,
        )
        self._events = Gauge(
            "lastro_relay_lag_events", "Facts that are not published yet.", ["topic"], registry=registry
        )
        self._seconds = Gauge(
            "lastro_relay_lag_seconds", "Age of the oldest such fact.", ["topic"], registry=registry
        )
        self._waiting = Gauge(
            "lastro_relay_waiting",
            "1: this topic is not fed and waits for a backfill.",
            ["topic"],
            registry=registry,
        )
        self._publishing = Gauge(
            "lastro_relay_publishing",
            "1: the relay is at work; 0: it waits for broker or log.",
            registry=registry,
        )

    def show(self, database: Database, standing: Standing | None, *, publishing: bool) -> None:
        """What holds now. Raises OperationalError when the log cannot be asked."""
        self._publishing.set(publishing)
        if standing is None:
            return
        lags = {place: behind(database, place) for place in {p.position for p in standing.places.values()}}
        for topic, place in standing.places.items():
            self._position.labels(topic).set(place.position)
            self._events.labels(topic).set(lags[place.position].events)
            self._seconds.labels(topic).set(lags[place.position].seconds)
            self._waiting.labels(topic).set(0)
        for topic in standing.waiting:
            self._waiting.labels(topic).set(1)
