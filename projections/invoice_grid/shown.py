"""The listing as the check of completeness holds it against the facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from application.database import Database
from application.ports import ReadModelBehindError, ShownInvoice
from projections.progress import wait_for


class ShownInvoicesQuery:
    """The port `ShownInvoices`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """See the port."""
        if not wait_for(self._database, position, timeout_seconds, ["invoice_grid"]):
            raise ReadModelBehindError(f"invoice_grid is not at position {position} yet")

    def shown(self, invoice_ids: Sequence[UUID]) -> Mapping[UUID, ShownInvoice]:
        """See the port."""
        with self._database.connection() as connection:
            rows = connection.execute(
                "SELECT invoice_id, situacao, version FROM invoice_grid WHERE invoice_id = ANY(%s)",
                [list(invoice_ids)],
            )
            return {id: ShownInvoice(situacao, version) for id, situacao, version in rows}
