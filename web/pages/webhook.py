"""/integracoes/webhooks/{id}: one destination, how it stands, and every attempt to deliver to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from application.webhooks.deliveries import DeliveryFilter, Outcome, deliveries, ping_of
from web.cursors import CursorSigner
from web.identity import ServicesOf, VisitorOf
from web.pages.alone import is_alone, whole_page
from web.pages.views import ViewsOf
from web.services import Services
from web.templating import is_partial
from web.webhook_rows import PATH, company_choices, delivery_row, log_end, row_of
from web.wording import webhooks as words

router = APIRouter(prefix=PATH + "/{endpoint_id}")

_ROWS = 50
_SCOPE = "webhook deliveries"
_PATIENCE = timedelta(seconds=25)
_RESULTS: dict[str, Outcome] = {"entregues": "delivered", "falhas": "failed", "puladas": "skipped"}
RESULT_CHOICES = (("", "Todas"), ("entregues", "Entregues"), ("falhas", "Falhas"), ("puladas", "Puladas"))

Result = Annotated[Literal["", "entregues", "falhas", "puladas"], Query()]
Position = Annotated[str, Query(max_length=18, pattern=r"^\s*\d*\s*$")]
Cursor = Annotated[str, Query()]


@router.get("")
def webhook_page(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    endpoint_id: UUID,
    resultado: Result = "",
    posicao: Position = "",
    cursor: Cursor = "",
) -> Response:
    """The endpoint and a page of its deliveries."""
    endpoint = services.webhooks.endpoint(visitor.principal, endpoint_id)
    names, end = dict(company_choices(services, visitor.principal)), log_end(services)
    values: dict[str, Any] = {
        "row": row_of(endpoint, names, end, services.webhooks.offer),
        "end": end,
        "secrets": services.webhooks.secrets_of(visitor.principal, endpoint_id),
        "results": RESULT_CHOICES,
        "chosen": resultado,
        "position": posicao.strip(),
        "acts": words.ACTS,
        **_page(services, endpoint_id, resultado, posicao.strip(), cursor),
    }
    if is_partial(request):
        return views.render(request, "webhooks/standing.html", **values)
    return views.render(request, "webhooks/webhook.html", visitor=visitor, **values)


@router.post("/testar")
def ask_ping(
    request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf, endpoint_id: UUID
) -> Response:
    """Have the worker send a message of no meaning; what it comes to is shown when it is known."""
    ping_id = services.webhooks.ping(visitor.principal, endpoint_id)
    return views.render(
        request,
        "webhooks/ping.html",
        address=f"{PATH}/{endpoint_id}/testes/{ping_id}",
        state="waiting",
        said="",
    )


@router.post("/tentar")
def try_now(services: ServicesOf, visitor: VisitorOf, endpoint_id: UUID) -> Response:
    """Have the worker send what fails at once. The page follows what comes of it."""
    services.webhooks.try_now(visitor.principal, endpoint_id)
    return Response(status_code=204, headers={"HX-Trigger": "lastro:webhook"})


@router.get("/testes/{ping_id}")
def ping_outcome(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    endpoint_id: UUID,
    ping_id: UUID,
) -> Response:
    """What became of a test."""
    services.webhooks.endpoint(visitor.principal, endpoint_id)
    if is_alone(request):
        return whole_page(f"{PATH}/{endpoint_id}")
    found = ping_of(services.database, endpoint_id, ping_id)
    state, said = "waiting", ""
    if found is not None:
        state, said = found.outcome, words.answered(found)
    elif _asked_at(ping_id) < services.now() - _PATIENCE:
        state, said = "late", "Ninguém enviou o teste ainda. O processo `lastro worker` está rodando?"
    headers = {} if state == "waiting" else {"HX-Trigger": "lastro:webhook"}
    address = f"{PATH}/{endpoint_id}/testes/{ping_id}"
    return views.render(
        request, "webhooks/ping.html", headers=headers, address=address, state=state, said=said
    )


def _asked_at(ping_id: UUID) -> datetime:
    """The instant in an id of version 7."""
    return datetime.fromtimestamp((ping_id.int >> 80) / 1_000, UTC)


def _page(services: Services, endpoint_id: UUID, result: str, position: str, cursor: str) -> dict[str, Any]:
    wanted = DeliveryFilter(outcome=_RESULTS.get(result), position=int(position) if position else None)
    signer = CursorSigner(services.signing_key)
    before = after = None
    if cursor:
        way, id = signer.open(f"{_SCOPE} {endpoint_id}", cursor)
        before, after = (UUID(id), None) if way == "before" else (None, UUID(id))
    found = deliveries(services.database, endpoint_id, wanted, _ROWS + 1, before=before, after=after)
    more = len(found) > _ROWS
    shown = (found[-_ROWS:] if after else found[:_ROWS]) if more else found

    def address(way: str = "", id: UUID | None = None) -> str:
        token = signer.seal(f"{_SCOPE} {endpoint_id}", [way, str(id)]) if id else ""
        pairs = (("resultado", result), ("posicao", position), ("cursor", token))
        query = urlencode([(name, value) for name, value in pairs if value])
        return f"{PATH}/{endpoint_id}" + (f"?{query}" if query else "")

    older = shown and (more or after)
    newer = shown and (before or (after and more))
    return {
        "deliveries": [delivery_row(each) for each in shown],
        "here": address("before" if before else "after", before or after) if cursor else address(),
        "first": address() if cursor else "",
        "older": address("before", shown[-1].delivery_id) if older else "",
        "newer": address("after", shown[0].delivery_id) if newer else "",
        "following": not cursor,
    }
