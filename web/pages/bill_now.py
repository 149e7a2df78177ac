"""*Faturar agora* for one row and for many: first count and sum, then an outcome for each (F90-F93)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from web.billing import bill_now, confirmation, parse_ids
from web.identity import ServicesOf, VisitorOf
from web.pages.outcome import outcome_window
from web.pages.views import ViewsOf

router = APIRouter(prefix="/faturamento/faturar-agora")

Ids = Annotated[str, Form(description="Invoice ids, with spaces between")]


@router.post("/confirmar")
def confirm(
    request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf, ids: Ids = ""
) -> Response:
    """Says what would happen; changes nothing."""
    asked = confirmation(services, visitor.principal, parse_ids(ids))
    return views.render(
        request,
        "invoices/confirm.html",
        billable=asked.billable,
        excluded=asked.excluded,
        total=asked.total,
        ids=asked.ids,
    )


@router.post("")
def bill(
    request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf, ids: Ids = ""
) -> Response:
    """Bill what was confirmed."""
    return outcome_window(request, views, bill_now(services, visitor.principal, parse_ids(ids)))
