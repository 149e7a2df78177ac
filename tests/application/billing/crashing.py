"""`python -m tests.application.billing.crashing URL`: confirms or resumes plans and dies where it is told.

Each line of input is `COMMAND HASH N`: a fork of this process runs the command and kills itself before its
N-th exchange with the database (never, for 0). Each line of output says `killed` or `finished`.
"""

from __future__ import annotations

import os
import signal
import sys
from threading import get_ident
from typing import Any

import psycopg

from application.access import SYSTEM
from application.app import Lastro
from application.commands import Commands
from application.database import Database
from tests.application.world import NOW, FactReadModels
from tests.support.application import MASTER_KEY
from tests.support.postgres import SCHEMA


def main(url: str) -> None:
    for line in sys.stdin:
        command, plan_hash, at = line.split()
        child = os.fork()
        if child == 0:
            run(url, command, plan_hash, int(at))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else "finished", flush=True)  # noqa: T201 - its answer


def run(url: str, command: str, plan_hash: str, at: int) -> None:
    database = Database(url, SCHEMA, 4)
    commands = Commands.over(
        Lastro(database, MASTER_KEY), MASTER_KEY, FactReadModels(database), clock=lambda: NOW
    )
    die_before(at)
    getattr(commands.batch, command)(SYSTEM, plan_hash)


def die_before(at: int) -> None:
    """Count the exchanges of this thread with the database from now on."""
    wait, count, thread = psycopg.Connection.wait, 0, get_ident()

    def counted(self: Any, *arguments: Any, **options: Any) -> Any:
        nonlocal count
        if get_ident() == thread:
            count += 1
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)
        return wait(self, *arguments, **options)

    psycopg.Connection.wait = counted  # type: ignore[method-assign]


if __name__ == "__main__":
    main(sys.argv[1])
