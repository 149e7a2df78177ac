"""The invoice that a window is about, for who may see it."""

from __future__ import annotations

from uuid import UUID

from application.access import Principal
from application.app import NotFoundError
from domain.user.roles import Permission
from projections.invoice_grid import query as grid
from projections.invoice_grid.rows import GridRow
from web import formats
from web.rows import customer_of
from web.services import Services


def row_seen(services: Services, principal: Principal, invoice_id: UUID) -> GridRow:
    """The row, if it is of a company that the principal sees; else as if it did not exist."""
    row = grid.invoice(services.database, invoice_id)
    if row is None:
        raise NotFoundError(id=invoice_id)
    principal.require(Permission.SEE_BILLING, row.company_id)
    return row


def subject(row: GridRow) -> str:
    """What the window is about."""
    return f"{customer_of(row).name} · vencimento {formats.day(row.due_on)} · {formats.money(row.amount)}"
