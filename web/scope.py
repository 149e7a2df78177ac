"""From what a person asked to see to the one filter of the read model, never beyond what they may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from uuid import UUID

from application.access import Principal
from application.clock import sao_paulo_date
from domain.user.roles import Permission
from projections.invoice_grid.filter import DateType, GridFilter, SearchType
from web.listing import WITHOUT_DEPARTMENT, DateKind, Listing, SearchKind
from web.past import as_of_past
from web.services import Services

DATE_TYPES = {
    DateKind.DUE: DateType.DUE,
    DateKind.BILLED: DateType.BILLED,
    DateKind.SENT: DateType.SENT,
    DateKind.CREATED: DateType.CREATED,
}
SEARCH_TYPES = {
    SearchKind.STANDARD: SearchType.STANDARD,
    SearchKind.CUSTOMER: SearchType.CUSTOMER,
    SearchKind.DOCUMENT: SearchType.DOCUMENT,
    SearchKind.BOLETO: SearchType.BOLETO,
    SearchKind.NOTES: SearchType.NOTES,
}


def visible_companies(principal: Principal, chosen: Iterable[UUID] = ()) -> tuple[UUID, ...] | None:
    """The chosen companies that the principal sees, or all that it sees; None means every company."""
    principal.require(Permission.SEE_BILLING)
    allowed = principal.companies(Permission.SEE_BILLING)
    asked = tuple(chosen)
    if allowed is None:
        return asked or None
    return tuple(sorted(allowed.intersection(asked) if asked else allowed))


def filter_of(services: Services, listing: Listing, principal: Principal) -> GridFilter:
    """What list, count, facets and selection are built from; what is late is judged on the day shown.

    Raises ReadModelBehindError when a position of the past cannot be shown yet.
    """
    if listing.past is None:
        return grid_filter(listing, principal, services.today())
    found = grid_filter(listing, principal, sao_paulo_date(listing.past.happened))
    return replace(found, as_of=as_of_past(services, listing.past))


def grid_filter(listing: Listing, principal: Principal, today: date) -> GridFilter:
    """The filter on the listing of today."""
    return GridFilter(
        start=listing.start,
        end=listing.end,
        today=today,
        companies=visible_companies(principal, listing.companies),
        date_type=DATE_TYPES[listing.date_kind],
        customers=listing.customers,
        accounts=listing.accounts,
        kinds=tuple(kind.value for kind in listing.kinds),
        situacoes=listing.situacoes,
        instalment_statuses=listing.instalments,
        value_types=listing.value_types,
        departments=tuple(None if name == WITHOUT_DEPARTMENT else name for name in listing.departments),
        search_type=SEARCH_TYPES[listing.search_kind],
        search=listing.search,
    )
