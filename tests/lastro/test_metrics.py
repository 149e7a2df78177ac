"""A process without pages shows its numbers where it is told to, and says so when it cannot."""

from __future__ import annotations

import socket

import httpx2
import pytest
from prometheus_client import Gauge

from application.settings import Settings
from deploy.local.ports import any_free
from lastro.metrics import serve_metrics
from lastro.ports import PortTakenError


def test_what_is_registered_is_served_until_the_block_ends() -> None:
    settings = Settings(metrics_port=any_free("127.0.0.1"))
    address = f"http://127.0.0.1:{settings.metrics_port}/metrics"

    with serve_metrics(settings) as registry:
        Gauge("lastro_relay_position", "Where it is.", registry=registry).set(42)
        answer = httpx2.get(address)

    assert answer.status_code == 200
    assert "lastro_relay_position 42.0" in answer.text
    assert "process_resident_memory_bytes" in answer.text
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(address)


def test_without_a_port_nothing_listens_and_the_registry_is_there() -> None:
    with serve_metrics(Settings(metrics_port=None)) as registry:
        Gauge("lastro_relay_position", "Where it is.", registry=registry).set(42)
        assert registry.get_sample_value("lastro_relay_position") == 42


def test_a_port_that_is_taken_is_named_with_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(PortTakenError, match=rf"port {port} .*LASTRO_METRICS_PORT"),
            serve_metrics(Settings(metrics_port=port)),
        ):
            pass
