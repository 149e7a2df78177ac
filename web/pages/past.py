"""What pages need at a position of the past: the one that is asked for, its banner, the invoice as it was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from application.access import Principal
from domain.invoice.events import InvoiceEvent
from domain.invoice.invoice import Invoice, project
from projections.as_of import AsOf
from projections.invoice_grid.filter import GridFilter
from projections.invoice_history.query import history
from web.identity import ServicesOf
from web.listing import Listing
from web.past import Past, as_of_past, past_of
from web.services import Services


@dataclass(frozen=True, slots=True)
class Position:
    """The past that a window is about, in both its forms; without them it is about today."""

    past: Past | None = None
    as_of: AsOf | None = None


def _position(request: Request, services: ServicesOf) -> Position:
    past = past_of(request.query_params, services.now())
    return Position() if past is None else Position(past, as_of_past(services, past))


PositionOf = Annotated[Position, Depends(_position)]
"""What the address of a window says."""


@dataclass(frozen=True, slots=True)
class PastShown:
    """The banner over the listing. `nothing_known`: the installation had not recorded a fact by then."""

    happened: str
    known: str
    as_shown: bool
    nothing_known: bool
    other: str
    today: str


def past_shown(listing: Listing, filter: GridFilter) -> PastShown | None:
    """The banner of a listing, None over today's."""
    past = listing.past
    if past is None:
        return None
    as_shown = past.known == past.happened
    other = past.with_all_known() if as_shown else past.as_it_was_shown()
    return PastShown(
        happened=past.happened_words,
        known=past.known_words,
        as_shown=as_shown,
        nothing_known=filter.as_of is not None and filter.as_of.known == 0,
        other=replace(listing, past=other).address(),
        today=replace(listing, past=None).address(),
    )


def invoice_at(services: Services, principal: Principal, invoice_id: UUID, as_of: AsOf | None) -> Invoice:
    """The invoice, of the past from the facts that its history shows there. Raises NotFoundError."""
    if as_of is None:
        return services.invoices.load(principal, invoice_id)
    there = {fact.version for fact in history(services.database, invoice_id, as_of)}

    def folded(state: Invoice | None, events: Iterable[InvoiceEvent]) -> Invoice | None:
        return project(state, (event for event in events if event.originator_version in there))

    return services.lastro.load_many(folded, [invoice_id])[invoice_id]
