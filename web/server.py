"""Runs the application in uvicorn so that a signal ends it in order: streams first, then requests."""

from __future__ import annotations

from socket import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI

from web.app import create_app
from web.live import LiveHub
from web.services import Services

_DRAIN_SECONDS = 5


class OrderlyServer(uvicorn.Server):
    """uvicorn waits for open streams when it is told to stop; this ends them first."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        self._hub: LiveHub = app.state.live
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="on",
                timeout_graceful_shutdown=_DRAIN_SECONDS,
            )
        )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal: `/saude/pronta` says 503 from now on, streams end, requests in hand are finished."""
        self._hub.stop()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Also when nobody sent a signal, as in a test."""
        self._hub.stop()
        await super().shutdown(sockets)


def serve(services: Services, host: str, port: int, listener: socket | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in hand get five seconds to end. `listener` stands for host and
    port."""
    OrderlyServer(create_app(services), host, port).run(None if listener is None else [listener])
