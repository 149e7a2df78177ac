"""Consumers killed (-9) at random points of their work: each receipt is applied once, nothing is lost.

`make soak SEED=n` kills two hundred times, from another seed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest

from application.app import Lastro
from application.database import Database
from consumers.contracts.settlements import TOPIC
from domain.invoice.events import InstallmentPaid
from domain.settlement.events import SettlementApplied, SettlementUnidentified
from tests.application.settlements.organisation import Organisation
from tests.application.world import World
from tests.consumers.consuming import PARTITIONS
from tests.consumers.letters import packed, receipt
from tests.consumers.running import UNCLOSED, rows, send
from tests.support.kafka import Topics

pytestmark = [pytest.mark.kafka, pytest.mark.chaos, pytest.mark.slow, UNCLOSED]

SEED = os.environ.get("LASTRO_SOAK_SEED", "1")
KILLS = 200 if "LASTRO_SOAK_SEED" in os.environ else 8
LATEST = 60
"""Exchanges with the database: some of them join and look up, most of them read a few batches."""


class Mortal:
    """The process that forks consumers."""

    def __init__(self, topics: Topics, url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.consumers.consuming", topics.bootstrap, topics.prefix, url, "one"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, die_at: int) -> str:
        """How a consumer ended that was to die there."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{die_at}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        self._process.communicate(timeout=60)


@pytest.fixture
def mortal(topics: Topics, database_url: str) -> Iterator[Mortal]:
    one = Mortal(topics, database_url)
    try:
        yield one
    finally:
        one.close()


@pytest.fixture
def invoices(lastro: Lastro) -> list[UUID]:
    organisation = Organisation(World(lastro))
    return [organisation.billed(f"A-{number}")[0].id for number in range(6)]


def test_each_receipt_is_applied_once_whatever_is_killed(
    topics: Topics, mortal: Mortal, invoices: list[UUID], lastro: Lastro, database: Database
) -> None:
    chance = Random(f"{SEED}/consumers")
    topic = topics.create(TOPIC, partitions=PARTITIONS)
    sent: list[str] = []
    killed = 0
    for turn in range(KILLS):
        sent += some_receipts(topics, topic, chance, turn, invoices)
        killed += mortal.run(chance.randint(1, LATEST)) == "killed"
    assert mortal.run(0) == "finished 0"
    assert killed >= KILLS // 2
    applied_once(lastro, set(sent))
    assert rows(database, "SELECT count(*), sum(attempts) FROM dead_letter") == [(KILLS, KILLS)]
    paid = sum((each.amount for each in facts(lastro, InstallmentPaid)), Decimal())
    assert paid == Decimal(len(set(sent)))


def some_receipts(topics: Topics, topic: str, chance: Random, turn: int, invoices: list[UUID]) -> list[str]:
    """Some new ones, some told before, and one that nobody can read."""
    numbers = [f"{turn}-{number}" for number in range(20)]
    again = [f"{turn - 1}-{chance.randrange(20)}" for _ in range(3)] if turn else []
    values: list[tuple[int, bytes | None]] = []
    for number in [*numbers, *again]:
        at = int(number.partition("-")[2])
        message = receipt(number, "1.00", invoice_id=str(invoices[at % len(invoices)]))
        values.append((at % PARTITIONS, packed(message)))
    values.insert(chance.randrange(len(values)), (chance.randrange(PARTITIONS), b"{"))
    send(topics.bootstrap, topic, values)
    return numbers


def applied_once(lastro: Lastro, sent: set[str]) -> None:
    found = Counter(each.reference for each in facts(lastro, SettlementApplied))
    assert set(found.values()) == {1}
    assert set(found) == sent
    assert facts(lastro, SettlementUnidentified) == []


def facts[F](lastro: Lastro, kind: type[F]) -> list[F]:
    topic: str = kind.TOPIC  # type: ignore[attr-defined]
    return [each for each in lastro.opened(lastro.read(0, 1_000_000, [topic])) if isinstance(each, kind)]
