"""The window of an invoice in error, and the ways out of it: a fiscal code, or no nota."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from application.access import Principal
from domain.kernel import DomainError
from domain.user.roles import Permission
from domain.values.payment import DocumentState
from projections.invoice_grid.rows import GridRow
from web.billing import bill_now
from web.errors import problem_of
from web.failing import alike, failing
from web.identity import ServicesOf, VisitorOf
from web.pages.alone import behind_window, is_alone
from web.pages.outcome import WAIVED, outcome_window
from web.pages.seen import row_seen, subject
from web.pages.views import ViewsOf
from web.rows import documents_of
from web.services import Services
from web.waiving import waive_nfse

router = APIRouter(prefix="/faturamento/{invoice_id}")


@router.get("/erro")
def error_page(
    request: Request, services: ServicesOf, visitor: VisitorOf, views: ViewsOf, invoice_id: UUID
) -> Response:
    """F34: the reason, what to do, and where it can be done at once."""
    row = row_seen(services, visitor.principal, invoice_id)
    if is_alone(request):
        return behind_window(row, "/erro")
    return error_window(request, services, visitor.principal, views, row)


@router.post("/codigo-fiscal")
def assign_fiscal_code(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    invoice_id: UUID,
    servico: Annotated[UUID, Form()],
    lc116: Annotated[str, Form(max_length=20)] = "",
    ctribnac: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """F167: give the service its code, then bill this invoice again; only its nota is repeated."""
    row = row_seen(services, visitor.principal, invoice_id)
    visitor.principal.require(Permission.BILL_NOW, row.company_id)
    typed = {"lc116": lc116.strip(), "ctribnac": ctribnac.strip()}
    try:
        services.service_registry.assign_fiscal_code(
            visitor.principal, servico, typed["lc116"], typed["ctribnac"] or None
        )
    except DomainError as refused:
        return error_window(request, services, visitor.principal, views, row, refused, typed)
    outcome = bill_now(services, visitor.principal, [invoice_id])
    others = alike(services, row) if servico == row.error_service_id else None
    return outcome_window(request, views, outcome, others)


@router.post("/sem-nota")
def waive_nota(
    request: Request,
    services: ServicesOf,
    visitor: VisitorOf,
    views: ViewsOf,
    invoice_id: UUID,
    iguais: Annotated[bool, Form()] = False,
    contrato: Annotated[bool, Form()] = False,
) -> Response:
    """F79, F140: no nota for this invoice, nor, if so marked, those alike and the contract's next ones."""
    row = row_seen(services, visitor.principal, invoice_id)
    visitor.principal.require(Permission.EDIT_BILLING, row.company_id)
    found = failing(services, visitor.principal, row)
    if not found.waivable:
        return error_window(request, services, visitor.principal, views, row)
    ids = [invoice_id, *(found.alike.invoice_ids if iguais else ())]
    outcome = waive_nfse(services, visitor.principal, ids, row if contrato and found.contract else None)
    return outcome_window(request, views, outcome, title=WAIVED)


def error_window(
    request: Request,
    services: Services,
    principal: Principal,
    views: ViewsOf,
    row: GridRow,
    refused: DomainError | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    """What failed and what can be done; `refused` is why what was `typed` is not the way out."""
    problem = None if refused is None else problem_of(refused)
    found = failing(services, principal, row)
    done = [each.label for each in documents_of(row) if each.state_of is DocumentState.DONE]
    return views.render(
        request,
        "invoices/error.html",
        status=200 if problem is None else problem.status,
        subject=subject(row),
        invoice_id=row.invoice_id,
        problem="" if problem is None else problem.detail,
        failing=found,
        others=", ".join(done + (["Boleto"] if row.nosso_numero else [])),
        typed=typed or {"lc116": "", "ctribnac": ""},
        may_correct=principal.may(Permission.KEEP_REGISTRIES, row.company_id),
        may_waive=principal.may(Permission.EDIT_BILLING, row.company_id),
        can_bill=found.rebillable and principal.may(Permission.BILL_NOW, row.company_id),
    )
