"""The relay's process, and what its commands do."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from threading import Event, Thread

import psycopg
import structlog
import typer
from prometheus_client import CollectorRegistry

from application.clock import utc_now
from application.kafka_access import client_options, require_reachable
from application.settings import Settings
from lastro.billing import open_lastro
from lastro.logs import configure_logs
from lastro.metrics import serve_metrics
from lastro.output import notices, progress_of, show, show_json
from lastro.signals import stop_on_signals
from lastro.wiring import Runtime, opened
from producers.relay.backfill import Backfill
from producers.relay.broker import Broker
from producers.relay.feeder import Feeder
from producers.relay.gauges import RelayGauges
from producers.relay.installation import Installation
from producers.relay.relay import Relay
from producers.relay.session import HEARTBEAT_SECONDS
from producers.relay.standing import State, TopicStanding, standings

_FEEDER_POOL = 2
_GAUGE_SECONDS = 2.0
_STOP_SECONDS = 25.0
_SILENT_SECONDS = 6 * HEARTBEAT_SECONDS
_COLUMNS = ("topic", "state", "position", "lag_events", "lag_seconds", "at")

log = structlog.get_logger(__name__)


def publish() -> None:
    """Run until SIGTERM or Ctrl-C. Raises RelayProblemError, KafkaUnreachableError."""
    settings = Settings()
    _configure_logs(settings.log_level)
    require_reachable(settings)
    with opened(settings) as runtime, serve_metrics(settings) as registry:
        run(runtime, registry, stop_on_signals())


def run(runtime: Runtime, registry: CollectorRegistry, stopping: Event) -> None:
    """Publish until `stopping` is set, then finish the chunk in hand; no broker that is gone is waited for.

    Raises what the relay ended with.
    """
    feeder = _feeder(runtime)
    relay = Relay(_installation(runtime), feeder)
    failures: list[Exception] = []
    thread = Thread(target=_run, args=(relay, feeder, stopping, failures), name="lastro-relay", daemon=True)
    gauges = RelayGauges(registry)
    thread.start()
    while thread.is_alive() and not stopping.is_set():
        with suppress(psycopg.Error):  # the relay itself says so
            gauges.show(runtime.database, relay.standing, publishing=relay.publishing)
        thread.join(_GAUGE_SECONDS)
    thread.join(_STOP_SECONDS)
    if thread.is_alive():
        log.warning("the broker does not answer: what is under way is left to the next start")
    if failures:
        raise failures[0]


def _run(relay: Relay, feeder: Feeder, stopping: Event, failures: list[Exception]) -> None:
    try:
        relay.run(stopping)
    except Exception as error:
        failures.append(error)
    finally:
        feeder.close()


def show_status(*, as_json: bool) -> None:
    """Print where every topic stands; exit 1 if one is found wanting."""
    settings = Settings()
    require_reachable(settings)
    with opened(settings) as runtime:
        found = standings(_installation(runtime))
    show([asdict(each) for each in found], columns=_COLUMNS, as_json=as_json)
    if any([*map(_wanting, found)]) | _silent(found):
        raise typer.Exit(1)


def _wanting(each: TopicStanding) -> bool:
    if each.state in (State.WAITING, State.FILLING):
        notices.print(f"{each.topic} is not fed: `lastro relay backfill {each.topic}` fills it")
    elif each.state is State.MISSING:
        notices.print(f"{each.topic} is not there: `lastro relay` makes it")
    return each.wanting


def _silent(found: list[TopicStanding]) -> bool:
    spoken = [each.at for each in found if each.state is State.FED and each.at is not None]
    if not spoken:
        return False
    silence = (utc_now() - max(spoken)).total_seconds()
    if silence > _SILENT_SECONDS:
        notices.print(f"the relay was last heard {silence:.0f} s ago: does it run?")
    return silence > _SILENT_SECONDS


def fill(topic: str, into: str | None, *, as_json: bool) -> None:
    """Run a backfill with a bar. Raises RelayProblemError, BrokerTroubleError."""
    settings = Settings()
    require_reachable(settings)
    stopping = stop_on_signals()
    with opened(settings) as runtime, progress_of(topic) as reached:
        feeder = _feeder(runtime)
        try:
            done = Backfill(_installation(runtime), feeder, topic, into).run(stopping, reached)
        finally:
            feeder.close()
    if as_json:
        show_json(done)
    how = "" if done.whole else ", stopped: run it again, it goes on from there"
    notices.print(f"{done.into}: {done.messages} messages, up to position {done.position}{how}")
    if not done.whole:
        raise typer.Exit(1)


def _installation(runtime: Runtime) -> Installation:
    settings = runtime.settings
    broker = Broker(client_options(settings), settings.kafka_prefix)
    return Installation(broker, runtime.database, settings.event_source)


def _feeder(runtime: Runtime) -> Feeder:
    database = runtime.database
    return Feeder(partial(open_lastro, database.url, database.schema, _FEEDER_POOL, runtime.master_key_text))


def _configure_logs(level: str) -> None:
    configure_logs(level)
    # The client reports each attempt of its own; what comes of them is said by the relay.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
