"""Takes one endpoint as far as it goes now: message by message, in order, until one is not taken over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from uuid import UUID

import anyio
import orjson
import structlog

from application.access import operator
from application.clock import Clock
from application.webhooks.endpoints import Endpoint, Webhooks
from application.webhooks.places import Place
from application.webhooks.secrets import WebhookSecrets
from domain.webhook.events import AutoDisabledBecause
from domain.webhook.webhook import Webhook
from producers.messages.message import CONTENT_TYPE, Message
from producers.webhooks.ledger import Ledger
from producers.webhooks.metrics import WebhookMetrics
from producers.webhooks.outbox import LogDiffersError, Outbox, Sent
from producers.webhooks.schedule import is_over
from producers.webhooks.sending import Answer, Sender
from producers.webhooks.signature import signed_headers

PING_TYPE = "lastro.webhook.ping.v1"
ACTOR = operator("webhooks")
"""Whom facts name when the system disables an endpoint."""

FAST_SLOTS = 64
SLOW_SLOTS = 32
SLOW_MS = 2_000
"""An endpoint whose last attempt took longer, or failed, is among the slow ones."""

_GONE = 410
_DATABASE_THREADS = 4

log = structlog.get_logger(__name__)


class Courier:
    """Stateless between turns; shared by all endpoints, each of which has one turn at a time.

    A message is sent before it is written down, so that a crash in between sends it again under the same
    webhook-id: at least once, and never out of order. Who answers slowly, or not well, takes turns with its
    like: only so many attempts are under way at once, and those of the others never wait for them.
    """

    def __init__(
        self,
        webhooks: Webhooks,
        secrets: WebhookSecrets,
        outbox: Outbox,
        ledger: Ledger,
        sender: Sender,
        clock: Clock,
        *,
        source: str,
        disable_after: timedelta,
        metrics: WebhookMetrics,
    ) -> None:
        self._webhooks = webhooks
        self._secrets = secrets
        self._outbox = outbox
        self._ledger = ledger
        self._sender = sender
        self._clock = clock
        self._source = source
        self._disable_after = disable_after
        self._metrics = metrics
        self._threads = anyio.CapacityLimiter(_DATABASE_THREADS)
        self._fast = anyio.CapacityLimiter(FAST_SLOTS)
        self._slow = anyio.CapacityLimiter(SLOW_SLOTS)
        self._are_slow: set[UUID] = set()

    async def turn(self, endpoint: Endpoint, proceed: Callable[[], bool]) -> None:
        """Deliver what there is, until one fails, the log ends, or `proceed` says no."""
        webhook: Webhook = endpoint.webhook
        place: Place | None = endpoint.place
        while place is not None and proceed():
            try:
                page = await self._blocking(self._outbox.page, webhook, place)
            except LogDiffersError:
                await self._disable(webhook, place, "log_differs")
                return
            for fact in page.facts:
                place = await self._fact(webhook, place, fact, proceed)
                if place is None:
                    return
            if page.end[0] > place.position:
                place = await self._blocking(self._ledger.advanced, place, page.end)
            if not page.facts:
                return

    async def ping(self, endpoint: Endpoint) -> None:
        """Send the message of no meaning that a person asked for, once."""
        ping_id = endpoint.place.ping_id
        assert ping_id is not None
        body = self._ping_body(endpoint.webhook.id, ping_id)
        answer = await self._send(endpoint.webhook, ping_id, body)
        await self._blocking(self._ledger.pinged, endpoint.place, ping_id, PING_TYPE, answer)

    async def tidy(self) -> None:
        """To be called now and then: close connections that were not used for a while."""
        await self._sender.tidy()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._sender.aclose()

    async def _fact(
        self,
        webhook: Webhook,
        place: Place,
        fact: Sent,
        proceed: Callable[[], bool],
    ) -> Place | None:
        """The place after the fact; None where the turn ends."""
        now_at: Place | None = place
        for message in _left(place, fact):
            if now_at is None or not proceed():
                return None
            assert message.value is not None
            answer = await self._send(webhook, message.id, message.value)
            if not answer.is_taken:
                await self._refused(webhook, now_at, fact, message, answer)
                return None
            now_at = await self._blocking(self._ledger.delivered, now_at, fact, message, answer)
        return now_at

    async def _send(self, webhook: Webhook, message_id: UUID, body: bytes) -> Answer:
        async with self._slot(webhook.id):
            now = self._clock()
            secrets = await self._blocking(self._secrets.signing, [webhook.id], now)
            headers = (
                ("Content-Type", CONTENT_TYPE),
                *signed_headers(message_id, now, body, secrets[webhook.id]),
            )
            with self._metrics.sending.track_inprogress():
                answer = await self._sender.send(webhook.url, headers, body)
        if answer.is_taken and answer.latency_ms < SLOW_MS:
            self._are_slow.discard(webhook.id)
        else:
            self._are_slow.add(webhook.id)
        self._metrics.attempts.labels("delivered" if answer.is_taken else "failed").inc()
        self._metrics.seconds.observe(answer.latency_ms / 1000)
        return answer

    @asynccontextmanager
    async def _slot(self, endpoint_id: UUID) -> AsyncIterator[None]:
        """One of the slots of its kind. Who turns out to be slow gives the one of the fast back meanwhile."""
        if endpoint_id in self._are_slow:
            async with self._slow:
                yield
            return
        holder = object()
        await self._fast.acquire_on_behalf_of(holder)
        give_back = partial(self._fast.release_on_behalf_of, holder)
        timer = asyncio.get_running_loop().call_later(SLOW_MS / 1000, give_back)
        try:
            yield
        finally:
            if timer.when() > asyncio.get_running_loop().time():
                timer.cancel()
                give_back()

    async def _refused(
        self, webhook: Webhook, place: Place, fact: Sent, message: Message, answer: Answer
    ) -> None:
        because = self._over(place, answer)
        failed = partial(self._ledger.failed, last=because is not None)
        after = await self._blocking(failed, place, fact, message, answer)
        if after is not None and because is not None:
            await self._disable(webhook, after, because)

    def _over(self, place: Place, answer: Answer) -> AutoDisabledBecause | None:
        """Why this attempt is the last one, None if it is not."""
        if answer.status == _GONE:
            return "gone"
        now = self._clock()
        if is_over(now, place.failing_since or now, place.tries + 1, self._disable_after):
            return "failing"
        return None

    async def _disable(self, webhook: Webhook, place: Place, because: AutoDisabledBecause) -> None:
        done = await self._blocking(
            self._webhooks.auto_disable,
            ACTOR,
            webhook.id,
            because,
            place.failing_since,
            place.tries,
            place.last_status,
        )
        if done:
            self._metrics.disabled.labels(because).inc()
            log.error("webhook_disabled", endpoint=str(webhook.id), name=webhook.name, because=because)

    def _ping_body(self, endpoint_id: UUID, ping_id: UUID) -> bytes:
        return orjson.dumps(
            {
                "specversion": "1.0",
                "id": ping_id,
                "source": self._source,
                "type": PING_TYPE,
                "subject": str(endpoint_id),
                "time": self._clock(),
                "datacontenttype": "application/json",
                "data": {"endpoint_id": endpoint_id},
            },
            option=orjson.OPT_UTC_Z,
        )

    async def _blocking[**P, T](self, act: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """What waits for the database, outside the event loop; it ends before a turn is cancelled."""

        def call() -> T:
            return act(*given, **named)

        return await anyio.to_thread.run_sync(call, limiter=self._threads)


def _left(place: Place, fact: Sent) -> tuple[Message, ...]:
    """The messages of a fact from the one that failed on: those before it were taken over."""
    if place.head_position != fact.position:
        return fact.messages
    ids = [message.id for message in fact.messages]
    if place.head_message_id not in ids:
        return fact.messages
    return fact.messages[ids.index(place.head_message_id) :]
