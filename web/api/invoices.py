"""Invoices by API: the listing's own filter, one invoice, and billing now."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from application.api_tokens import Scope
from application.app import NotFoundError
from domain.invoice.situacao import InstalmentStatus, Situacao
from domain.user.roles import Permission
from domain.values.payment import ValueType
from projections.invoice_grid import query as grid
from projections.invoice_grid.filter import DateType, GridFilter, SearchType
from projections.invoice_grid.rows import GridRow, Key
from web.api.paging import CursorText, PageLimit, opened, sealed
from web.api.problems import refusals
from web.api.shapes import (
    BilledNowShape,
    BillNow,
    BillNowOutcome,
    Documents,
    Failure,
    Invoices,
    InvoiceShape,
)
from web.identity import BearerOf, ServicesOf
from web.listing import Kind, plain_text
from web.parameters import require_period
from web.scope import visible_companies

router = APIRouter(tags=["invoices"])


Ids = Annotated[list[UUID] | None, Query(max_length=50)]


@router.get("/invoices", responses=refusals())
def list_invoices(
    services: ServicesOf,
    bearer: BearerOf,
    start: date,
    end: date,
    date_type: Annotated[DateType, Query(description="Which date the period is about")] = DateType.DUE,
    company_id: Ids = None,
    customer_id: Ids = None,
    account_id: Ids = None,
    contract_id: Ids = None,
    kind: Annotated[list[Kind] | None, Query(max_length=2)] = None,
    situacao: Annotated[list[Situacao] | None, Query(max_length=5)] = None,
    instalment_status: Annotated[list[InstalmentStatus] | None, Query(max_length=5)] = None,
    value_type: Annotated[list[ValueType] | None, Query(max_length=2)] = None,
    search_type: SearchType = SearchType.STANDARD,
    search: Annotated[str, Query(max_length=100)] = "",
    limit: PageLimit = 50,
    cursor: CursorText = "",
) -> Invoices:
    """The invoices of a period in order of its date, then of their ids."""
    principal = bearer.require(Scope.READ)
    require_period(start, end)
    scope = f"api-invoices:{date_type.value}"
    filter = GridFilter(
        start=start,
        end=end,
        today=services.today(),
        companies=visible_companies(principal, company_id or ()),
        date_type=date_type,
        customers=tuple(customer_id or ()),
        accounts=tuple(account_id or ()),
        contracts=tuple(contract_id or ()),
        kinds=tuple(each.value for each in kind or ()),
        situacoes=tuple(situacao or ()),
        instalment_statuses=tuple(instalment_status or ()),
        value_types=tuple(value_type or ()),
        search_type=search_type,
        search=plain_text(search),
    )
    page = grid.page(services.database, filter, size=limit, key=_key(opened(services, scope, cursor)))
    following = None if page.after is None else sealed(services, scope, page.after)
    return Invoices(invoices=[invoice_shape(row) for row in page.rows], next=following)


def _key(values: list[str] | None) -> Key | None:
    return None if values is None else (date.fromisoformat(values[0]), UUID(values[1]))


@router.post("/invoices/bill-now", responses=refusals(409, 413))
def bill_invoices_now(services: ServicesOf, bearer: BearerOf, asked: BillNow) -> BillNowOutcome:
    """*Faturar agora* (F90): only what failed or is missing is made again, so asking twice is harmless."""
    principal = bearer.require(Scope.BILL)
    principal.require(Permission.BILL_NOW)
    results = services.invoices.bill_now(principal, asked.invoice_ids)
    positions = [each.position for each in results if each.position is not None]
    return BillNowOutcome(
        outcomes=[BilledNowShape.model_validate(each) for each in results],
        position=max(positions, default=None),
    )


@router.get("/invoices/{invoice_id}", responses=refusals(404))
def get_invoice(services: ServicesOf, bearer: BearerOf, invoice_id: UUID) -> InvoiceShape:
    """One invoice."""
    principal = bearer.require(Scope.READ)
    row = grid.invoice(services.database, invoice_id)
    if row is None:
        raise NotFoundError(id=invoice_id)
    principal.require(Permission.SEE_BILLING, row.company_id)
    return invoice_shape(row)


def invoice_shape(row: GridRow) -> InvoiceShape:
    """A row of the listing in its public form."""
    fields = {name: getattr(row, name) for name in InvoiceShape.model_fields if hasattr(row, name)}
    failure = None
    if row.error_document is not None:
        failure = Failure(
            document=row.error_document,
            reason=row.error_reason or "",
            detail=row.error_detail or "",
            service_id=row.error_service_id,
        )
    documents = Documents.model_validate(
        {name: getattr(row, f"{name}_state") for name in Documents.model_fields}
    )
    return InvoiceShape.model_validate({**fields, "documents": documents, "failure": failure})
