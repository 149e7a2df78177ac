"""The broker as tests of the relay see it: under a prefix of their own."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator

import pytest

from producers.relay.broker import Broker
from tests.producers.relay.house import broker_of
from tests.support.kafka import Topics


@pytest.fixture
def broker(topics: Topics) -> Broker:
    """This test's own topics at the broker that all share."""
    return broker_of(topics)


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """kafka-python leaves its socket to the collector when it is closed while it connects: not our leak."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
