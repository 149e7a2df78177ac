"""An installation whose webhooks lead to this machine, its dispatcher hurried so that tests need not wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from uuid import UUID

from prometheus_client import CollectorRegistry

from application.access import SYSTEM, Principal
from application.app import Lastro
from application.clock import utc_now
from application.webhooks.deliveries import Delivery, DeliveryFilter, deliveries
from application.webhooks.endpoints import Endpoint, SecretShown, WebhookForm, Webhooks
from application.webhooks.secrets import WebhookSecrets
from producers.messages.catalogue import messages_of
from producers.messages.message import Message
from producers.webhooks.courier import Courier
from producers.webhooks.dispatcher import Dispatcher
from producers.webhooks.ledger import Ledger
from producers.webhooks.metrics import WebhookMetrics
from producers.webhooks.outbox import Outbox
from producers.webhooks.selection import offer, wants
from producers.webhooks.sending import Bounds, Sender
from tests.support.application import MASTER_KEY

SOURCE = "urn:lastro:test"
EVERYTHING = tuple(name for name, topic in offer().topics.items() if not topic.personal)


class LeapingClock:
    """The machine's clock, ahead by what a test leaps: back-offs are over when it says so."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._lock = Lock()

    def __call__(self) -> datetime:
        with self._lock:
            return utc_now() + self._ahead

    def leap(self, **by: float) -> None:
        with self._lock:
            self._ahead += timedelta(**by)


@dataclass
class House:
    """What a test of webhooks asks for."""

    lastro: Lastro
    clock: LeapingClock
    webhooks: Webhooks
    secrets: WebhookSecrets
    metrics: WebhookMetrics
    registry: CollectorRegistry

    @classmethod
    def on(cls, lastro: Lastro) -> House:
        """On an application."""
        clock = LeapingClock()
        secrets = WebhookSecrets(lastro.database, MASTER_KEY)
        webhooks = Webhooks(lastro, secrets, clock, offer(), allow_private=True)
        registry = CollectorRegistry()
        return cls(lastro, clock, webhooks, secrets, WebhookMetrics(registry), registry)

    def register(
        self,
        url: str,
        *,
        name: str = "ERP",
        topics: tuple[str, ...] = EVERYTHING,
        companies: tuple[UUID, ...] | None = None,
        personal: bool = False,
        types: tuple[str, ...] = (),
        from_position: int | None = 0,
        by: Principal = SYSTEM,
    ) -> SecretShown:
        """An endpoint that wants every message without personal data from the beginning on."""
        form = WebhookForm(
            name=name, url=url, topics=topics, types=types, companies=companies, personal=personal
        )
        return self.webhooks.register(by, form, from_position=from_position)

    def revise(self, id: UUID, *, by: Principal = SYSTEM, **form: Any) -> None:
        """Something else, or elsewhere."""
        self.webhooks.revise(by, id, WebhookForm(**form))

    def endpoint(self, id: UUID) -> Endpoint:
        """As it stands."""
        return self.webhooks.endpoint(SYSTEM, id)

    def log_of(self, id: UUID, limit: int = 1_000) -> list[Delivery]:
        """Every attempt, the oldest first."""
        return deliveries(self.lastro.database, id, DeliveryFilter(), limit)[::-1]

    def expected(self, id: UUID, wanted: Callable[[Message], bool] = lambda message: True) -> list[str]:
        """The webhook-ids that the endpoint is to get, in order, from what the log holds."""
        webhook = self.endpoint(id).webhook
        return [
            str(message.id)
            for event in self.lastro.read(0, 1_000_000)
            for message in messages_of(event, source=SOURCE)
            if wants(webhook, message) and wanted(message)
        ]

    @contextmanager
    def delivering(self, *, total: float = 10.0, disable_after_hours: int = 72) -> Iterator[Dispatcher]:
        """The dispatcher, for as long as the block."""
        dispatcher = Dispatcher(
            self.lastro.database,
            self.webhooks,
            lambda: self._courier(total, disable_after_hours),
            self.clock,
            self.metrics,
        )
        dispatcher.start()
        try:
            yield dispatcher
        finally:
            dispatcher.stop()

    def _courier(self, total: float, disable_after_hours: int) -> Courier:
        return Courier(
            self.webhooks,
            self.secrets,
            Outbox(self.lastro, SOURCE, page_size=7),
            Ledger(self.lastro.database, self.clock),
            Sender(agent="Lastro/test", allow_private=True, bounds=Bounds(total=total)),
            self.clock,
            source=SOURCE,
            disable_after=timedelta(hours=disable_after_hours),
            metrics=self.metrics,
        )
