"""Finds the invoices that fail for the same reason as one that a person is correcting."""

from __future__ import annotations

from uuid import UUID

from application.database import Database
from projections.invoice_grid.rows import GridRow
from projections.reading import reading

_ALIKE = """
SELECT invoice_id FROM invoice_attention JOIN invoice_grid USING (invoice_id)
WHERE company_id = %s AND situacao = 'error' AND error_document = %s AND error_service_id = %s
    AND invoice_id <> %s
ORDER BY due_on, invoice_id LIMIT %s
"""


def failing_alike(database: Database, row: GridRow, most: int) -> list[UUID]:
    """Other invoices of the row's company whose same document fails over the same service, by due date."""
    values = (row.company_id, row.error_document, row.error_service_id, row.invoice_id, most)
    with reading(database) as connection:
        return [found for (found,) in connection.execute(_ALIKE, values)]
