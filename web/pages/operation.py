"""/operacao: what read models could not take, since when and why; replayed from here once it is corrected."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from domain.user.roles import Permission
from projections.progress import ParkedStream, parked_streams
from projections.registry import projections
from projections.replay import Replayed, replay_all
from web import formats
from web.identity import ServicesOf, Visitor, VisitorOf
from web.pages.alone import is_alone, whole_page
from web.pages.views import ViewsOf
from web.services import Services
from web.templating import is_partial
from web.wording.facts import family, title
from web.wording.stale import read_model

router = APIRouter(prefix="/operacao")

_SHOWN = 200
_MOST_COUNTED = 10_000
_MOST_FAILURES_TOLD = 10
_LONGEST_SECONDS = 8.0
"""A click answers within this; what is left waits for the next one."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """One parked stream of one read model. `note` tells a build that readers do not see."""

    key: str
    since: datetime
    name: str
    model: str
    note: str
    event: str
    topic: str
    position: int
    stream: str
    family: str
    reason: str
    events: int


@dataclass(frozen=True, slots=True)
class ReplayOutcome:
    """What a click came to, in words."""

    done: str
    left: tuple[str, ...]
    more: str


@router.get("")
def parked_page(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    registro: Annotated[UUID | None, Query()] = None,
) -> Response:
    """What is parked, oldest first; of one stream when it is named."""
    return _page(request, services, visitor, views, registro, None)


@router.get("/alarme")
def alarm_notice(request: Request, visitor: VisitorOf, views: ViewsOf) -> Response:
    """The alarm of an open page, looked at again."""
    visitor.principal.require_everywhere(Permission.OPERATE)
    if is_alone(request):
        return whole_page("/operacao")
    return views.render(request, "operation/alarm.html", visitor=visitor)


@router.post("/reaplicar")
def replay(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    leitura: Annotated[str, Form(max_length=60)] = "",
    registro: Annotated[UUID | None, Form()] = None,
) -> Response:
    """Replay all, or one stream in one read model, and say what became of each."""
    visitor.principal.require_everywhere(Permission.OPERATE)
    done, more = _replayed(services, leitura, registro)
    _log.info(
        "parked streams replayed",
        actor=visitor.principal.actor,
        replayed=sum(each.is_whole for each in done),
        still_parked=sum(not each.is_whole for each in done),
    )
    # After one row's button the page shows them all again: what was asked for is in the outcome.
    return _page(request, services, visitor, views, None if leitura else registro, _outcome(done, more=more))


def _replayed(services: Services, name: str, stream: UUID | None) -> tuple[list[Replayed], bool]:
    """What was replayed in the time that a click has, and whether it was over before the end."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    done: list[Replayed] = []
    models = [model for model in projections(services.lastro.keyring) if name in ("", model.name)]
    with services.database.autocommit() as connection:
        for each in replay_all(connection, models, stream):
            done.append(each)
            if time.monotonic() > deadline:
                return done, True
    return done, False


def _outcome(done: list[Replayed], *, more: bool) -> ReplayOutcome:
    whole = [each for each in done if each.is_whole]
    failed = [each for each in done if not each.is_whole]
    told = tuple(_failure(each) for each in failed[:_MOST_FAILURES_TOLD])
    if len(failed) > _MOST_FAILURES_TOLD:
        told = (*told, f"E mais {len(failed) - _MOST_FAILURES_TOLD} registros continuam parados.")
    applied = formats.counted(sum(each.applied for each in done), "evento aplicado", "eventos aplicados")
    streams = formats.counted(len(whole), "registro reaplicado", "registros reaplicados")
    if not done:
        return ReplayOutcome("Não havia nada parado: outra pessoa já reaplicou, ou nada falhou.", (), "")
    return ReplayOutcome(
        f"{streams}, {applied}." if whole else "",
        told,
        "Há mais registros parados do que cabem em uma vez: reaplique de novo." if more else "",
    )


def _failure(each: Replayed) -> str:
    return (
        f"{read_model(each.projection)}: {title(each.topic or '')} na posição {each.position} falhou de novo"
        f" ({each.reason}); {formats.counted(each.waiting, 'evento espera', 'eventos esperam')}."
    )


def _page(
    request: Request,
    services: Services,
    visitor: Visitor,
    views: ViewsOf,
    stream: UUID | None,
    outcome: ReplayOutcome | None,
) -> Response:
    visitor.principal.require_everywhere(Permission.OPERATE)
    found = parked_streams(services.database, _MOST_COUNTED, stream=stream)
    values: dict[str, Any] = {
        "rows": [_row(each) for each in found[:_SHOWN]],
        "hidden": max(0, len(found) - _SHOWN),
        "summary": _summary(found),
        "stream": "" if stream is None else str(stream),
        "here": "/operacao" if stream is None else f"/operacao?registro={stream}",
        "outcome": outcome,
        "may_audit": visitor.principal.may(Permission.AUDIT),
    }
    if is_partial(request):
        headers = {"HX-Trigger": "lastro:parked"} if outcome else {}
        return views.render(request, "operation/parked.html", headers=headers, **values)
    return views.render(request, "operation/page.html", visitor=visitor, **values)


def _summary(found: Iterable[ParkedStream]) -> str:
    parked = list(found)
    streams = formats.counted(len(parked), "registro parado", "registros parados")
    events = formats.counted(sum(e.events for e in parked), "evento à espera", "eventos à espera")
    return f"{streams}, {events}."


def _row(parked: ParkedStream) -> ParkedRow:
    return ParkedRow(
        key=f"p-{parked.projection}-{parked.projection_version}-{parked.stream_id}",
        since=parked.parked_at,
        name=parked.projection,
        model=read_model(parked.projection),
        note="" if parked.live else f"versão {parked.projection_version}, fora de uso",
        event=title(parked.topic),
        topic=parked.topic,
        position=parked.position,
        stream=str(parked.stream_id),
        family=family(parked.topic),
        reason=parked.reason,
        events=parked.events,
    )
