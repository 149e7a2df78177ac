"""/integracoes/webhooks: where messages are sent, and how each destination stands; registered and changed."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from application.app import ConcurrencyError
from application.ids import new_id
from application.webhooks.endpoints import Endpoint
from domain.user.roles import Permission
from web.identity import ServicesOf, Visitor, VisitorOf
from web.pages.views import ViewsOf
from web.services import Services
from web.templating import Views, is_partial
from web.webhook_form import ALL, SOME, Typed, TypedOf, checked, topic_choices
from web.webhook_rows import PATH, company_choices, log_end, row_of

router = APIRouter(prefix=PATH)


@router.get("")
def webhooks_page(request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf) -> Response:
    """Every endpoint that the person keeps, by name."""
    kept = services.webhooks.endpoints(visitor.principal)
    names, end = dict(company_choices(services, visitor.principal)), log_end(services)
    rows = [row_of(each, names, end, services.webhooks.offer) for each in kept]
    if is_partial(request):
        return views.render(request, "webhooks/list.html", rows=rows)
    return views.render(request, "webhooks/page.html", visitor=visitor, rows=rows)


@router.get("/novo")
def new_webhook(request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf) -> Response:
    """An empty form."""
    visitor.principal.require(Permission.KEEP_WEBHOOKS)
    everywhere = visitor.principal.companies(Permission.KEEP_WEBHOOKS) is None
    typed = Typed(reach=ALL if everywhere else SOME)
    return _form_page(request, services, visitor, views, typed, key=new_id())


@router.post("")
def register(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    typed: TypedOf,
    chave: Annotated[UUID, Form()],
) -> Response:
    """Register it and show its secret, this once; sent twice it is registered once."""
    visitor.principal.require(Permission.KEEP_WEBHOOKS)
    allowed = dict(company_choices(services, visitor.principal))
    typed = checked(typed, services.webhooks, allowed, visitor.principal)
    if typed.problems:
        return _form_page(request, services, visitor, views, typed, key=chave)
    try:
        made = services.webhooks.register(
            visitor.principal,
            typed.form(services.webhooks.offer),
            from_position=typed.from_position,
            endpoint_id=chave,
        )
    except ConcurrencyError:
        return RedirectResponse(f"{PATH}/{chave}", 303)
    return views.render(
        request,
        "webhooks/registered.html",
        visitor=visitor,
        name=typed.name,
        endpoint_id=made.endpoint_id,
        secret=made.secret,
    )


@router.get("/{endpoint_id}/alterar")
def edit_webhook(
    request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf, endpoint_id: UUID
) -> Response:
    """The form as the endpoint stands."""
    endpoint = services.webhooks.endpoint(visitor.principal, endpoint_id)
    return _form_page(request, services, visitor, views, Typed.of(endpoint.webhook), endpoint)


@router.post("/{endpoint_id}/alterar")
def revise(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    typed: TypedOf,
    endpoint_id: UUID,
) -> Response:
    """Change it, from the next message on."""
    endpoint = services.webhooks.endpoint(visitor.principal, endpoint_id)
    allowed = dict(company_choices(services, visitor.principal))
    typed = checked(typed, services.webhooks, allowed, visitor.principal)
    if typed.problems:
        return _form_page(request, services, visitor, views, typed, endpoint)
    services.webhooks.revise(visitor.principal, endpoint_id, typed.form(services.webhooks.offer))
    return RedirectResponse(f"{PATH}/{endpoint_id}", 303)


def _form_page(
    request: Request,
    services: Services,
    visitor: Visitor,
    views: Views,
    typed: Typed,
    endpoint: Endpoint | None = None,
    *,
    key: UUID | None = None,
) -> Response:
    """The form, with what is wrong beside each field."""
    return views.render(
        request,
        "webhooks/form.html",
        status=422 if typed.problems else 200,
        visitor=visitor,
        typed=typed,
        key=key,
        endpoint=None if endpoint is None else endpoint.webhook,
        address=PATH if endpoint is None else f"{PATH}/{endpoint.webhook.id}/alterar",
        everywhere=visitor.principal.companies(Permission.KEEP_WEBHOOKS) is None,
        companies=company_choices(services, visitor.principal),
        topics=topic_choices(services.webhooks.offer, visitor.principal),
    )
