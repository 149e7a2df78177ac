"""`python -m tests.consumers.consuming BOOTSTRAP PREFIX URL NAME`: reads receipts and dies where it is told.

Each line of input is a number N: a fork of this process joins the group as NAME, reads, and kills itself
before its N-th exchange with the database; for 0 it ends in order once everything is read. Each line of
output says `killed` or `finished`.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from threading import Event, Thread

from application.database import Database
from application.lookups import Lookups
from application.settlements.settlements import Settlements
from consumers.loop import ConsumerLoop, Installation
from consumers.settlements import SettlementItem, SettlementsHandler
from lastro.logs import configure_logs
from tests.application.billing.crashing import die_before
from tests.application.settlements.organisation import FactBoletos
from tests.application.world import NOW
from tests.consumers.running import QUICK, installation
from tests.support.application import MASTER_KEY, application_on
from tests.support.postgres import SCHEMA

PARTITIONS = 3
_LONGEST_SECONDS = 60.0


def main(bootstrap: str, prefix: str, url: str, name: str) -> None:
    configure_logs("CRITICAL")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            consume(bootstrap, prefix, url, name, int(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else f"finished {status}", flush=True)  # noqa: T201


def consume(bootstrap: str, prefix: str, url: str, name: str, die_at: int) -> None:
    """As the product's process does, on a database whose boletos are looked up in the facts."""
    with Database(url, SCHEMA, 4) as database, application_on(database) as lastro:
        facts = FactBoletos(lastro)
        lookups = Lookups(database, MASTER_KEY.derived("lookup"))
        handler = SettlementsHandler(Settlements(lastro, lookups, lambda: NOW, facts, facts))
        # A static member: who comes back under the same name takes its partitions up at once.
        at = replace(
            installation(bootstrap, prefix, database),
            consumer={**QUICK, "group_instance_id": name},
            fetched=7,
        )
        run(handler, at, die_at)


def run(handler: SettlementsHandler, at: Installation, die_at: int) -> None:
    """Until it dies, or has read everything."""
    stopping, loop = Event(), ConsumerLoop[SettlementItem](handler, at)
    if die_at:
        die_before(die_at)
    else:
        Thread(target=stop_when_read, args=(loop, stopping), daemon=True).start()
    loop.run(stopping)


def stop_when_read(loop: ConsumerLoop[SettlementItem], stopping: Event) -> None:
    """Once every partition has been at its end for a while."""
    deadline, at_end = time.monotonic() + _LONGEST_SECONDS, 0
    while time.monotonic() < deadline and at_end < 5:
        lags = loop.lags()
        at_end = at_end + 1 if len(lags) == PARTITIONS and not any(lags.values()) else 0
        time.sleep(0.5)
    stopping.set()


if __name__ == "__main__":
    main(*sys.argv[1:])
