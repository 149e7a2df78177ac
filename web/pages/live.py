"""Tells one open page that something of its companies has become visible; the page then asks for itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import anyio
from anyio import to_thread
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from domain.user.roles import Permission
from web.identity import ServicesOf, Visitor, VisitorOf, session_token, visitor_of_token
from web.live import Change, LiveHub, until_lost
from web.services import Services

router = APIRouter()

_WAIT_SECONDS = 10.0
_CHECK_SECONDS = 10.0


@router.get("/ao-vivo")
def follow(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    desde: Annotated[int, Query(ge=0, le=2**48)] = 0,
    last_event_id: Annotated[str | None, Header(max_length=20)] = None,
) -> StreamingResponse:
    """Server-sent events `moved`, from the position that the page shows."""
    hub: LiveHub = request.app.state.live
    resumed = last_event_id is not None and last_event_id.isascii() and last_event_id.isdigit()
    position = int(last_event_id or 0) if resumed else desde
    stream = until_lost(_stream(hub, services, session_token(request) or "", visitor, position))
    return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _stream(
    hub: LiveHub, services: Services, token: str, visitor: Visitor, position: int
) -> AsyncIterator[bytes]:
    """Ends with the session or the server. Watching does not keep a session alive."""
    yield b"retry: 3000\n\n"
    async with hub.following():
        checked = anyio.current_time()
        while not hub.is_stopping():
            await hub.wait(_WAIT_SECONDS)
            if anyio.current_time() - checked >= _CHECK_SECONDS:
                found = await to_thread.run_sync(visitor_of_token, services, token)
                if found is None:
                    yield b"event: fim\ndata: {}\n\n"
                    return
                visitor, checked = found, anyio.current_time()
            change = hub.since(position)
            if change is not None:
                position = change.position
                if concerns(change, visitor.principal.companies(Permission.SEE_BILLING)):
                    yield b'id: %d\nevent: moved\ndata: {"position": %d}\n\n' % (position, position)
                continue
            yield b": \n\n"


def concerns(change: Change, companies: frozenset[UUID] | None) -> bool:
    """Whether a page of these companies (None: all) may show something of it."""
    if change.streams is None or companies is None:
        return True
    return any(company is None or company in companies for _, company in change.streams)
