"""Invoices by API: the listing's own filter, one invoice, and billing now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field

from application.api_tokens import Scope
from application.app import NotFoundError
from application.clock import sao_paulo_date
from domain.invoice.situacao import InstalmentStatus, Situacao
from domain.user.roles import Permission
from domain.values.payment import ValueType
from projections.as_of import AsOf, as_known
from projections.invoice_grid import query as grid
from projections.invoice_grid.filter import DateType, GridFilter, SearchType
from projections.invoice_grid.rows import GridRow, Key
from projections.invoice_history.query import history
from web.api.paging import CursorText, PageLimit, opened, sealed
from web.api.problems import refusals
from web.api.shapes import (
    BilledNowShape,
    BillNow,
    BillNowOutcome,
    Documents,
    Failure,
    InvoiceFact,
    InvoiceHistory,
    Invoices,
    InvoiceShape,
)
from web.identity import Bearer, BearerOf, ServicesOf
from web.listing import Kind, plain_text
from web.parameters import require_period
from web.past import InstantInFutureError
from web.scope import visible_companies
from web.services import Services

router = APIRouter(tags=["invoices"])

_LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
"""Nothing was known by then; at the very beginning of the calendar São Paulo has no date."""

_WITHOUT = "-"
Departments = Annotated[
    list[Annotated[str, Field(max_length=80)]] | None,
    Query(max_length=50, description="Departments of contracts; `-` is without a department"),
]
Ids = Annotated[list[UUID] | None, Query(max_length=50)]


@dataclass(frozen=True, slots=True)
class Instants:
    """What had happened and what was known, as a caller asked for it; `as_of` None is the present."""

    today: date
    as_of: AsOf | None = None


def _instants(
    services: ServicesOf,
    as_of: Annotated[
        AwareDatetime | None,
        Query(description="Show the position of this past instant: what had happened by then"),
    ] = None,
    known_at: Annotated[
        AwareDatetime | None,
        Query(description="Count only what was known at this instant; `as_of` itself if left out"),
    ] = None,
) -> Instants:
    if as_of is None and known_at is None:
        return Instants(services.today())
    now = services.now()
    happened = max(_LONG_AGO, as_of or now)
    if happened > now:
        raise InstantInFutureError
    known = happened if known_at is None else max(_LONG_AGO, known_at)
    position = as_known(services.database, happened, known, now)
    return Instants(sao_paulo_date(happened), position)


InstantsOf = Annotated[Instants, Depends(_instants)]


@dataclass(frozen=True, slots=True)
class Texts:
    """What a caller looks for in words; None among the departments is without one."""

    departments: tuple[str | None, ...]
    search_type: SearchType
    search: str


def _texts(
    department: Departments = None,
    search_type: SearchType = SearchType.STANDARD,
    search: Annotated[str, Query(max_length=100)] = "",
) -> Texts:
    departments = tuple(None if each == _WITHOUT else plain_text(each) for each in department or ())
    return Texts(departments, search_type, plain_text(search))


TextsOf = Annotated[Texts, Depends(_texts)]


@router.get("/invoices", responses=refusals())
def list_invoices(
    services: ServicesOf,
    bearer: BearerOf,
    instants: InstantsOf,
    texts: TextsOf,
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
    limit: PageLimit = 50,
    cursor: CursorText = "",
) -> Invoices:
    """The invoices of a period in order of its date, then of their ids; names are those of today."""
    principal = bearer.require(Scope.READ)
    require_period(start, end)
    filter = GridFilter(
        start=start,
        end=end,
        today=instants.today,
        companies=visible_companies(principal, company_id or ()),
        date_type=date_type,
        customers=tuple(customer_id or ()),
        accounts=tuple(account_id or ()),
        contracts=tuple(contract_id or ()),
        kinds=tuple(each.value for each in kind or ()),
        situacoes=tuple(situacao or ()),
        instalment_statuses=tuple(instalment_status or ()),
        value_types=tuple(value_type or ()),
        departments=texts.departments,
        search_type=texts.search_type,
        search=texts.search,
        as_of=instants.as_of,
    )
    return _listed(services, filter, limit, cursor)


def _listed(services: Services, filter: GridFilter, limit: int, cursor: str) -> Invoices:
    scope = f"api-invoices:{filter.date_type.value}"
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
def get_invoice(
    services: ServicesOf, bearer: BearerOf, instants: InstantsOf, invoice_id: UUID
) -> InvoiceShape:
    """One invoice."""
    return invoice_shape(_row_seen(services, bearer, invoice_id, instants.as_of))


@router.get("/invoices/{invoice_id}/history", responses=refusals(404))
def get_invoice_history(
    services: ServicesOf, bearer: BearerOf, instants: InstantsOf, invoice_id: UUID
) -> InvoiceHistory:
    """The facts of one invoice from its first on, without lines and without anything personal."""
    _row_seen(services, bearer, invoice_id, instants.as_of)
    facts = history(services.database, invoice_id, instants.as_of)
    return InvoiceHistory(facts=[InvoiceFact.model_validate(each) for each in facts])


def _row_seen(services: Services, bearer: Bearer, invoice_id: UUID, as_of: AsOf | None) -> GridRow:
    principal = bearer.require(Scope.READ)
    row = grid.invoice(services.database, invoice_id, as_of)
    if row is None:
        raise NotFoundError(id=invoice_id)
    principal.require(Permission.SEE_BILLING, row.company_id)
    return row


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
