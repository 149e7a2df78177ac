"""/operacao/mensagens: how far incoming topics are read, what is paused, what was set aside."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

import structlog
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from application.app import ConcurrencyError
from application.incoming.desk import MessageCursor, MessageFilter
from domain.kernel import DomainError
from domain.user.roles import Permission
from web import formats
from web.cursors import CursorSigner
from web.identity import ServicesOf, Visitor, VisitorOf
from web.message_rows import message_rows, topic_rows
from web.pages.alone import is_alone, whole_page
from web.pages.views import ViewsOf
from web.services import Services
from web.templating import is_partial
from web.wording import messages as words

PATH = "/operacao/mensagens"
REFRESH = {"HX-Trigger": "lastro:messages"}
_PAGE = 50
_SCOPE = "messages"
_MOST_REPLAYED = 200
_LONGEST_SECONDS = 8.0

router = APIRouter(prefix=PATH)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MessageListing:
    """What the page's address asks for."""

    state: Literal["open", "applied", "discarded", "all"] = "open"
    topic: str = ""
    code: str = ""
    text: str = ""

    @property
    def filter(self) -> MessageFilter:
        """As the desk is asked."""
        state = None if self.state == "all" else self.state
        return MessageFilter(self.topic or None, state, None, self.code or None, self.text)

    @property
    def narrowed(self) -> bool:
        """Whether it leaves out any that wait."""
        return bool(self.topic or self.code or self.text) or self.state != "open"

    def address(self, **more: str) -> str:
        """The page's own."""
        asked = {"estado": self.state if self.state != "open" else "", "topico": self.topic}
        asked |= {"codigo": self.code, "q": self.text, **more}
        said = urlencode({name: value for name, value in asked.items() if value})
        return f"{PATH}?{said}" if said else PATH


@router.get("")
def messages_page(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    estado: Annotated[Literal["open", "applied", "discarded", "all"], Query()] = "open",
    topico: Annotated[str, Query(max_length=100)] = "",
    codigo: Annotated[str, Query(max_length=100)] = "",
    q: Annotated[str, Query(max_length=130)] = "",
    pagina: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """The page, or its list alone."""
    asked = MessageListing(estado, topico, codigo, q.strip())
    values = _listed(services, visitor, asked, pagina)
    if is_partial(request):
        return views.render(request, "messages/list.html", **values)
    values |= _positions(services, visitor)
    return views.render(request, "messages/page.html", visitor=visitor, **values)


@router.get("/posicoes")
def positions_part(request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf) -> Response:
    """How far topics are read, looked at again."""
    if is_alone(request):
        return whole_page(PATH)
    return views.render(request, "messages/positions.html", **_positions(services, visitor))


@router.get("/reaplicar")
def confirm_all(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    topico: Annotated[str, Query(max_length=100)] = "",
    codigo: Annotated[str, Query(max_length=100)] = "",
    q: Annotated[str, Query(max_length=130)] = "",
) -> Response:
    """What replaying all of a filter would be."""
    asked = MessageListing("open", topico, codigo, q.strip())
    if is_alone(request):
        return whole_page(asked.address())
    found = len(services.messages.page(visitor.principal, asked.filter, _MOST_REPLAYED))
    return views.render(request, "messages/confirm_all.html", asked=asked, found=found, most=_MOST_REPLAYED)


@router.post("/reaplicar")
def replay_all(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    topico: Annotated[str, Form(max_length=100)] = "",
    codigo: Annotated[str, Form(max_length=100)] = "",
    q: Annotated[str, Form(max_length=130)] = "",
) -> Response:
    """Apply what is open in a filter, the oldest first, as far as a click goes."""
    asked = MessageListing("open", topico, codigo, q.strip())
    found = services.messages.page(visitor.principal, asked.filter, _MOST_REPLAYED)
    applied, left, late = _replayed(services, visitor, [each.dead_letter_id for each in reversed(found)])
    _log.info("messages replayed", actor=visitor.principal.actor, applied=applied, left=left)
    said = formats.counted(applied, "mensagem aplicada", "mensagens aplicadas") + "."
    if left:
        remain = formats.counted(left, "continua separada", "continuam separadas")
        said += f" {remain}: veja o motivo de cada uma."
    more = "Há mais: confirme de novo para continuar." if late or len(found) == _MOST_REPLAYED else ""
    return views.render(
        request, "messages/done.html", headers=REFRESH, title="Reaplicar", said=said, done=not left, more=more
    )


def _replayed(services: Services, visitor: Visitor, ids: list[UUID]) -> tuple[int, int, bool]:
    deadline = time.monotonic() + _LONGEST_SECONDS
    applied = left = 0
    for id in ids:
        try:
            reason = services.messages.replay(visitor.principal, id)
        except ConcurrencyError:
            raise
        except DomainError:
            left += 1  # settled or erased meanwhile: its row says so
            continue
        applied, left = (applied + 1, left) if reason is None else (applied, left + 1)
        if time.monotonic() > deadline:
            return applied, left, True
    return applied, left, False


def _listed(services: Services, visitor: Visitor, asked: MessageListing, page: str) -> dict[str, Any]:
    cursors = CursorSigner(services.signing_key)
    after = _cursor(cursors, page) if page else None
    found = services.messages.page(visitor.principal, asked.filter, _PAGE + 1, after)
    shown, waiting = found[:_PAGE], services.messages.open_codes(visitor.principal)
    following = ""
    if len(found) > _PAGE:
        last = shown[-1]
        token = cursors.seal(_SCOPE, [last.set_aside_at.isoformat(), str(last.dead_letter_id)])
        following = asked.address(pagina=token)
    return {
        "asked": asked,
        "rows": message_rows(shown),
        "here": asked.address(**({"pagina": page} if page else {})),
        "first": asked.address() if page else "",
        "next": following,
        "open_total": sum(count for _, _, count in waiting),
        "topics": sorted({*words.TOPICS.items(), *((topic, words.topic(topic)) for topic, _, _ in waiting)}),
        "codes": _codes(waiting),
    }


def _codes(waiting: list[tuple[str, str, int]]) -> list[tuple[str, str]]:
    counts: dict[str, int] = {}
    for _, code, count in waiting:
        counts[code] = counts.get(code, 0) + count
    return [(code, f"{words.short(code)} ({formats.count(count)})") for code, count in sorted(counts.items())]


def _cursor(cursors: CursorSigner, token: str) -> MessageCursor:
    at, id = cursors.open(_SCOPE, token)
    return MessageCursor(datetime.fromisoformat(at), UUID(id))


def _positions(services: Services, visitor: Visitor) -> dict[str, Any]:
    visitor.principal.require_everywhere(Permission.OPERATE)
    return {"read": topic_rows(services.positions.all(visitor.principal), services.now())}
