"""Whose log goes where: what a relay and its backfills have in common."""

from __future__ import annotations

from dataclasses import dataclass

from application.clock import Clock, utc_now
from application.database import Database
from producers.relay.broker import Broker


@dataclass(frozen=True)
class Installation:
    """`source` is the `source` of its CloudEvents."""

    broker: Broker
    database: Database
    source: str
    clock: Clock = utc_now
