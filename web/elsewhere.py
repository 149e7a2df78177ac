"""A boleto that was looked for and is not on the list: it exists, and the filter leaves it out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from application.access import Principal
from domain.boleto.typed import typed_boleto
from projections.invoice_grid import query as grid
from web.listing import Listing, SearchKind
from web.scope import grid_filter
from web.services import Services

_FROM, _UNTIL = date(1990, 1, 1), date(2199, 12, 31)
_TOLD = 3


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An invoice with this number, and the list on which it stands."""

    due_on: date
    address: str


def elsewhere(services: Services, principal: Principal, listing: Listing) -> list[Elsewhere]:
    """The invoices whose boleto is meant by what was typed, whatever their day; only the first few."""
    kinds = (SearchKind.STANDARD, SearchKind.BOLETO)
    if listing.past or listing.search_kind not in kinds or typed_boleto(listing.search) is None:
        return []
    wider = Listing(start=_FROM, end=_UNTIL, search_kind=SearchKind.BOLETO, search=listing.search)
    filter = grid_filter(wider, principal, services.today())
    days = dict.fromkeys(row.due_on for row in grid.page(services.database, filter, size=_TOLD).rows)
    return [Elsewhere(day, replace(wider, start=day, end=day).address()) for day in days]
