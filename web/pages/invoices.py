"""/faturamento: the listing, its filters in the address, keyset pages, and a count that never holds it up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from domain.user.roles import Permission
from projections.customers import query as customers
from projections.invoice_grid import query as grid
from projections.invoice_grid.rows import GridPage, Key
from projections.shown import customers_within, departments, shown_position
from web.cursors import CursorInvalidError, CursorSigner
from web.elsewhere import elsewhere
from web.identity import ServicesOf, VisitorOf
from web.listing import (
    DATE_KIND_WORDS,
    WITHOUT_DEPARTMENT,
    Asked,
    Listing,
    PageSize,
    Parameters,
    plain_text,
    read,
)
from web.options import Options, chips, customer_words, department_words, options_for
from web.pages.alone import is_alone, opened_window, whole_page
from web.pages.past import past_shown
from web.pages.views import ViewsOf
from web.rows import row_of
from web.scope import filter_of, visible_companies
from web.services import Services
from web.templating import is_partial

router = APIRouter()

_SCOPE = "invoices"
_GRID_ITSELF = "section#grade"
_TYPE_AHEAD = 20
_LOOKED_AT, _MOST_LOOKS = 200, 10


@router.get("/faturamento")
def listing_page(request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf) -> Response:
    """The listing of an address; only its grid where htmx asks for that."""
    visitor.principal.require(Permission.SEE_BILLING)
    asked = read(request.query_params.multi_items(), services.now())
    cursor = Parameters(request.query_params.multi_items()).one("cursor")
    position = shown_position(services.database)
    filter = filter_of(services, asked.listing, visitor.principal)
    key, direction = _opened(services, asked.listing, cursor)
    found = GridPage((), None, None, narrowed=False)
    if not asked.problems:
        size = int(asked.listing.page_size)
        found = grid.page(services.database, filter, size=size, key=key, direction=direction)
    options = options_for(services.database, visitor.principal, asked.listing)
    values = _grid_values(services, asked, found, options, cursor, position) | {
        "rows": [row_of(each, visitor.principal, filter.today, asked.listing.past) for each in found.rows],
        "may_bill": visitor.principal.may(Permission.BILL_NOW),
        "past": past_shown(asked.listing, filter),
        "elsewhere": []
        if found.rows or asked.problems
        else elsewhere(services, visitor.principal, asked.listing),
    }
    status = 422 if asked.problems else 200
    if is_partial(request):
        kept = asked.problems or request.headers.get("HX-Source") == _GRID_ITSELF
        headers = {} if kept else {"HX-Push-Url": values["here"]}
        return views.render(request, "invoices/grid.html", status=status, headers=headers, **values)
    values |= {
        "visitor": visitor,
        "asked": asked,
        "options": options,
        "chosen": options.chosen(asked.listing),
        "window": opened_window(Parameters(request.query_params.multi_items()).one("janela")),
    }
    return views.render(request, "invoices/page.html", status=status, **values)


@router.get("/faturamento/contagem")
def count_fragment(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    exata: Annotated[bool, Query()] = False,
) -> Response:
    """How many rows; `10.000+` until somebody wants it exactly."""
    asked = read(request.query_params.multi_items(), services.now())
    if is_alone(request):
        return whole_page(asked.listing.address())
    filter = filter_of(services, asked.listing, visitor.principal)
    counted = grid.count(services.database, filter, None if exata else grid.COUNTED)
    exact = asked.listing.address("/faturamento/contagem", exata="true")
    return views.render(request, "invoices/count.html", counted=counted, exact=exact)


@router.get("/faturamento/clientes")
def customer_choices(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    busca: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Customers for the filter: those that are chosen, then those that the text finds."""
    visible = visible_companies(visitor.principal)
    listing = read(request.query_params.multi_items(), services.now()).listing
    if is_alone(request):
        return whole_page(listing.address())
    chosen = listing.customers
    text = plain_text(busca)
    found = _found(services, text, visible) if text else []
    known = [customers.customer(services.database, each) for each in chosen]
    shown = [each for each in known if each] + [each for each in found if each.customer_id not in chosen]
    seen = customers_within(services.database, [each.customer_id for each in shown], visible)
    return views.render(
        request,
        "components/picker_options.html",
        name="cliente",
        options=[
            (str(each.customer_id), customer_words(each.name, each.document))
            for each in shown
            if each.customer_id in seen
        ],
        chosen=[str(each) for each in chosen],
        empty="Nenhum cliente encontrado." if text else "Digite para buscar.",
    )


def _found(services: Services, text: str, visible: tuple[UUID, ...] | None) -> list[customers.Customer]:
    """The first of the customers that one deals with, though those of other companies stand before them."""
    found: list[customers.Customer] = []
    key: customers.Key | None = None
    for _ in range(_MOST_LOOKS):
        page = customers.customers(services.database, text, size=_LOOKED_AT, key=key)
        seen = customers_within(services.database, [each.customer_id for each in page], visible)
        found += [each for each in page if each.customer_id in seen]
        if len(found) >= _TYPE_AHEAD or len(page) < _LOOKED_AT:
            break
        key = customers.key_of(page[-1])
    return found[:_TYPE_AHEAD]


@router.get("/faturamento/departamentos")
def department_choices(
    request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf
) -> Response:
    """The departments of one's companies, looked for when somebody opens the choice."""
    listing = read(request.query_params.multi_items(), services.now()).listing
    if is_alone(request):
        return whole_page(listing.address())
    chosen = listing.departments
    known = departments(services.database, visible_companies(visitor.principal))
    names = [WITHOUT_DEPARTMENT, *known, *(each for each in chosen if each not in known)]
    return views.render(
        request,
        "components/picker_options.html",
        name="departamento",
        options=[(name, department_words(name)) for name in dict.fromkeys(names)],
        chosen=list(chosen),
    )


def _grid_values(
    services: Services, asked: Asked, found: GridPage, options: Options, cursor: str, position: int
) -> dict[str, Any]:
    listing = asked.listing
    signer = CursorSigner(services.signing_key)
    here = listing.address(cursor=cursor) if cursor else listing.address()
    return {
        "listing": listing,
        "problems": list(asked.problems.values()),
        "notice": _narrowed() if found.narrowed else "",
        "chips": chips(listing, options),
        "date_words": DATE_KIND_WORDS[listing.date_kind],
        "here": here,
        "position": position,
        "count_address": listing.address("/faturamento/contagem", mostrado=str(position)),
        "without_size": replace(listing, page_size=PageSize.SMALL).address(),
        "previous": _page_address(signer, listing, found.before, "before"),
        "next": _page_address(signer, listing, found.after, "after"),
    }


def _narrowed() -> str:
    return "A pesquisa encontra mais de 2.000 clientes; a lista mostra só parte deles. Refine o texto."


def _page_address(signer: CursorSigner, listing: Listing, key: Key | None, direction: str) -> str:
    if key is None:
        return ""
    return listing.address(cursor=signer.seal(_scope(listing), [direction, key[0].isoformat(), str(key[1])]))


def _opened(services: Services, listing: Listing, cursor: str) -> tuple[Key | None, Any]:
    if not cursor:
        return None, "after"
    direction, day, invoice_id = CursorSigner(services.signing_key).open(_scope(listing), cursor)
    if direction not in ("after", "before"):
        raise CursorInvalidError
    return (date.fromisoformat(day), UUID(invoice_id)), direction


def _scope(listing: Listing) -> str:
    return f"{_SCOPE}:{listing.date_kind.value}"
