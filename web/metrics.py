"""What /metrics says: requests of this process, and how far the read models are behind the log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from application.webhooks.endpoints import Endpoint

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestMetrics:
    """The registry of one application; no global state, so that tests can make many."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "lastro_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "lastro_http_request_seconds",
            "Time until the answer starts.",
            ("method", "route"),
            registry=self.registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )
        self.lag_events = self._gauge("lastro_projection_lag_events", "Events not yet applied.")
        self.lag_seconds = self._gauge("lastro_projection_lag_seconds", "Age of the oldest such event.")
        self.parked = self._gauge("lastro_projection_parked_streams", "Streams set aside by an error.")
        self.parked_events = self._gauge("lastro_projection_parked_events", "Events that wait in them.")
        self.watermark_age = Gauge(
            "lastro_watermark_age_seconds",
            "Age of the oldest fact above the last watermark.",
            registry=self.registry,
        )
        self.live_pages = Gauge(
            "lastro_live_pages", "Open pages that follow the log.", registry=self.registry
        )
        self.webhooks = WebhookNumbers(self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, ("projection",), registry=self.registry)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        verb = method if method in _METHODS else "other"
        self._requests.labels(verb, route, str(status)).inc()
        self._seconds.labels(verb, route).observe(seconds)


class WebhookNumbers:
    """How the webhook endpoints stand, measured when asked."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._endpoints = Gauge(
            "lastro_webhook_endpoints",
            "Webhook endpoints by how they stand.",
            ("state",),
            registry=registry,
        )
        self._lag = Gauge(
            "lastro_webhook_lag_positions",
            "How far an enabled endpoint is behind the log's end.",
            ("endpoint",),
            registry=registry,
        )
        self._failing = Gauge(
            "lastro_webhook_failing_seconds",
            "For how long an enabled endpoint has not taken its message.",
            ("endpoint",),
            registry=registry,
        )

    def observe(self, endpoints: Iterable[Endpoint], end: int, now: datetime) -> None:
        """As they stand now; those that are disabled show no lag."""
        counted = dict.fromkeys(("enabled", "failing", "disabled", "auto_disabled"), 0)
        self._lag.clear()
        self._failing.clear()
        for webhook, place in ((each.webhook, each.place) for each in endpoints):
            if webhook.disabled:
                counted["disabled" if webhook.disabled_because is None else "auto_disabled"] += 1
                continue
            counted["failing" if place.tries else "enabled"] += 1
            since = place.failing_since or now
            self._lag.labels(str(webhook.id)).set(max(end - place.position, 0))
            self._failing.labels(str(webhook.id)).set((now - since).total_seconds())
        for state, count in counted.items():
            self._endpoints.labels(state).set(count)
