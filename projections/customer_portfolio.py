"""Which contracts, invoices and receipts are a customer's: what is looked at before one is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from application.database import Database
from application.ports import ReadModelBehindError
from projections.progress import wait_for

_MODELS = ("contracts", "invoice_grid", "settlements")


class CustomerPortfolioQuery:
    """The port `CustomerPortfolio`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """See the port."""
        if not wait_for(self._database, position, timeout_seconds, _MODELS):
            raise ReadModelBehindError(f"contracts, invoices or receipts are not at position {position} yet")
        with self._database.connection() as connection:
            parked = connection.execute(
                "SELECT FROM projection_parked JOIN projection"
                " ON name = projection AND version = projection_version"
                " WHERE live AND name = ANY(%s) LIMIT 1",
                [list(_MODELS)],
            ).rowcount
        if parked:
            # One of them may be this customer's, and be missing.
            raise ReadModelBehindError("contracts, invoices or receipts have parked streams")

    def contracts_of(self, customer_id: UUID) -> Sequence[UUID]:
        """See the port."""
        with self._database.connection() as connection:
            found = connection.execute(
                "SELECT contract_id FROM contracts WHERE customer_id = %s ORDER BY 1", [customer_id]
            )
            return [id for (id,) in found]

    def invoices_of(self, customer_id: UUID) -> Sequence[UUID]:
        """See the port."""
        with self._database.connection() as connection:
            found = connection.execute(
                "SELECT invoice_id FROM invoice_grid WHERE customer_id = %s ORDER BY 1", [customer_id]
            )
            return [id for (id,) in found]

    def receipts_of(self, customer_id: UUID) -> Sequence[UUID]:
        """See the port."""
        with self._database.connection() as connection:
            found = connection.execute(
                "SELECT settlement_id FROM settlements WHERE customer_id = %s ORDER BY 1", [customer_id]
            )
            return [id for (id,) in found]

    def waiting_receipts(self) -> Sequence[UUID]:
        """See the port."""
        with self._database.connection() as connection:
            found = connection.execute(
                "SELECT settlement_id FROM settlements WHERE state = 'unidentified' ORDER BY 1"
            )
            return [id for (id,) in found]
