"""/recebimentos: the receipts that other systems told of, those that nobody could place first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, get_args
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from application.app import NotFoundError
from domain.settlement.events import SettlementEvent
from domain.user.roles import Permission
from projections.accounts.query import accounts
from projections.settlements import query
from projections.settlements.query import SettlementRow, StateTotal
from projections.shown import shown_position
from web import formats
from web.cursors import CursorSigner
from web.identity import ServicesOf, Visitor, VisitorOf
from web.listing import PageSize
from web.pages.alone import is_alone, whole_page
from web.pages.contracts import marks_of
from web.pages.invoice import people_of
from web.pages.views import ViewsOf
from web.scope import visible_companies
from web.services import Services
from web.settlement_history import as_fact, settlement_history
from web.settlement_listing import ALL, PATH, WAITING, Asked, asked_of
from web.settlement_rows import listed, may_edit
from web.templating import Views, is_partial
from web.wording import settlements as words
from web.wording import terms
from web.wording.entries import Entry

router = APIRouter(prefix=PATH)

_SCOPE = "settlements"


def _asked(
    services: ServicesOf,
    aba: Annotated[str, Query(max_length=30)] = "",
    situacao: Annotated[list[str] | None, Query()] = None,
    empresa: Annotated[list[UUID] | None, Query()] = None,
    conta: Annotated[list[UUID] | None, Query()] = None,
    de: Annotated[str, Query(max_length=30)] = "",
    ate: Annotated[str, Query(max_length=30)] = "",
    credito: Annotated[str, Query(max_length=5)] = "",
    q: Annotated[str, Query()] = "",
) -> Asked:
    return asked_of(
        aba,
        services.today(),
        situacao=situacao or [],
        empresa=empresa or [],
        conta=conta or [],
        de=de,
        ate=ate,
        credito=credito,
        q=q,
    )


@router.get("")
def settlements_page(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    asked: Annotated[Asked, Depends(_asked)],
    cursor: Annotated[str, Query()] = "",
    janela: Annotated[UUID | None, Query()] = None,
) -> Response:
    """The list; the tab of what waits comes first, and is the one that opens while something waits."""
    visible = visible_companies(visitor.principal)
    waiting = query.waiting(services.database, visible)
    if asked.tab not in (WAITING, ALL):
        asked = replace(asked, tab=WAITING if waiting.receipts else ALL)
    values = _values(services, visitor, asked, waiting, cursor)
    if is_partial(request):
        own = request.headers.get("HX-Source") == "section#grade"
        headers = {} if own else {"HX-Push-Url": asked.address(cursor)}
        return views.render(request, "settlements/grid.html", headers=headers, **values)
    return views.render(
        request,
        "settlements/page.html",
        visitor=visitor,
        options=_options(services, visible),
        window=f"{PATH}/{janela}" if janela else "",
        **values,
    )


def _values(
    services: Services, visitor: Visitor, asked: Asked, waiting: StateTotal, cursor: str
) -> dict[str, Any]:
    signer, size = CursorSigner(services.signing_key), int(PageSize.SMALL)
    position = shown_position(services.database)
    filter, key = asked.filter(visitor.principal), None
    if cursor:
        listed_on, settlement_id = signer.open(_SCOPE, cursor)
        key = (date.fromisoformat(listed_on), UUID(settlement_id))
    found = query.settlements(services.database, filter, size=size + 1, key=key)
    last = found[size - 1] if len(found) > size else None
    return {
        "asked": asked,
        "rows": _rows(services, visitor, found[:size]),
        "totals": _totals(query.totals(services.database, filter)),
        "waiting": waiting,
        "tabs": _tabs(asked, waiting),
        "first": bool(cursor) and asked.address(),
        "here": asked.address(cursor),
        "next": last and asked.address(signer.seal(_SCOPE, [last.listed_on, str(last.settlement_id)])),
        "position": position,
    }


def _rows(services: Services, visitor: Visitor, found: Sequence[SettlementRow]) -> list[Any]:
    marks = marks_of(services, visible_companies(visitor.principal))
    said = [each.settlement_id for each in found if each.state == "unidentified"]
    payers = services.settlements.payers(visitor.principal, said) if said else {}
    return [listed(each, marks, payers, visitor.principal) for each in found]


def _totals(found: Sequence[StateTotal] | None) -> list[tuple[str, int, str]] | None:
    if found is None:
        return None
    return [(words.STATE[each.state][0], each.receipts, formats.money(each.amount)) for each in found]


def _tabs(asked: Asked, waiting: StateTotal) -> list[tuple[str, str, bool]]:
    count = f" ({formats.count(waiting.receipts)})" if waiting.receipts else ""
    both = [(WAITING, f"Não identificados{count}"), (ALL, "Todos")]
    ordered = both if waiting.receipts else both[::-1]
    return [(asked.in_tab(tab), label, asked.tab == tab) for tab, label in ordered]


def _options(services: Services, visible: tuple[UUID, ...] | None) -> dict[str, Any]:
    marks = marks_of(services, visible)
    known = accounts(services.database, visible)
    return {
        "companies": [(str(id), mark.trade_name or mark.legal_name) for id, mark in marks.items()],
        "accounts": [(str(each.account_id), each.name) for each in known],
        "states": [(state, label) for state, (label, _) in words.STATE.items()],
    }


@router.get("/{settlement_id}")
def settlement_window(
    request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf, settlement_id: UUID
) -> Response:
    """One receipt: what was told, where it is, and all that became of it."""
    row = row_seen(services, visitor, settlement_id)
    if is_alone(request):
        return whole_page(f"{PATH}?aba={ALL}&janela={settlement_id}")
    return window_of(request, services, visitor, views, row)


def row_seen(services: Services, visitor: Visitor, settlement_id: UUID) -> SettlementRow:
    """The receipt, if the person sees its company, or all where nobody knows which; else there is none."""
    row = query.settlement(services.database, settlement_id)
    if row is None:
        raise NotFoundError(id=settlement_id)
    visitor.principal.require(Permission.SEE_BILLING, row.company_id)
    if row.company_id is None and visitor.principal.companies(Permission.SEE_BILLING) is not None:
        raise NotFoundError(id=settlement_id)
    return row


def window_of(
    request: Request,
    services: Services,
    visitor: Visitor,
    views: Views,
    row: SettlementRow,
    *,
    problem: str = "",
    done: str = "",
    status: int = 200,
) -> Response:
    """The window on one receipt, with what was refused or done just now."""
    return views.render(
        request,
        "settlements/settlement.html",
        status=status,
        headers={"HX-Trigger": "lastro:moved"} if done else {},
        row=_rows(services, visitor, [row])[0],
        facts=_facts(row),
        named=_named(row),
        entries=_entries(services, row.settlement_id),
        may_edit=may_edit(visitor.principal, row.company_id),
        raw_state=row.state,
        problem=problem,
        done=done,
    )


def _facts(row: SettlementRow) -> list[tuple[str, str]]:
    return [
        ("Pago em", formats.day(row.paid_on) or "—"),
        ("Creditado em", formats.day(row.credited_on) or "Não informado"),
        ("Forma de pagamento", terms.PAYMENT_METHOD[row.method] if row.method else "Não informada"),
        ("Conta", row.account_name or "Não informada"),
        ("Integração", row.source),
        ("Liquidação", row.reference),
        ("Avisado em", formats.moment(row.told_at)),
    ]


def _named(row: SettlementRow) -> list[tuple[str, str]]:
    given = row.named or {}
    return [(label, str(given[name])) for name, label in words.NAMED if given.get(name) is not None]


def _entries(services: Services, settlement_id: UUID) -> list[Entry]:
    topics = [fact.TOPIC for fact in get_args(SettlementEvent)]
    facts = [as_fact(each) for each in services.lastro.read_streams([settlement_id], topics)]
    return settlement_history(facts, people_of(services, facts))
