"""A Kafka broker for benchmarks: LASTRO_KAFKA's, or one of our own with a server's compiler."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.local.kafka import KafkaServer

_JAVA = ("-Xms512m", "-Xmx512m", "-XX:+UseSerialGC")
"""Without the limit to the quick compiler that keeps the tests' broker small."""


@contextmanager
def bench_broker() -> Iterator[str]:
    """Its address."""
    given = os.environ.get("LASTRO_KAFKA")
    if given:
        yield given
        return
    with KafkaServer.throwaway(java_options=_JAVA) as server:
        yield server.bootstrap


def fresh_prefix() -> str:
    """Before the topics of one measurement."""
    return f"bench-{secrets.token_hex(4)}."
