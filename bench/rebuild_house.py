"""A listing with a long log behind it, for the benchmarks of rebuilding."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from application.database import Database
from application.event_store.keys import Keyring, MasterKey
from application.event_store.reading import safe_position
from bench.rebuild_log import write_log
from bench.server import durable_server, migrated
from projections.builds import Promote, State
from projections.installation import install
from projections.invoice_grid.model import INVOICE_GRID
from projections.rebuild.operations import rebuild
from projections.rebuild.run import Progress
from projections.registry import projections


@dataclass(frozen=True, slots=True)
class House:
    """A database with so many events of invoices, and a listing that has not read them."""

    database: Database
    events: int


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of a rebuild: until the rows were there, and from there until it had all the rest."""

    loading: float
    indexing: float

    @property
    def whole(self) -> float:
        """From the first event to a build that could be shown."""
        return self.loading + self.indexing


class _MadeError(Exception):
    """It has been made; what follows is not measured."""


@contextmanager
def house(events: int) -> Iterator[House]:
    """A server of its own, gone with the block. What is live is empty, and taken to be at the log's end."""
    with durable_server() as server, migrated(server) as database:
        with database.dedicated() as connection:
            written = write_log(connection, events)
            for model in projections(Keyring(database, MasterKey(bytes(32)))):
                install(connection, model)
            until = safe_position(connection)
            connection.execute("UPDATE projection SET position = %s, indexed = true", (until,))
        yield House(database, written)


def rebuilt(database: Database) -> Took:
    """Rebuild the listing from the first event on, up to where it would be compared: it is ready then."""
    began: dict[State, float] = {}

    def note(progress: Progress) -> None:
        began.setdefault(progress.state, time.perf_counter())
        if progress.state is State.COMPARING:
            raise _MadeError

    start = time.perf_counter()
    with suppress(_MadeError):
        rebuild(database, INVOICE_GRID, "bench", Promote.NO, tell=note)
    with database.autocommit() as connection:
        connection.execute("UPDATE projection_build SET state = 'ready' WHERE state = 'comparing'")
    return Took(began[State.INDEXING] - start, began[State.COMPARING] - began[State.INDEXING])
