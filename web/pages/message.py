"""One message that was set aside: why, what it says on the record, corrected, applied, discarded."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from application.incoming.desk import OpenedMessage
from domain.kernel import DomainError
from domain.user.roles import Permission
from web.audit_reading import people_of
from web.identity import ServicesOf, Visitor, VisitorOf
from web.message_rows import message_row
from web.pages.alone import is_alone, whole_page
from web.pages.messages import PATH, REFRESH
from web.pages.views import ViewsOf
from web.services import Services
from web.templating import Views
from web.wording import message_problems, refusals
from web.wording import messages as words

router = APIRouter(prefix=PATH)
_log = structlog.get_logger(__name__)

Reason = Annotated[str, Form(max_length=400)]


@router.get("/{id}")
def message(request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf, id: UUID) -> Response:
    """The message, what may be personal hidden."""
    if is_alone(request):
        return whole_page(PATH)
    opened = services.messages.open(visitor.principal, id)
    return _window(request, services, visitor, views, opened)


@router.post("/{id}/conteudo")
def content(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    id: UUID,
    motivo: Reason = "",
) -> Response:
    """All that it says; that this person read it is a fact by now."""
    try:
        opened = services.messages.show(visitor.principal, id, "page", motivo)
    except DomainError as refusal:
        return _refused(request, services, visitor, views, id, refusal)
    return _window(request, services, visitor, views, opened, typed=_typed(opened))


@router.post("/{id}/corrigir")
def correct(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    id: UUID,
    texto: Annotated[str, Form(max_length=900_000)] = "",
    motivo: Reason = "",
) -> Response:
    """Put another value in its place; what is wrong with it is told beside it."""
    visitor.principal.require_everywhere(Permission.READ_PERSONAL)
    try:
        services.messages.correct(visitor.principal, id, texto.encode(), motivo)
    except DomainError as refusal:
        # What the person typed is theirs, and what they read was recorded: nothing more is shown.
        opened = services.messages.open(visitor.principal, id)
        typed = {"texto": texto, "motivo": motivo, "problem": _problem(refusal)}
        return _window(request, services, visitor, views, opened, typed=typed)
    _log.info("message corrected", actor=visitor.principal.actor, id=str(id))
    return _confirm_replay(request, services, visitor, views, id, corrected=True)


@router.get("/{id}/reaplicar")
def confirm_replay(
    request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf, id: UUID
) -> Response:
    """What applying it means."""
    if is_alone(request):
        return whole_page(PATH)
    return _confirm_replay(request, services, visitor, views, id, corrected=False)


@router.post("/{id}/reaplicar")
def replay(request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf, id: UUID) -> Response:
    """Apply it as its consumer would."""
    try:
        reason = services.messages.replay(visitor.principal, id)
    except DomainError as refusal:
        return _refused(request, services, visitor, views, id, refusal)
    _log.info("message replayed", actor=visitor.principal.actor, id=str(id), applied=reason is None)
    said = "A mensagem foi aplicada."
    if reason is not None:
        said = f"Continua separada. {words.why(reason.kind, reason.code, reason.details)}"
    return _done(request, views, "Reaplicar", said, done=reason is None)


@router.get("/{id}/descartar")
def confirm_discard(
    request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf, id: UUID
) -> Response:
    """What discarding it means, and why it is done."""
    if is_alone(request):
        return whole_page(PATH)
    row = message_row(services.messages.open(visitor.principal, id).letter)
    return views.render(request, "messages/discard.html", row=row, motivo="", problem="")


@router.post("/{id}/descartar")
def discard(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    id: UUID,
    motivo: Reason = "",
) -> Response:
    """Settle it without effect."""
    try:
        services.messages.discard(visitor.principal, id, motivo)
    except DomainError as refusal:
        row = message_row(services.messages.open(visitor.principal, id).letter)
        return views.render(
            request, "messages/discard.html", row=row, motivo=motivo, problem=_problem(refusal)
        )
    _log.info("message discarded", actor=visitor.principal.actor, id=str(id))
    return _done(request, views, "Descartar", "A mensagem foi descartada.", done=True)


def _window(
    request: Request,
    services: Services,
    visitor: Visitor,
    views: Views,
    opened: OpenedMessage,
    *,
    typed: dict[str, str] | None = None,
    problem: str = "",
) -> Response:
    letter, principal = opened.letter, visitor.principal
    actors = [each.corrected_by for each in opened.corrections]
    if letter.settled_by:
        actors.append(letter.settled_by)
    return views.render(
        request,
        "messages/message.html",
        opened=opened,
        letter=letter,
        row=message_row(letter),
        who=people_of(services, actors),
        may_read=principal.companies(Permission.READ_PERSONAL) is None
        and principal.may(Permission.READ_PERSONAL),
        typed=typed,
        problem=problem,
    )


def _typed(opened: OpenedMessage) -> dict[str, str] | None:
    """What the form of a correction begins with."""
    content = opened.content
    if content is None or opened.letter.state != "open":
        return None
    return {"texto": content.value if content.is_text else "", "motivo": "", "problem": ""}


def _confirm_replay(
    request: Request, services: Services, visitor: Visitor, views: Views, id: UUID, *, corrected: bool
) -> Response:
    opened = services.messages.open(visitor.principal, id)
    row = message_row(opened.letter)
    headers = REFRESH if corrected else None
    return views.render(request, "messages/replay.html", headers=headers, row=row, corrected=corrected)


def _refused(
    request: Request, services: Services, visitor: Visitor, views: Views, id: UUID, refusal: DomainError
) -> Response:
    opened = services.messages.open(visitor.principal, id)
    return _window(request, services, visitor, views, opened, problem=_problem(refusal))


def _problem(refusal: DomainError) -> str:
    said = refusals.text(refusal.code, refusal)
    found = message_problems.together(refusal.details)
    return f"{said} {found}." if found else said


def _done(request: Request, views: Views, title: str, said: str, *, done: bool) -> Response:
    return views.render(
        request, "messages/done.html", headers=REFRESH, title=title, said=said, done=done, more=""
    )
