"""The invoice that a window is about, for who may see it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from application.access import Principal
from application.app import NotFoundError
from domain.user.roles import Permission
from projections.as_of import AsOf
from projections.invoice_grid import query as grid
from projections.invoice_grid.rows import GridRow
from projections.stale import behind_with
from web import formats
from web.past import Past
from web.rows import customer_of, parked_address
from web.services import Services
from web.wording.stale import explanation


def row_seen(
    services: Services, principal: Principal, invoice_id: UUID, as_of: AsOf | None = None
) -> GridRow:
    """The row, if it is of a company that the principal sees; else as if it did not exist."""
    row = grid.invoice(services.database, invoice_id, as_of)
    if row is None:
        raise NotFoundError(id=invoice_id)
    principal.require(Permission.SEE_BILLING, row.company_id)
    return row


def stale_of(services: Services, principal: Principal, row: GridRow, *models: str) -> dict[str, Any]:
    """For a window's template: what may be missing from it, and where an operator sees why.

    `models` are those that the window reads of this invoice beside its row.
    """
    found = [*row.parked, *behind_with(services.database, row.invoice_id, models)]
    return {
        "stale": explanation(found) if found else "",
        "stale_address": parked_address(principal, row.invoice_id) if found else "",
    }


def subject(row: GridRow, past: Past | None = None) -> str:
    """What the window is about."""
    about = f"{customer_of(row).name} · vencimento {formats.day(row.due_on)} · {formats.money(row.amount)}"
    return about if past is None else f"{about} · posição de {past.happened_words}"
