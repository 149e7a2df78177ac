"""What the worker tells Prometheus of webhooks: attempts by outcome, and how long the other sides take."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class WebhookMetrics:
    """On the registry of the process."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        registry = registry or CollectorRegistry()
        self.attempts = Counter(
            "lastro_webhook_attempts",
            "Attempts to deliver, by what became of them.",
            ("outcome",),
            registry=registry,
        )
        self.seconds = Histogram(
            "lastro_webhook_attempt_seconds",
            "How long an attempt took.",
            registry=registry,
            buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15),
        )
        self.disabled = Counter(
            "lastro_webhook_auto_disabled",
            "Endpoints disabled by the system.",
            ("because",),
            registry=registry,
        )
        self.sending = Gauge("lastro_webhook_sending", "Attempts under way now.", registry=registry)
        self.leading = Gauge("lastro_webhook_leading", "1 in the worker that delivers.", registry=registry)
