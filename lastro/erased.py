"""Brings the models that hold names up to an erasure at once, whether or not a worker runs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

import psycopg
from psycopg import sql

from application.database import Connection, Database
from application.event_store.keys import Keyring
from application.event_store.reading import safe_position
from projections.builds import FED, State, builds
from projections.customers.model import customers
from projections.feeder import Feeder
from projections.rebuild.switch import drop
from projections.runner import configure

_WAIT_SECONDS = 10.0
_PAUSE_SECONDS = 0.05


class EraserOfNames:
    """The model `customers` alone holds what it opened, in each of its versions."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._model = customers(keyring)

    def settle(self, customer_ids: Sequence[UUID]) -> list[str]:
        """Apply what is recorded so far, then the tables of whatever version that still name one of them."""
        connection = self._database.dedicated()
        try:
            configure(connection)
            self._bring_up(connection)
            return self._still_naming(connection, self._versions(connection), list(customer_ids))
        finally:
            connection.close()

    def _bring_up(self, connection: Connection) -> None:
        """Feed each build that this code can feed; drop those of which only their names are left.

        What other code has made is fed by nobody and cannot be gone back to, nor can what has failed.
        """
        for build in builds(connection, [self._model.name]):
            bound = build.bound(self._model)
            if bound is not None and build.state in FED:
                feeder = Feeder(bound)
                feeder.take_up(connection)
                feeder.run_to(connection, safe_position(connection))
            elif build.state in (State.READY, State.KEPT, State.FAILED):
                with suppress(
                    psycopg.errors.LockNotAvailable
                ):  # somebody reads it: it is told, and tried again
                    drop(connection, self._model, build)

    def _versions(self, connection: Connection) -> list[int]:
        found = connection.execute("SELECT version FROM projection WHERE name = %s", [self._model.name])
        return [version for (version,) in found]

    def _tables(self, connection: Connection, versions: Sequence[int]) -> list[str]:
        """Of each version those that are there: an older one may have had fewer."""
        asked = [f"{table}__v{version}" for version in versions for table in self._model.relations]
        found = connection.execute(
            "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NOT NULL", [asked]
        )
        return [name for (name,) in found]

    def _still_naming(self, connection: Connection, versions: Sequence[int], ids: list[UUID]) -> list[str]:
        deadline = time.monotonic() + _WAIT_SECONDS
        pending = self._tables(connection, versions)
        while True:
            pending = [table for table in pending if _names(connection, table, ids)]
            if not pending or time.monotonic() >= deadline:
                return pending
            time.sleep(_PAUSE_SECONDS)


def _names(connection: Connection, table: str, ids: list[UUID]) -> bool:
    word = sql.Identifier("notes" if table.startswith("contract_notes") else "name")
    query = sql.SQL("SELECT FROM {} WHERE customer_id = ANY(%s) AND {} IS NOT NULL LIMIT 1")
    return connection.execute(query.format(sql.Identifier(table), word), [ids]).rowcount > 0
