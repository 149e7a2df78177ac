"""What a person does with a receipt: says whose debt it is, takes that back, says that the money is gone."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from application.app import ConcurrencyError, NotFoundError
from application.registry import Done
from domain.kernel import DomainError
from domain.settlement.events import PayerSaid
from projections.progress import wait_for
from projections.settlements import candidates
from projections.settlements.candidates import Candidate
from projections.settlements.query import SettlementRow, settlement
from web import formats
from web.billing import WAIT_SECONDS
from web.identity import ServicesOf, Visitor, VisitorOf
from web.listing import plain_text
from web.pages.alone import is_alone, whole_page
from web.pages.contracts import marks_of
from web.pages.settlements import row_seen, window_of
from web.pages.views import ViewsOf
from web.scope import visible_companies
from web.services import Services
from web.settlement_listing import ALL, PATH
from web.settlement_rows import CandidateRow, candidate_row
from web.templating import Views
from web.wording import refusals
from web.wording.terms import FORGOTTEN

router = APIRouter(prefix=PATH + "/{settlement_id}")

_CHANGED = ("settlements", "receivables", "invoice_grid", "invoice_history")
_UNCHOSEN = "Escolha a parcela que este recebimento paga."

Reason = Annotated[str, Form(max_length=400)]


@router.get("/identificar")
def identify_window(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    settlement_id: UUID,
    busca: Annotated[str | None, Query()] = None,
) -> Response:
    """Which open instalments it may pay: those asked for, and those of its very amount."""
    row = row_seen(services, visitor, settlement_id)
    if is_alone(request):
        return whole_page(f"{PATH}?aba={ALL}&janela={settlement_id}")
    return _choice(request, services, visitor, views, row, busca)


@router.post("/identificar/confirmar")
def confirm_window(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    settlement_id: UUID,
    parcela: Annotated[str, Form(max_length=60)] = "",
    busca: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Says what the payment would be; changes nothing."""
    row = row_seen(services, visitor, settlement_id)
    try:
        invoice_id, instalment = _parsed(parcela)
        payment = services.settlements.preview(visitor.principal, settlement_id, invoice_id, instalment)
    except _UnchosenError:
        return _choice(request, services, visitor, views, row, busca, _UNCHOSEN)
    except DomainError as error:
        return _choice(request, services, visitor, views, row, busca, refusals.text(error.code, error))
    found = candidates.one(services.database, invoice_id, instalment)
    parts = (
        ("Principal", payment.principal),
        ("Multa", payment.fine),
        ("Juros", payment.interest),
        ("Recebido a mais (crédito do cliente)", payment.excess),
    )
    return views.render(
        request,
        "settlements/confirm.html",
        row=row,
        customer=(found and found.customer_name) or FORGOTTEN,
        candidate=found and candidate_row(found, row.amount, {}),
        parts=[(label, amount) for label, amount in parts if amount],
        left=found and found.open_amount - payment.principal,
        parcela=parcela,
        busca=busca,
    )


@router.post("/identificar")
def identify(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    settlement_id: UUID,
    parcela: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """Pay the instalment that was confirmed."""
    row = row_seen(services, visitor, settlement_id)
    try:
        invoice_id, instalment = _parsed(parcela)
        done = services.settlements.identify(visitor.principal, settlement_id, invoice_id, instalment)
    except _UnchosenError:
        return _choice(request, services, visitor, views, row, None, _UNCHOSEN)
    except (DomainError, ConcurrencyError) as error:
        return _refused(request, services, visitor, views, row, error)
    said = "Recebimento identificado: o pagamento está na fatura."
    return _done(request, services, visitor, views, settlement_id, done, said)


@router.post("/desfazer")
def release(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    settlement_id: UUID,
    motivo: Reason = "",
) -> Response:
    """It was the wrong debt."""
    row = row_seen(services, visitor, settlement_id)
    try:
        done = services.settlements.release(visitor.principal, settlement_id, motivo)
    except (DomainError, ConcurrencyError) as error:
        return _refused(request, services, visitor, views, row, error)
    said = "Identificação desfeita: o pagamento foi estornado na fatura."
    return _done(request, services, visitor, views, settlement_id, done, said)


@router.post("/devolver")
def reverse(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    settlement_id: UUID,
    motivo: Reason = "",
) -> Response:
    """The money went back, and no integration tells so."""
    row = row_seen(services, visitor, settlement_id)
    try:
        done = services.settlements.reverse(visitor.principal, settlement_id, motivo)
    except (DomainError, ConcurrencyError) as error:
        return _refused(request, services, visitor, views, row, error)
    return _done(request, services, visitor, views, settlement_id, done, "Devolução registrada.")


class _UnchosenError(Exception):
    """No instalment was marked."""


def _parsed(parcela: str) -> tuple[UUID, int]:
    invoice, _, number = parcela.partition(":")
    try:
        return UUID(invoice), int(number)
    except ValueError:
        raise _UnchosenError from None


def _choice(
    request: Request,
    services: Services,
    visitor: Visitor,
    views: Views,
    row: SettlementRow,
    asked: str | None,
    problem: str = "",
) -> Response:
    payer = services.settlements.payers(visitor.principal, [row.settlement_id]).get(row.settlement_id)
    text = plain_text(_first_search(payer) if asked is None else asked)
    found, suggested = _candidates(services, visitor, row, text)
    template = "settlements/candidates.html" if _searches(request) else "settlements/identify.html"
    return views.render(
        request,
        template,
        status=422 if problem else 200,
        row=row,
        payer=_payer_words(payer),
        text=text,
        found=found,
        suggested=suggested,
        problem=problem,
        most=candidates.MOST,
    )


def _searches(request: Request) -> bool:
    """Whether only the list is asked for, by the search field of a window that is open."""
    return request.method == "GET" and "busca" in request.query_params


def _candidates(
    services: Services, visitor: Visitor, row: SettlementRow, text: str
) -> tuple[list[CandidateRow], list[CandidateRow]]:
    if row.state != "unidentified" or row.amount is None or row.paid_on is None:
        return [], []
    companies = (row.company_id,) if row.company_id else visible_companies(visitor.principal)
    marks = marks_of(services, companies)
    known = (row.amount, row.paid_on)
    asked_for = candidates.asked_for(services.database, companies, text, *known) if text else []
    shown = {(each.invoice_id, each.instalment) for each in asked_for}
    alike = candidates.suggested(services.database, companies, *known)
    others = [each for each in alike if (each.invoice_id, each.instalment) not in shown]

    def worded(found: list[Candidate]) -> list[CandidateRow]:
        return [candidate_row(each, row.amount, marks) for each in found]

    return worded(asked_for), worded(others)


def _first_search(payer: PayerSaid | None) -> str:
    return "" if payer is None else payer.document or payer.name or ""


def _payer_words(payer: PayerSaid | None) -> list[tuple[str, str]]:
    if payer is None:
        return []
    told = (
        ("Pagador", payer.name),
        ("CPF/CNPJ", formats.tax_document(payer.document)),
        ("Texto do extrato", payer.text),
    )
    return [(label, text) for label, text in told if text]


def _done(
    request: Request,
    services: Services,
    visitor: Visitor,
    views: Views,
    settlement_id: UUID,
    done: Done,
    said: str,
) -> Response:
    if done.position is not None:
        wait_for(services.database, done.position, WAIT_SECONDS, _CHANGED)
    row = settlement(services.database, settlement_id)
    if row is None:
        raise NotFoundError(id=settlement_id)
    return window_of(request, services, visitor, views, row, done=said)


def _refused(
    request: Request,
    services: Services,
    visitor: Visitor,
    views: Views,
    row: SettlementRow,
    error: DomainError,
) -> Response:
    words: Any = refusals.text(error.code, error)
    return window_of(request, services, visitor, views, row, problem=words, status=422)
