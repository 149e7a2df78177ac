"""The event feed: every fact that a token may see, in one stable order, replayable from anywhere (W8)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from anyio import to_thread
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from application.api_tokens import Scope
from application.event_store.public import PublicEvent
from application.feed import FeedCursor
from domain.user.roles import Permission
from web.api.problems import refusals
from web.identity import Bearer, BearerOf, ServicesOf, bearer_of_text, bearer_text
from web.live import LiveHub, until_lost
from web.services import Services

router = APIRouter(tags=["events"])

KEEP_ALIVE_SECONDS = 15.0
_PAGE = 200
_CHECK_EVERY = 20

After = Annotated[
    str,
    Query(
        max_length=60,
        description="Where to go on: `next` of an earlier answer, a position, or 0 for the beginning.",
        examples=["0", "12345-0190d3a1-7c5e-7abc-8def-0123456789ab"],
    ),
]


class Event(BaseModel):
    """A fact. `topic` and the fields of `data` never change; personal data is never in it."""

    position: int
    event_id: UUID
    stream_id: UUID
    version: int
    topic: str
    company_id: UUID | None
    actor: str
    occurred_at: datetime
    recorded_at: datetime
    correlation_id: UUID
    causation_id: UUID | None
    release: str = Field(description="The version of the program that recorded it")
    data: dict[str, Any]

    @classmethod
    def of(cls, event: PublicEvent) -> Event:
        """The public form of a fact."""
        return cls.model_validate(event, from_attributes=True)


class Events(BaseModel):
    """A page of the feed."""

    events: list[Event]
    next: str = Field(description="Ask with `after` = this for what follows; keep it with your effect")
    more: bool = Field(description="There is more already: ask again at once")


@router.get("/events", responses=refusals(409))
def list_events(
    services: ServicesOf,
    bearer: BearerOf,
    after: After = "0",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Events:
    """The facts after a position. The same `after` gives the same facts, whenever it is asked."""
    page = services.feed.page(FeedCursor.parse(after), limit, _companies(bearer))
    return Events(events=[Event.of(event) for event in page.events], next=str(page.next), more=page.more)


@router.get(
    "/events/stream",
    response_class=StreamingResponse,
    responses={**refusals(409), 200: {"content": {"text/event-stream": {}}, "description": "Without end"}},
)
def stream_events(
    request: Request,
    services: ServicesOf,
    bearer: BearerOf,
    after: After = "0",
    last_event_id: Annotated[str | None, Header(max_length=60)] = None,
) -> StreamingResponse:
    """The feed as server-sent events, without end; `id` is the cursor, so a client resumes by itself."""
    cursor = FeedCursor.parse(last_event_id or after)
    services.feed.page(cursor, 1, _companies(bearer))
    hub: LiveHub = request.app.state.live
    stream = until_lost(_stream(hub, services, bearer_text(request), cursor))
    return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _companies(bearer: Bearer) -> frozenset[UUID] | None:
    principal = bearer.require(Scope.EVENTS)
    principal.require(Permission.READ_EVENTS)
    return principal.companies(Permission.READ_EVENTS)


async def _stream(hub: LiveHub, services: Services, token: str, cursor: FeedCursor) -> AsyncIterator[bytes]:
    """Rights are read again every few pages: a token that was revoked ends its streams."""
    yield b"retry: 2000\n\n"
    async with hub.following():
        while not hub.is_stopping():
            bearer = await to_thread.run_sync(bearer_of_text, services, token)
            if bearer is None or not bearer.principal.may(Permission.READ_EVENTS):
                return
            companies = _companies(bearer)
            for _ in range(_CHECK_EVERY):
                page = await to_thread.run_sync(services.feed.page, cursor, _PAGE, companies)
                cursor = page.next
                for event in page.events:
                    yield _message(event)
                if not page.more:
                    await hub.wait(1.0)
                if hub.is_stopping():
                    return
            yield b": \n\n"


def _message(event: PublicEvent) -> bytes:
    data = orjson.dumps(Event.of(event).model_dump(mode="json"))
    return b"id: %d-%b\nevent: %b\ndata: %b\n\n" % (
        event.position,
        str(event.event_id).encode(),
        event.topic.encode(),
        data,
    )
