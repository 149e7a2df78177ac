"""Puts webhooks together: the use cases for pages and commands, the dispatcher for the worker."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client import CollectorRegistry

from application.clock import utc_now
from application.release import running_release
from application.webhooks.endpoints import Webhooks
from application.webhooks.secrets import WebhookSecrets
from lastro.wiring import Runtime
from producers.webhooks.courier import Courier
from producers.webhooks.dispatcher import Dispatcher
from producers.webhooks.ledger import Ledger
from producers.webhooks.metrics import WebhookMetrics
from producers.webhooks.outbox import Outbox
from producers.webhooks.selection import offer
from producers.webhooks.sending import Sender


def webhooks_of(runtime: Runtime) -> Webhooks:
    """The use cases."""
    return Webhooks(
        runtime.lastro,
        WebhookSecrets(runtime.database, runtime.master_key),
        utc_now,
        offer(),
        allow_private=runtime.settings.webhook_allow_private,
    )


def dispatcher_of(runtime: Runtime, registry: CollectorRegistry | None = None) -> Dispatcher:
    """What delivers; it is not started yet."""
    settings, database = runtime.settings, runtime.database
    webhooks = webhooks_of(runtime)
    metrics = WebhookMetrics(registry)

    def courier() -> Courier:
        return Courier(
            webhooks,
            WebhookSecrets(database, runtime.master_key),
            Outbox(runtime.lastro, settings.event_source),
            Ledger(database, utc_now),
            Sender(agent=f"Lastro/{running_release()}", allow_private=settings.webhook_allow_private),
            utc_now,
            source=settings.event_source,
            disable_after=timedelta(hours=settings.webhook_disable_after_hours),
            metrics=metrics,
        )

    return Dispatcher(database, webhooks, courier, utc_now, metrics)
