"""The real server on a real port, with the read models' worker beside it, for tests that need a browser."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from application.app import Lastro
from projections.registry import lanes
from projections.worker import Worker
from web.app import create_app
from web.server import OrderlyServer
from web.services import Services

_UP_SECONDS = 30.0


@contextmanager
def read_models(lastro: Lastro) -> Iterator[Worker]:
    """The worker, for as long as the block."""
    worker = Worker(lastro.database, lanes(lastro.keyring))
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


@contextmanager
def served(services: Services) -> Iterator[str]:
    """The address of the application, for as long as the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = OrderlyServer(create_app(services), "127.0.0.1", port)
    thread = Thread(target=server.run, name="web", daemon=True)
    thread.start()
    deadline = time.monotonic() + _UP_SECONDS
    while not server.started:
        assert thread.is_alive(), "the server ended"
        assert time.monotonic() < deadline, "the server did not come up"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(15)
        assert not thread.is_alive(), "the server did not stop"
