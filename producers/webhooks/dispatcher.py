"""Gives every endpoint its turns, many at once, in the one worker of the installation that leads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from threading import Event, Thread
from traceback import format_exception
from uuid import UUID

import anyio
import psycopg
import structlog
from anyio.abc import TaskGroup
from psycopg_pool import PoolTimeout

from application.clock import Clock
from application.database import Database
from application.event_store.wakeup import Listener
from application.leading import leading
from application.webhooks.deliveries import sweep
from application.webhooks.endpoints import Endpoint, Webhooks
from application.webhooks.places import at_the_end
from producers.webhooks.courier import Courier
from producers.webhooks.metrics import WebhookMetrics

_POLL_SECONDS = 0.5
_STANDBY_SECONDS = 2.0
_LAST_SECONDS = 5.0
_TROUBLE = timedelta(seconds=10)
_SWEEP = timedelta(hours=1)

log = structlog.get_logger(__name__)


class Dispatcher:
    """Runs in a thread of its own until `stop`. Several processes may run one: the others stand by.

    Should the lead be lost with its connection, deliveries under way are given up; the next leader sends
    them again.
    """

    def __init__(
        self,
        database: Database,
        webhooks: Webhooks,
        courier: Callable[[], Courier],
        clock: Clock,
        metrics: WebhookMetrics,
    ) -> None:
        self._database = database
        self._webhooks = webhooks
        self._make_courier = courier
        self._clock = clock
        self._metrics = metrics
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="lastro-webhooks", daemon=True)

    def start(self) -> None:
        """Come back at once."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way, within seconds. Safe to call twice."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._stand_by_or_lead()
            except Exception as error:
                log.error("webhooks_interrupted", trace="".join(format_exception(error)))
            self._stopping.wait(_STANDBY_SECONDS)

    def _stand_by_or_lead(self) -> None:
        with leading(self._database, "webhooks", "dispatcher") as is_leading:
            if is_leading is not None:
                self._metrics.leading.set(1)
                try:
                    anyio.run(self._lead, is_leading)
                finally:
                    self._metrics.leading.set(0)

    async def _lead(self, is_leading: Callable[[], bool]) -> None:
        courier = self._make_courier()
        rounds = _Rounds(courier, self._clock, self._stopping)
        listener = Listener(self._database)
        swept_at: datetime | None = None
        try:
            async with anyio.create_task_group() as tasks:
                while not self._stopping.is_set():
                    if not await anyio.to_thread.run_sync(is_leading):
                        log.warning("webhooks_lead_lost")
                        tasks.cancel_scope.cancel()
                        return
                    at_it = rounds.at_it
                    rounds.begin(tasks, at_it, *await anyio.to_thread.run_sync(self._look))
                    if swept_at is None or self._clock() - swept_at > _SWEEP:
                        swept_at = self._clock()
                        await anyio.to_thread.run_sync(self._sweep)
                    await courier.tidy()
                    await anyio.to_thread.run_sync(listener.wait, _POLL_SECONDS)
                tasks.cancel_scope.deadline = anyio.current_time() + _LAST_SECONDS
        finally:
            listener.close()
            with anyio.CancelScope(shield=True):
                await courier.aclose()

    def _look(self) -> tuple[list[Endpoint], int]:
        with self._database.autocommit() as connection:
            end, _ = at_the_end(connection)
        return self._webhooks.everything(), end

    def _sweep(self) -> None:
        while sweep(self._database, self._clock()) and not self._stopping.is_set():
            pass


class _Rounds:
    """Begins a turn for each endpoint that has something to send and is not at it already."""

    def __init__(self, courier: Courier, clock: Clock, stopping: Event) -> None:
        self._courier = courier
        self._clock = clock
        self._stopping = stopping
        self._busy: set[tuple[str, UUID]] = set()
        self._not_before: dict[UUID, datetime] = {}

    @property
    def at_it(self) -> frozenset[tuple[str, UUID]]:
        """What is under way now. Of these, endpoints that are read from now on are out of date already."""
        return frozenset(self._busy)

    def begin(
        self, tasks: TaskGroup, at_it: frozenset[tuple[str, UUID]], endpoints: list[Endpoint], end: int
    ) -> None:
        """Start what is due; `at_it` is what was under way before the endpoints were read."""
        now = self._clock()
        for endpoint in endpoints:
            place = endpoint.place
            if self._not_before.get(place.endpoint_id, now) > now:
                continue
            if place.ping_id is not None:
                self._start(tasks, at_it, "ping", endpoint, self._courier.ping)
            is_due = place.next_attempt_at is None or place.next_attempt_at <= now
            if is_due and place.position != end and not endpoint.webhook.disabled:
                self._start(tasks, at_it, "turn", endpoint, self._turn)

    async def _turn(self, endpoint: Endpoint) -> None:
        await self._courier.turn(endpoint, lambda: not self._stopping.is_set())

    def _start(
        self,
        tasks: TaskGroup,
        at_it: frozenset[tuple[str, UUID]],
        what: str,
        endpoint: Endpoint,
        act: Callable[[Endpoint], Awaitable[None]],
    ) -> None:
        key = (what, endpoint.webhook.id)
        if key not in at_it:
            self._busy.add(key)
            tasks.start_soon(self._guarded, key, endpoint, act)

    async def _guarded(
        self, key: tuple[str, UUID], endpoint: Endpoint, act: Callable[[Endpoint], Awaitable[None]]
    ) -> None:
        """A mistake of ours, or a database that is away, holds up one endpoint for a while and no other."""
        try:
            await act(endpoint)
        except (psycopg.Error, PoolTimeout) as error:
            self._not_before[endpoint.webhook.id] = self._clock() + _TROUBLE
            log.warning("webhook_turn_interrupted", endpoint=str(endpoint.webhook.id), error=str(error))
        except Exception as error:
            self._not_before[endpoint.webhook.id] = self._clock() + _TROUBLE
            # As text: a renderer that shows local variables would write secrets into the log.
            trace = "".join(format_exception(error))
            log.error("webhook_turn_failed", endpoint=str(endpoint.webhook.id), what=key[0], trace=trace)
        finally:
            self._busy.discard(key)
