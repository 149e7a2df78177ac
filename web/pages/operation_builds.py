"""/operacao/projecoes: every read model's builds; made anew, compared, put to use and taken back here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from application.app import NotFoundError
from domain.user.roles import Permission
from projections.builds import AT_WORK, Promote, State
from projections.companies.query import companies
from projections.projection import Projection
from projections.rebuild import operations
from projections.rebuild.intent import RebuildUnderWayError, ask
from projections.rebuild.operations import CannotBeFedError, NothingToShowError
from projections.rebuild.standing import Standing, standings
from projections.rebuild.switch import SwitchRefusedError
from projections.registry import projections
from web.audit_reading import people_of
from web.identity import ServicesOf, VisitorOf
from web.pages.alone import is_alone, whole_page
from web.pages.views import ViewsOf
from web.rows import Tag
from web.services import Services
from web.templating import is_partial
from web.wording import builds as words
from web.wording.stale import read_model

router = APIRouter(prefix="/operacao/projecoes")

_PATH = "/operacao/projecoes"
_PATIENCE_SECONDS = 5.0
_log = structlog.get_logger(__name__)

Name = Annotated[str, Path(pattern="^[a-z_]{1,60}$")]
Act = Annotated[str, Path(pattern="^(reconstruir|conferir|colocar-em-uso|voltar)$")]


@dataclass(frozen=True, slots=True)
class BuildRow:
    """One build as a row. `done` of `events` only while it is loaded; `compared` None before a comparison."""

    version: int
    state: Tag
    note: str
    failure: str
    lag: int
    parked: int
    done: int
    events: int
    left: str
    asked_by: str
    at: datetime | None
    compared: Tag | None
    compared_at: datetime | None


@dataclass(frozen=True, slots=True)
class ModelRows:
    """One read model: its builds, newest first, and what may be done with it now."""

    name: str
    title: str
    builds: tuple[BuildRow, ...]
    acts: tuple[tuple[str, str], ...]
    missing: str


@router.get("")
def builds_page(request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf) -> Response:
    """Every read model with its builds."""
    visitor.principal.require_everywhere(Permission.OPERATE)
    found = standings(services.database, projections(services.lastro.keyring))
    people = people_of(services, {each.build.asked_by for each in found if each.build})
    values: dict[str, Any] = {
        "models": _models(found, people),
        "at_work": any(each.build is not None and each.build.state in AT_WORK for each in found),
    }
    if is_partial(request):
        return views.render(request, "operation/builds.html", **values)
    return views.render(request, "operation/builds_page.html", visitor=visitor, **values)


@router.get("/{name}/{version}/comparacao")
def comparison_window(
    request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf, name: Name, version: int
) -> Response:
    """What the last comparison of a build found: rows, columns and amounts that would change."""
    visitor.principal.require_everywhere(Permission.OPERATE)
    if is_alone(request):
        return whole_page(_PATH)
    model = _model(services, name)
    found = [
        each.build
        for each in standings(services.database, [model])
        if each.build is not None and each.build.version == version
    ]
    if not found or found[0].comparison is None:
        raise NotFoundError(name=name, version=version)
    return views.render(
        request,
        "operation/comparison.html",
        title=read_model(name),
        build=found[0],
        comparison=found[0].comparison,
        kinds=words.KINDS,
        companies=_companies(services),
        decimal=Decimal,
    )


@router.get("/{name}/{act}")
def confirm(
    request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf, name: Name, act: Act
) -> Response:
    """What a click would do, before it does it."""
    visitor.principal.require_everywhere(Permission.OPERATE)
    if is_alone(request):
        return whole_page(_PATH)
    _model(services, name)
    title, meaning, button = words.ACTS[act]
    return views.render(
        request,
        "operation/build_confirm.html",
        title=title,
        model=read_model(name),
        meaning=meaning,
        button=button,
        address=f"{_PATH}/{name}/{act}",
    )


@router.post("/{name}/{act}")
def do(
    request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf, name: Name, act: Act
) -> Response:
    """Ask the worker for it, or switch at once, and say what it came to."""
    visitor.principal.require_everywhere(Permission.OPERATE)
    model = _model(services, name)
    try:
        done, said = True, _acts(services, model, visitor.principal.actor)[act]()
    except (RebuildUnderWayError, NothingToShowError, CannotBeFedError, SwitchRefusedError) as refusal:
        done, said = False, _refused(refusal)
    _log.info("read model", act=act, projection=name, actor=visitor.principal.actor, done=done)
    return views.render(
        request,
        "operation/build_outcome.html",
        headers={"HX-Trigger": "lastro:builds"},
        title=words.ACTS[act][0],
        model=read_model(name),
        done=done,
        said=said,
    )


def _acts(services: Services, model: Projection, actor: str) -> dict[str, Callable[[], str]]:
    def rebuild() -> str:
        with services.database.autocommit() as connection:
            made = ask(connection, model, actor, Promote.NO)
        return f"A versão {made.version} será construída agora; acompanhe na lista."

    def verify() -> str:
        with services.database.autocommit() as connection:
            operations.ask_to_verify(connection, model, actor)
        return "A comparação começa agora; o resultado aparece na lista."

    def show(back: bool) -> Callable[[], str]:
        def act() -> str:
            switch = operations.rollback if back else operations.promote
            shown = switch(services.database, model, patience=_PATIENCE_SECONDS)
            return f"As páginas mostram a versão {shown.new}; a versão {shown.old} está guardada."

        return act

    return {"reconstruir": rebuild, "conferir": verify, "colocar-em-uso": show(False), "voltar": show(True)}


def _refused(refusal: Exception) -> str:
    match refusal:
        case RebuildUnderWayError():
            return "Já há uma reconstrução ou comparação em andamento para esta leitura. Espere que termine."
        case NothingToShowError():
            return "Não há outra versão para mostrar. Reconstrua primeiro."
        case CannotBeFedError():
            return "Essa versão foi feita por outra versão do programa e não pode ser atualizada por esta."
        case _:
            return "Uma consulta longa ainda lê a versão atual. Nada mudou; tente de novo em um minuto."


def _companies(services: Services) -> dict[str, str]:
    return {str(each.company_id): each.trade_name for each in companies(services.database, None)}


def _model(services: Services, name: str) -> Projection:
    found = next((each for each in projections(services.lastro.keyring) if each.name == name), None)
    if found is None:
        raise NotFoundError(name=name)
    return found


def _models(found: Sequence[Standing], people: Callable[[str], str]) -> list[ModelRows]:
    names = sorted({each.name for each in found}, key=read_model)
    return [_of_model(name, [each for each in found if each.name == name], people) for name in names]


def _of_model(name: str, own: Sequence[Standing], people: Callable[[str], str]) -> ModelRows:
    rows = [_row(each, people) for each in own]
    return ModelRows(
        name=name,
        title=read_model(name),
        builds=tuple(row for row in reversed(rows) if row is not None),
        acts=tuple(_possible(own)),
        missing="" if any(rows) else words.MISSING,
    )


def _possible(own: Sequence[Standing]) -> list[tuple[str, str]]:
    states = {each.build.state for each in own if each.build is not None and each.feedable}
    if not states or any(each.build and each.build.state in AT_WORK for each in own):
        return []
    wanted = [
        "colocar-em-uso" if State.READY in states else "",
        "voltar" if State.KEPT in states else "",
        "reconstruir",
        "conferir",
    ]
    return [(act, words.ACTS[act][2]) for act in wanted if act]


def _row(each: Standing, people: Callable[[str], str]) -> BuildRow | None:
    build = each.build
    if build is None:
        return None
    status, told = each.status, build.comparison
    other = words.OTHER_CODE if each.feedable else words.NOT_FED
    return BuildRow(
        version=build.version,
        state=words.STATES[build.state],
        note=other if each.differs and build.state is not State.FAILED else "",
        failure=build.failure or "",
        lag=0 if status is None else status.lag_events,
        parked=0 if status is None else status.parked_streams,
        done=each.done,
        events=(build.events or 0) if build.state is State.LOADING else 0,
        left="" if each.seconds_left is None else _left(each.seconds_left),
        asked_by=people(build.asked_by),
        at=build.promoted_at or build.ready_at or build.asked_at,
        compared=None if told is None else Tag("Igual", "green") if told["equal"] else Tag("Difere", "red"),
        compared_at=build.compared_at,
    )


def _left(seconds: float) -> str:
    return f"faltam {seconds / 60:.0f} min" if seconds > 90 else f"faltam {seconds:.0f} s"
