"""What is done to a webhook: each act asks first and says what it came to."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import Response

from application.access import Principal
from application.webhooks.endpoints import WebhookHeadMovedError, WebhookReplayAheadError
from domain.values.text import TextInvalidError
from web.identity import ServicesOf, Visitor, VisitorOf
from web.pages.alone import is_alone, whole_page
from web.pages.views import ViewsOf
from web.services import Services
from web.templating import Views
from web.webhook_rows import PATH, log_end
from web.wording import refusals
from web.wording import webhooks as words

router = APIRouter(prefix=PATH + "/{endpoint_id}/acoes")

Act = Annotated[str, Path(pattern="^(pausar|retomar|trocar-segredo|reenviar|pular)$")]
_MOST_POSITION = 10**15


@router.get("/{act}")
def confirm(
    request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf, endpoint_id: UUID, act: Act
) -> Response:
    """What a click would do, before it does it."""
    services.webhooks.endpoint(visitor.principal, endpoint_id)
    if is_alone(request):
        return whole_page(f"{PATH}/{endpoint_id}")
    return _window(request, services, visitor, views, endpoint_id, act)


@router.post("/{act}")
def do(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    endpoint_id: UUID,
    act: Act,
    motivo: Annotated[str, Form(max_length=1_000)] = "",
    posicao: Annotated[str, Form(max_length=18)] = "",
    horas: Annotated[int, Form(ge=0, le=720)] = 24,
) -> Response:
    """Do it, and say what it came to; what cannot be is said in the window."""
    typed = {"motivo": motivo, "posicao": posicao, "horas": str(horas)}
    try:
        secret = _done(services, visitor.principal, endpoint_id, act, typed)
    except (TextInvalidError, ValueError):
        problem = "Diga por quê." if act in (words.PAUSE, words.SKIP) else "Digite a posição em algarismos."
    except (WebhookHeadMovedError, WebhookReplayAheadError) as refusal:
        problem = refusals.text(refusal.code, refusal)
    else:
        return views.render(
            request,
            "webhooks/done.html",
            headers={"HX-Trigger": "lastro:webhook"},
            title=words.ACTS[act][0],
            said=words.DONE.get(act, ""),
            secret=secret,
        )
    return _window(request, services, visitor, views, endpoint_id, act, typed, problem)


def _done(
    services: Services, principal: Principal, endpoint_id: UUID, act: str, typed: dict[str, str]
) -> str:
    """The new secret, where there is one. Raises ValueError for a position that is none."""
    webhooks = services.webhooks
    match act:
        case words.PAUSE:
            webhooks.disable(principal, endpoint_id, typed["motivo"])
        case words.RESUME:
            webhooks.enable(principal, endpoint_id)
        case words.ROTATE:
            return webhooks.rotate_secret(principal, endpoint_id, int(typed["horas"])).secret
        case words.REPLAY:
            webhooks.replay(principal, endpoint_id, _position(typed["posicao"]))
        case _:
            webhooks.skip(principal, endpoint_id, _position(typed["posicao"]), typed["motivo"])
    return ""


def _position(text: str) -> int:
    plain = text.strip().replace(".", "")
    if not (plain.isascii() and plain.isdigit() and int(plain) < _MOST_POSITION):
        raise ValueError(text)
    return int(plain)


def _window(
    request: Request,
    services: Services,
    visitor: Visitor,
    views: Views,
    endpoint_id: UUID,
    act: str,
    typed: dict[str, str] | None = None,
    problem: str = "",
) -> Response:
    endpoint = services.webhooks.endpoint(visitor.principal, endpoint_id)
    title, meaning, button = words.ACTS[act]
    head = endpoint.place.head_position
    values: dict[str, Any] = {
        "act": act,
        "title": title,
        "meaning": meaning,
        "button": button,
        "name": endpoint.webhook.name,
        "address": f"{PATH}/{endpoint_id}/acoes/{act}",
        "typed": typed or {"motivo": "", "posicao": "" if act == words.REPLAY or head is None else str(head)},
        "problem": problem,
        "position": endpoint.place.position,
        "head": head,
        "waits": "" if endpoint.place.head_type is None else words.message_words(endpoint.place.head_type),
        "end": log_end(services),
        "overlaps": words.OVERLAPS,
    }
    return views.render(request, "webhooks/act.html", status=422 if problem else 200, **values)
