"""What a process without pages shows to Prometheus: its own registry, on a port of its own."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Info, ProcessCollector, start_http_server

from application.settings import Settings
from lastro.ports import PortTakenError


@contextmanager
def serve_metrics(settings: Settings) -> Iterator[CollectorRegistry]:
    """The process's registry, served on LASTRO_METRICS_PORT for the block if that is set.

    What is registered before or during the block is shown; scraping never blocks the process's own work.
    Raises PortTakenError.
    """
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    Info("lastro_python", "The interpreter.", registry=registry).info({"version": platform.python_version()})
    if settings.metrics_port is None:
        yield registry
        return
    host, port = settings.metrics_host, settings.metrics_port
    try:
        server, thread = start_http_server(port, host, registry=registry)
    except OSError as error:
        raise PortTakenError(
            f"cannot show metrics on {host}, port {port} ({error.strerror}): stop what uses it, or set"
            " another LASTRO_METRICS_PORT"
        ) from error
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
