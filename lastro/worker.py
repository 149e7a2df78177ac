"""The worker process: keeps read models at the end of the log, bills what is due, delivers webhooks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event, Thread

import structlog
from prometheus_client import CollectorRegistry

from application.event_store.watermark import write_watermark
from application.settings import Settings
from application.stopping import StoppedError, until
from lastro.billing import BillingUseCases
from lastro.logs import configure_logs
from lastro.metrics import serve_metrics
from lastro.reactions import reactions, told_from_table
from lastro.signals import stop_on_signals
from lastro.upkeep import Upkeep
from lastro.webhooks import dispatcher_of
from lastro.wiring import Runtime, opened
from projections.builds import builds
from projections.checkpoint import Shard
from projections.rebuild.caretaker import Caretaker
from projections.rebuild.intent import ask_where_code_differs, begin
from projections.registry import lanes, projections
from projections.sharding import admit
from projections.worker import Worker

_WATERMARK_SECONDS = 1.0
_SCHEDULER_SECONDS = 60.0
_UPKEEP_SECONDS = 2.0

log = structlog.get_logger(__name__)


def work(*, schedule: bool, shard: Shard | None = None) -> None:
    """Run until SIGTERM or Ctrl-C. Raises WorkerShardRefusedError."""
    settings = Settings()
    configure_logs(settings.log_level)
    with opened(settings) as runtime, serve_metrics(settings) as registry:
        if shard is not None:
            with runtime.database.autocommit() as connection:
                admit(connection, shard)
        run(runtime, stop_on_signals(), schedule=schedule, registry=registry, shard=shard)


def run(
    runtime: Runtime,
    stopping: Event,
    *,
    schedule: bool,
    registry: CollectorRegistry | None = None,
    shard: Shard | None = None,
) -> None:
    """Work until `stopping` is set, then finish what is in hand; killed, it is resumed."""
    install_read_models(runtime)
    models = Worker(runtime.database, lanes(runtime.lastro.keyring), begin=begin, shard=shard)
    caretaker = Caretaker(runtime.database, projections(runtime.lastro.keyring))
    upkeep = Upkeep(runtime)
    webhooks = dispatcher_of(runtime, registry)
    threads = _threads(runtime, stopping, upkeep, schedule=schedule)
    models.start()
    caretaker.start()
    webhooks.start()
    for thread in threads:
        thread.start()
    log.info("worker_started", schedule=schedule, shard=None if shard is None else str(shard))
    stopping.wait()
    log.info("worker_stopping")
    caretaker.stop()
    models.stop()
    webhooks.stop()
    for thread in threads:
        thread.join()
    upkeep.close()


def _threads(runtime: Runtime, stopping: Event, upkeep: Upkeep, *, schedule: bool) -> list[Thread]:
    """What is done beside the read models. With Kafka the reactions are told by `lastro consume` instead."""
    threads: list[Thread] = [
        _Loop("watermark", lambda: write_watermark(runtime.database), _WATERMARK_SECONDS, stopping),
        _Loop("upkeep", upkeep.tick, _UPKEEP_SECONDS, stopping),
    ]
    if schedule:
        scheduler = BillingUseCases(runtime).scheduler
        tick = partial(scheduler.tick, proceed=until(stopping.is_set))
        threads.append(_Loop("scheduler", tick, _SCHEDULER_SECONDS, stopping))
    if runtime.settings.kafka is None:
        threads += told_from_table(reactions(runtime, schedule=schedule), runtime.database, stopping)
    return threads


def install_read_models(runtime: Runtime) -> None:
    """Begin every model that has no build yet; ask for those anew that other code has made."""
    with runtime.database.autocommit() as connection:
        for model in projections(runtime.lastro.keyring):
            if not builds(connection, [model.name]):
                begin(connection, model)
            elif ask_where_code_differs(connection, model) is not None:
                log.info("read model is rebuilt for this release", projection=model.name)


class _Loop(Thread):
    """Calls `act` every few seconds until told to stop; an error is logged and the next call tries again."""

    def __init__(self, name: str, act: Callable[[], object], seconds: float, stopping: Event) -> None:
        super().__init__(name=f"lastro-{name}", daemon=True)
        self._act = act
        self._seconds = seconds
        self._stopping = stopping

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._act()
            except StoppedError:
                return
            except Exception:
                log.exception("loop_failed", loop=self.name)
            self._stopping.wait(self._seconds)
