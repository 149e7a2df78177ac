"""kill -9 of relay, consumers, broker and subscriber at random: once, in order, and the totals agree.

Twenty times; two hundred in `make soak SEED=n`. LASTRO_SOAK_KILLS says another number.
"""

from __future__ import annotations

import gc
import os
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from application.app import Lastro
from application.database import Database
from deploy.local.kafka import KafkaServer
from tests.producers.relay.house import UNCLOSED
from tests.soak.chain import KINDS, Chain, beside
from tests.soak.chain_judge import Judge
from tests.soak.chain_world import OutsideWorld

SOAK = os.environ.get("LASTRO_SOAK_SEED")
SEED = SOAK or "20261122"
KILLS = int(os.environ.get("LASTRO_SOAK_KILLS", "200" if SOAK else "20"))

# A sender left behind by the broker's death is let go of; its client complains when it is collected.
LET_GO = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

pytestmark = [pytest.mark.kafka, pytest.mark.chaos, pytest.mark.slow, UNCLOSED, LET_GO]


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """kafka-python leaves its socket to the collector when it is closed while it connects: not our leak."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.mark.timeout(3600 if SOAK else 400)
def test_the_whole_chain_outlives_kills_at_random(database: Database, lastro: Lastro, tmp_path: Path) -> None:
    began, file = time.monotonic(), tmp_path / "receivables.sqlite"
    with KafkaServer.throwaway() as server:
        world = OutsideWorld(lastro, server.bootstrap, SEED)
        with Chain(server, database, lastro, file) as chain:
            try:
                with beside(world.write, world.tell):
                    chain.kill(Random(f"{SEED}/kills"), KILLS)
                chain.until_quiet()
            finally:
                print(f"seed {SEED}:", *chain.acts, sep="\n")  # noqa: T201 - shown when it fails, or on -s
        judge = Judge(server.bootstrap, database, lastro, world.told)
        faults = judge.faults(file)
    print(  # noqa: T201 - the same
        f"seed {SEED}: {len(judge.log)} facts, {len(judge.messages)} messages, {world.told.sent} told to us,"
        f" killed {dict(chain.killed)}, {chain.amid} amid work, in {time.monotonic() - began:.0f} s"
    )
    assert faults == []
    assert len(KINDS) > KILLS or set(chain.killed) == set(KINDS)
    assert all((world.told.receipts, world.told.orders, world.told.poison, world.told.refused))
