"""What the consumers' process shows to Prometheus: lag, paused partitions, messages that were set aside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Gauge

from application.database import Database
from consumers.loop import ConsumerLoop

_OPEN = "SELECT topic, kind, count(*) FROM dead_letter WHERE state = 'open' GROUP BY 1, 2"


class ConsumerGauges:
    """Made once for a registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lag = Gauge(
            "lastro_consumer_lag_messages",
            "Offsets still to be read, of the partitions that this process reads.",
            ("topic", "partition"),
            registry=registry,
        )
        self._paused = Gauge(
            "lastro_consumer_paused_partitions",
            "Partitions that this process leaves alone for a while.",
            ("topic",),
            registry=registry,
        )
        self._set_aside = Gauge(
            "lastro_dead_letters",
            "Messages of the installation that wait for a person.",
            ("topic", "kind"),
            registry=registry,
        )

    def show(self, loops: Iterable[ConsumerLoop[Any]], database: Database) -> None:
        """Bring them up to date. Raises psycopg's errors."""
        shown = list(loops)
        self._lag.clear()
        for loop in shown:
            self._paused.labels(loop.topic).set(loop.paused())
            for partition, lag in loop.lags().items():
                self._lag.labels(loop.topic, str(partition)).set(lag)
        with database.connection() as connection:
            rows = connection.execute(_OPEN).fetchall()
        self._set_aside.clear()
        for topic in (loop.topic for loop in shown):
            for kind in ("poison", "refused"):
                self._set_aside.labels(topic, kind).set(0)
        for topic, kind, count in rows:
            self._set_aside.labels(topic, kind).set(count)
