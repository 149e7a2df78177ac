"""Sales by API: what was sold and which items are on which invoice. They are placed by Kafka."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from application.api_tokens import Scope
from application.app import NotFoundError
from domain.user.roles import Permission
from projections.sales_to_bill import query
from projections.sales_to_bill.query import SaleRow, SalesFilter
from web.api.paging import CursorText, PageLimit, opened, sealed
from web.api.problems import refusals
from web.api.shapes import Amount, Cursor, Shape, Stale
from web.identity import BearerOf, ServicesOf
from web.listing import plain_text
from web.parameters import require_period
from web.scope import visible_companies

router = APIRouter()

type State = Literal["open", "partly_billed", "billed", "cancelled"]
type Mode = Literal["contractual", "avulso"]

_SCOPE = "api-sales"


class SoldItemShape(Shape):
    """One item. `invoice_id` is null while it is on no invoice."""

    number: int
    service_id: UUID
    description: str
    quantity: Decimal
    unit_price: Amount
    discount: Amount
    amount: Amount
    invoice_id: UUID | None


class SaleShape(Shape):
    """One sale. `code` is unique in its company: the system that sold and its order, `loja/1001`."""

    sale_id: UUID
    company_id: UUID
    customer_id: UUID
    account_id: UUID | None = Field(description="Null: decided when it is billed")
    code: str
    source: str
    mode: Mode
    state: State
    payment_method: str
    sold_on: date
    due_on: date
    emits_documents: bool
    department: str | None
    amount: Amount
    open_amount: Amount = Field(description="What is on no invoice yet")
    items: list[SoldItemShape]
    cancel_reason: str | None
    stale: Stale
    version: int


class SalePage(Shape):
    """A page of sales."""

    sales: list[SaleShape]
    next: Cursor


@router.get("/sales", tags=["sales"], responses=refusals())
def list_sales(
    services: ServicesOf,
    bearer: BearerOf,
    state: Annotated[list[State] | None, Query(description="Without: those to be billed")] = None,
    mode: Annotated[list[Mode] | None, Query()] = None,
    customer: Annotated[UUID | None, Query()] = None,
    start: Annotated[date | None, Query(description="Due on this day or later")] = None,
    end: Annotated[date | None, Query(description="Due on this day or before")] = None,
    search: Annotated[str, Query(max_length=100)] = "",
    limit: PageLimit = 50,
    cursor: CursorText = "",
) -> SalePage:
    """Sales by customer and due date; `search` is part of a code, or a customer's."""
    if start is not None and end is not None:
        require_period(start, end)
    filter = SalesFilter(
        companies=visible_companies(bearer.require(Scope.READ)),
        states=tuple(state or ("open", "partly_billed")),
        modes=tuple(mode or ()),
        customer_id=customer,
        due_from=start,
        due_until=end,
        text=plain_text(search),
    )
    values = opened(services, _SCOPE, cursor)
    key = None if values is None else (UUID(values[0]), date.fromisoformat(values[1]), UUID(values[2]))
    found = query.sales(services.database, filter, size=limit + 1, key=key)
    page = found[:limit]
    following = sealed(services, _SCOPE, page[-1].key) if found[limit:] else None
    return SalePage(sales=[_shape(each) for each in page], next=following)


@router.get("/sales/{sale_id}", tags=["sales"], responses=refusals(404))
def get_sale(services: ServicesOf, bearer: BearerOf, sale_id: UUID) -> SaleShape:
    """One sale."""
    principal = bearer.require(Scope.READ)
    found = query.sale(services.database, sale_id)
    if found is None:
        raise NotFoundError(id=sale_id)
    principal.require(Permission.SEE_BILLING, found.company_id)
    return _shape(found)


def _shape(row: SaleRow) -> SaleShape:
    own = {name: getattr(row, name) for name in SaleShape.model_fields if name not in ("stale", "items")}
    items = [SoldItemShape.model_validate(item) for item in row.items]
    return SaleShape(**own, items=items, stale=bool(row.parked))
