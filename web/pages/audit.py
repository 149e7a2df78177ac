"""/auditoria: facts by any combination of what is asked, in pages, as a file, and along a correlation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from application.access import Principal
from application.audit_outputs import COLUMNS, csv_cells, csv_line, json_line
from application.event_store.public import PublicEvent
from domain.user.roles import Permission
from projections.audit.query import AuditPage, audit_position
from web import formats
from web.audit_listing import AuditListing, Order, read
from web.audit_reading import AuditRow, all_of, marks_of, page_of, rows_of
from web.audit_tree import Step, steps_of
from web.cursors import CursorSigner
from web.identity import ServicesOf, VisitorOf
from web.listing import PageSize, Parameters
from web.pages.views import ViewsOf
from web.rows import Chip
from web.services import Services
from web.templating import is_partial
from web.wording.facts import FAMILIES, TITLES, family, title

router = APIRouter(prefix="/auditoria")

_SCOPE = "audit"
_STEPS = PageSize.LARGE
_CHECK_EVERY = 5_000
_BOM = b"\xef\xbb\xbf"
_FIELDS = {
    "registro": "Registro",
    "correlacao": "Correlação",
    "cliente": "Cliente",
    "autor": "Quem",
    "documento": "Documento",
    "valor": "Valor",
    "ocorrido_de": "Aconteceu desde",
    "ocorrido_ate": "Aconteceu até",
    "registrado_de": "Registrado desde",
    "registrado_ate": "Registrado até",
}


@router.get("")
def audit_list(request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf) -> Response:
    """The facts of an address; only their table where htmx asks for that."""
    listing, cursor, page = _asked(request, services, visitor.principal)
    marks = marks_of(services, visitor.principal)
    values: dict[str, Any] = {
        "listing": listing,
        "problems": listing.problems,
        "rows": rows_of(services, visitor.principal, page.events),
        "looked_until": page.looked_until,
        "first": cursor is not None and listing.address(),
        "next": page.next and listing.address(cursor=_sealed(services, listing, page.next)),
        "here": listing.address(),
        "chips": _chips(listing, {id: mark.legal_name for id, mark in marks.items()}),
        "position": audit_position(services.database),
    }
    status = 422 if listing.problems else 200
    if is_partial(request):
        headers = {"HX-Push-Url": values["here"]}
        return views.render(request, "audit/grid.html", status=status, headers=headers, **values)
    values |= {
        "visitor": visitor,
        "companies": [(str(mark.id), mark.legal_name) for mark in marks.values()],
        "topics": _topics(),
        "orders": [(Order.NEWEST, "Mais recentes primeiro"), (Order.OLDEST, "Mais antigos primeiro")],
    }
    return views.render(request, "audit/page.html", status=status, **values)


def _asked(
    request: Request, services: Services, principal: Principal
) -> tuple[AuditListing, int | None, AuditPage]:
    principal.require(Permission.AUDIT)
    pairs = request.query_params.multi_items()
    listing = read(pairs, services.today())
    token = Parameters(pairs).one("cursor")
    cursor = _opened(services, listing, token) if token else None
    if listing.problems:
        return listing, cursor, AuditPage((), None)
    return listing, cursor, page_of(services, principal, listing, cursor)


def _sealed(services: Services, listing: AuditListing, position: int) -> str:
    return CursorSigner(services.signing_key).seal(f"{_SCOPE} {listing.order}", [position])


def _opened(services: Services, listing: AuditListing, token: str) -> int:
    """The position of a cursor of this order. Raises CursorInvalidError."""
    (position,) = CursorSigner(services.signing_key).open(f"{_SCOPE} {listing.order}", token)
    return int(position)


def _topics() -> list[tuple[str, list[tuple[str, str]]]]:
    """The facts that can be chosen, by what they belong to."""
    grouped: dict[str, list[tuple[str, str]]] = {words: [] for words in FAMILIES.values()}
    for topic in TITLES:
        grouped[family(topic)].append((topic, title(topic)))
    return [(words, sorted(topics, key=lambda each: each[1])) for words, topics in grouped.items()]


def _chips(listing: AuditListing, companies: dict[UUID, str]) -> list[Chip]:
    typed = [
        Chip(label, listing.typed[name], listing.without(name).address())
        for name, label in _FIELDS.items()
        if listing.typed.get(name)
    ]
    chosen = [
        Chip("Empresa", companies.get(each, str(each)), listing.without("empresa", str(each)).address())
        for each in listing.companies
    ]
    facts = [Chip("Fato", title(topic), listing.without("fato", topic).address()) for topic in listing.topics]
    return typed + chosen + facts


@router.get("/correlacoes/{correlation_id}")
def follow_correlation(
    request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf, correlation_id: UUID
) -> Response:
    """Everything that one click, message or run led to, in order, each step under what caused it."""
    pairs = [*request.query_params.multi_items(), ("correlacao", str(correlation_id))]
    listing = replace(read(pairs, services.today()), order=Order.OLDEST, page_size=_STEPS)
    token = Parameters(pairs).one("cursor")
    visitor.principal.require(Permission.AUDIT)
    after = _opened(services, listing, token) if token else None
    page = page_of(services, visitor.principal, listing, after)
    rows = rows_of(services, visitor.principal, page.events)
    path = f"/auditoria/correlacoes/{correlation_id}"
    return views.render(
        request,
        "audit/correlation.html",
        visitor=visitor,
        correlation_id=correlation_id,
        steps=steps_of(rows),
        summary=_summary(rows),
        first=after is not None and path,
        next=page.next and f"{path}?cursor={_sealed(services, listing, page.next)}",
        listing_address=replace(listing, order=Order.NEWEST, page_size=PageSize.SMALL).address(),
    )


def _summary(rows: list[AuditRow]) -> list[tuple[str, str]]:
    if not rows:
        return []
    begun, ended = rows[0].recorded_at, rows[-1].recorded_at
    streams = {row.stream_id for row in rows}
    return [
        ("Começou", formats.moment_with_seconds(begun)),
        ("Por", rows[0].who),
        ("Último efeito", formats.moment_with_seconds(ended)),
        ("Duração", Step.words((ended - begun).total_seconds())),
        ("Fatos nesta página", formats.count(len(rows))),
        ("Registros atingidos", formats.count(len(streams))),
    ]


@router.get("/arquivo.{form}")
def download(
    request: Request, services: ServicesOf, visitor: VisitorOf, form: Literal["csv", "jsonl"]
) -> Response:
    """The whole answer as a file, written while it is read; memory does not grow with it."""
    visitor.principal.require(Permission.AUDIT)
    listing = read(request.query_params.multi_items(), services.today())
    if listing.problems:
        return Response(" ".join(listing.problems.values()), 422, media_type="text/plain; charset=utf-8")
    events = all_of(services, listing, _right_now(services, visitor.principal))
    lines = _csv(events) if form == "csv" else map(json_line, events)
    media = "text/csv; charset=utf-8" if form == "csv" else "application/x-ndjson"
    name = f"auditoria-{services.today():%Y-%m-%d}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_blocks(lines), media_type=media, headers=headers)


def _right_now(services: Services, principal: Principal) -> Callable[[], Principal | None]:
    """The rights of the person at this moment: taken away in the middle, they end the file."""

    def now() -> Principal | None:
        person = services.people.find(principal.user_id) if principal.user_id else None
        allowed = person is not None and person.principal.may(Permission.AUDIT)
        return person.principal if person is not None and allowed else None

    return now


def _csv(events: Iterator[PublicEvent]) -> Iterator[bytes]:
    """As a Brazilian Excel opens it: semicolons, a mark of UTF-8; the name of each fact beside its topic."""
    head = _BOM + csv_line([*COLUMNS, "fato"], ";")
    return chain([head], (csv_line([*csv_cells(event), title(event.topic)], ";") for event in events))


def _blocks(lines: Iterator[bytes], size: int = 256) -> Iterator[bytes]:
    """Lines in handfuls: each piece of an answer costs a change of thread."""
    block: list[bytes] = []
    for line in lines:
        block.append(line)
        if len(block) == size:
            yield b"".join(block)
            block.clear()
    yield b"".join(block)
