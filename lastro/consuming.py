"""The consumers' process: one loop for each incoming topic, all in one process, until one has to stop."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from threading import Event, Thread
from typing import Any

import psycopg
import structlog
from prometheus_client import CollectorRegistry

from application.collector import seldom_collected
from application.kafka_access import client_options, require_reachable
from application.settings import Settings
from consumers.batch import Limits
from consumers.gauges import ConsumerGauges
from consumers.handler import Handler
from consumers.loop import ConsumerLoop, Installation
from lastro.incoming import REACTIONS, IncomingUseCases, seal_of
from lastro.logs import configure_logs
from lastro.metrics import serve_metrics
from lastro.reactions import reactions, told_from_kafka
from lastro.signals import stop_on_signals
from lastro.wiring import Runtime, opened

_GAUGE_SECONDS = 2.0
_STOP_SECONDS = 60.0
_SIGNS_OF_LIFE = 6
"""So many are missed before a consumer is."""

_LONGEST_WAIT = 4.0
"""For a connection to the database: who waits longer is not heard by Kafka."""

log = structlog.get_logger(__name__)


def consume(only: Sequence[str], limits: Limits, missed_after: int) -> None:
    """Run until SIGTERM or Ctrl-C. Raises what a loop stopped for.

    `missed_after` seconds without a sign of life, others of its groups take up its partitions.
    """
    settings = Settings()
    configure_logs(settings.log_level)
    # The client reports each attempt of its own; what comes of them is said by the loop.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    require_reachable(settings)
    with opened(settings, wait=_LONGEST_WAIT) as runtime, serve_metrics(settings) as registry:
        run(runtime, registry, stop_on_signals(), only, limits, missed_after)


def run(
    runtime: Runtime,
    registry: CollectorRegistry,
    stopping: Event,
    only: Sequence[str],
    limits: Limits,
    missed_after: int,
) -> None:
    """Consume until `stopping` is set, then finish the batches in hand. One that has to stop ends all.

    Raises what it stopped for: DeadLetterWriteError or PoisonFloodError.
    """
    settings, use_cases = runtime.settings, IncomingUseCases(runtime)
    at = Installation(
        client=client_options(settings),
        prefix=settings.kafka_prefix,
        database=runtime.database,
        seal=seal_of(runtime),
        limits=limits,
        consumer={
            "session_timeout_ms": missed_after * 1000,
            "heartbeat_interval_ms": missed_after * 1000 // _SIGNS_OF_LIFE,
        },
    )
    loops = [ConsumerLoop(handler, at) for handler in _handlers(runtime, use_cases, only)]
    members = [_Member(loop, stopping) for loop in loops]
    for member in members:
        member.start()
    gauges = ConsumerGauges(registry)
    with seldom_collected():
        while not stopping.wait(_GAUGE_SECONDS):
            with suppress(psycopg.Error):  # the loops themselves say so
                gauges.show(loops, runtime.database)
        for member in members:
            member.join(_STOP_SECONDS)
    failed = [member.error for member in members if member.error is not None]
    if failed:
        raise failed[0]


def _handlers(runtime: Runtime, use_cases: IncomingUseCases, only: Sequence[str]) -> list[Handler[Any]]:
    found = [use_cases.handlers[name] for name in only if name != REACTIONS]
    if REACTIONS in only:
        found += told_from_kafka(reactions(runtime), runtime.database)
    return found


class _Member(Thread):
    """Runs one loop; when it ends by itself, all are to end."""

    def __init__(self, loop: ConsumerLoop[Any], stopping: Event) -> None:
        super().__init__(name=f"lastro-consume-{loop.topic}", daemon=True)
        self._loop = loop
        self._stopping = stopping
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self._loop.run(self._stopping)
        except Exception as error:  # told by the process, when the others have ended
            self.error = error
        finally:
            self._stopping.set()
