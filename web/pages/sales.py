"""/vendas: what was sold and is not billed yet, by customer; one sale with its items; its cancellation."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, get_args
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from application.app import NotFoundError
from domain.kernel import DomainError
from domain.sale.events import SaleEvent
from domain.user.roles import Permission
from projections.progress import wait_for
from projections.sales_to_bill import query
from projections.sales_to_bill.query import SaleRow
from projections.shown import shown_position
from web import formats
from web.billing import WAIT_SECONDS
from web.cursors import CursorSigner
from web.identity import ServicesOf, Visitor, VisitorOf
from web.listing import PageSize
from web.pages.alone import is_alone, whole_page
from web.pages.contracts import marks_of
from web.pages.invoice import people_of
from web.pages.views import ViewsOf
from web.sale_listing import ALL, OPEN, Asked, asked_of
from web.sale_rows import by_customer, listed, may_edit
from web.scope import visible_companies
from web.services import Services
from web.settlement_history import as_fact
from web.templating import Views, is_partial
from web.wording import refusals, terms
from web.wording import sales as words

router = APIRouter(prefix=words.PATH)

_SCOPE = "sales"
_SIZE = int(PageSize.SMALL)
_TABS = ((OPEN, "Em aberto"), (ALL, "Todas"))


@router.get("")
def sales_page(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    aba: Annotated[str, Query(max_length=30)] = OPEN,
    situacao: Annotated[list[str] | None, Query()] = None,
    modo: Annotated[list[str] | None, Query()] = None,
    empresa: Annotated[list[UUID] | None, Query()] = None,
    de: Annotated[str, Query(max_length=30)] = "",
    ate: Annotated[str, Query(max_length=30)] = "",
    q: Annotated[str, Query()] = "",
    cursor: Annotated[str, Query()] = "",
    janela: Annotated[UUID | None, Query()] = None,
) -> Response:
    """The list; what is open comes first."""
    asked = asked_of(
        aba,
        services.today(),
        situacao=situacao or [],
        modo=modo or [],
        empresa=empresa or [],
        de=de,
        ate=ate,
        q=q,
    )
    values = _values(services, visitor, asked, cursor)
    if is_partial(request):
        own = request.headers.get("HX-Source") == "section#grade"
        headers = {} if own else {"HX-Push-Url": asked.address(cursor)}
        return views.render(request, "sales/grid.html", headers=headers, **values)
    return views.render(
        request,
        "sales/page.html",
        visitor=visitor,
        window=f"{words.PATH}/{janela}" if janela else "",
        **_options(services, visitor),
        **values,
    )


def _options(services: Services, visitor: Visitor) -> dict[str, Any]:
    marks = marks_of(services, visible_companies(visitor.principal))
    return {
        "companies": [(str(id), mark.trade_name or mark.legal_name) for id, mark in marks.items()],
        "states": [(state, label) for state, (label, _) in words.STATE.items()],
        "modes": [(mode, label) for mode, (label, _) in words.MODE.items()],
    }


def _values(services: Services, visitor: Visitor, asked: Asked, cursor: str) -> dict[str, Any]:
    signer, size = CursorSigner(services.signing_key), _SIZE
    position = shown_position(services.database)
    filter, key = asked.filter(visitor.principal), None
    if cursor:
        customer, due_on, sale = signer.open(_SCOPE, cursor)
        key = (UUID(customer), date.fromisoformat(due_on), UUID(sale))
    found = [] if asked.problems else query.sales(services.database, filter, size=size + 1, key=key)
    sales, amount = query.totals(services.database, filter)
    last = found[size - 1].key if len(found) > size else None
    marks = marks_of(services, visible_companies(visitor.principal))
    return {
        "asked": asked,
        "groups": by_customer(found[:size], marks, visitor.principal, services.today()),
        "sales": sales,
        "amount": amount,
        "tabs": [
            (asked.in_tab(tab), label, asked.tab == tab)
            for tab, label in ((OPEN, "Em aberto"), (ALL, "Todas"))
        ],
        "first": bool(cursor) and asked.address(),
        "here": asked.address(cursor),
        "next": last and asked.address(signer.seal(_SCOPE, [str(part) for part in last])),
        "position": position,
    }


@router.get("/{sale_id}")
def sale_window(
    request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf, sale_id: UUID
) -> Response:
    """One sale: its items, each with its invoice, and all that became of it."""
    row = row_seen(services, visitor, sale_id)
    if is_alone(request):
        return whole_page(f"{words.PATH}?aba={ALL}&janela={sale_id}")
    return window_of(request, services, visitor, views, row)


@router.post("/{sale_id}/cancelar")
def cancel(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    sale_id: UUID,
    motivo: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """It did not come about."""
    row = row_seen(services, visitor, sale_id)
    try:
        done = services.sales.cancel(visitor.principal, sale_id, motivo)
    except DomainError as error:
        problem = refusals.text(error.code, error)
        return window_of(request, services, visitor, views, row, problem=problem, status=422)
    if done.position is not None:
        wait_for(services.database, done.position, WAIT_SECONDS, ("sales_to_bill",))
    row = row_seen(services, visitor, sale_id)
    return window_of(request, services, visitor, views, row, done="Venda cancelada.")


def row_seen(services: Services, visitor: Visitor, sale_id: UUID) -> SaleRow:
    """The sale, if the person sees its company; else there is none."""
    row = query.sale(services.database, sale_id)
    if row is None:
        raise NotFoundError(id=sale_id)
    visitor.principal.require(Permission.SEE_BILLING, row.company_id)
    return row


def window_of(
    request: Request,
    services: Services,
    visitor: Visitor,
    views: Views,
    row: SaleRow,
    *,
    problem: str = "",
    done: str = "",
    status: int = 200,
) -> Response:
    """The window on one sale, with what was refused or done just now."""
    sale = listed(row, visitor.principal, services.today())
    topics = [fact.TOPIC for fact in get_args(SaleEvent)]
    facts = [as_fact(each) for each in services.lastro.read_streams([row.sale_id], topics)]
    return views.render(
        request,
        "sales/sale.html",
        status=status,
        headers={"HX-Trigger": "lastro:moved"} if done else {},
        sale=sale,
        facts=_facts(row),
        entries=words.sale_history(facts, people_of(services, facts)),
        may_edit=may_edit(visitor.principal, row.company_id),
        problem=problem,
        done=done,
    )


def _facts(row: SaleRow) -> list[tuple[str, str]]:
    return [
        ("Empresa", row.company_trade_name or ""),
        ("Cliente", row.customer_name or "[removido]"),
        ("Vendida em", formats.day(row.sold_on)),
        ("Vencimento", formats.day(row.due_on)),
        ("Modo", words.MODE[row.mode][0]),
        ("Forma de pagamento", terms.PAYMENT_METHOD[row.payment_method]),
        ("Conta", row.account_name or "A escolher ao faturar"),
        ("Documentos", "Emite" if row.emits_documents else "Não emite: devida desde o registro"),
        ("Departamento", row.department or "Não informado"),
        ("Sistema de origem", row.source),
    ]
