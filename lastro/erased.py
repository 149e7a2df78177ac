"""Brings the models that hold names up to an erasure at once, whether or not a worker runs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from uuid import UUID

from psycopg import sql

from application.database import Connection, Database
from application.event_store.keys import Keyring
from application.event_store.reading import safe_position
from projections.customers.model import customers
from projections.runner import Runner, configure

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
            versions = self._versions(connection)
            if self._model.version in versions:
                Runner(self._model).run_to(connection, safe_position(connection))
            return self._still_naming(connection, versions, list(customer_ids))
        finally:
            connection.close()

    def _versions(self, connection: Connection) -> list[int]:
        found = connection.execute("SELECT version FROM projection WHERE name = %s", [self._model.name])
        return [version for (version,) in found]

    def _still_naming(self, connection: Connection, versions: Sequence[int], ids: list[UUID]) -> list[str]:
        deadline = time.monotonic() + _WAIT_SECONDS
        pending = [f"{self._model.name}__v{version}" for version in versions]
        while True:
            pending = [table for table in pending if _names(connection, table, ids)]
            if not pending or time.monotonic() >= deadline:
                return pending
            time.sleep(_PAUSE_SECONDS)


def _names(connection: Connection, table: str, ids: list[UUID]) -> bool:
    query = sql.SQL("SELECT FROM {} WHERE customer_id = ANY(%s) AND name IS NOT NULL LIMIT 1")
    return connection.execute(query.format(sql.Identifier(table)), [ids]).rowcount > 0
