"""The window that tells what became of each invoice of a request."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from web.billing import BillingOutcome
from web.failing import Alike
from web.pages.views import ViewsOf

BILLED = "Faturar agora: resultado"
WAIVED = "Não gerar nota: resultado"


def outcome_window(
    request: Request,
    views: ViewsOf,
    outcome: BillingOutcome,
    alike: Alike | None = None,
    title: str = BILLED,
) -> Response:
    """What became of each; the listing behind the window looks again. `alike` may be billed next."""
    return views.render(
        request,
        "invoices/outcome.html",
        headers={"HX-Trigger": "lastro:moved"},
        title=title,
        alike=alike or Alike(),
        **outcome.values(),
    )
