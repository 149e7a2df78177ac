"""Receipts by API: those that other systems told of, within the token's companies. They are told by Kafka."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from application.api_tokens import Scope
from application.app import NotFoundError
from domain.user.roles import Permission
from projections.settlements.query import SettlementFilter, SettlementRow, settlement, settlements
from web.api.paging import CursorText, PageLimit, opened, sealed
from web.api.problems import refusals
from web.api.shapes import Amount, Cursor, Shape, Stale
from web.identity import BearerOf, ServicesOf
from web.listing import plain_text
from web.parameters import require_period
from web.scope import visible_companies

router = APIRouter()

type State = Literal["unidentified", "applied", "reversed", "void", "awaited"]

_SCOPE = "api-settlements"


class SettlementShape(Shape):
    """One receipt. `named` is what it says of its debt, as it came; `why` is null unless it waits.

    `state` awaited: its reversal alone was told; void: it was told after its reversal and pays nothing.
    `company_id` is null where nobody knows which company's it is: a token of some companies does not see it.
    Who is said to have paid is not given here.
    """

    settlement_id: UUID
    company_id: UUID | None
    source: str
    reference: str
    state: State
    amount: Amount | None
    paid_on: date | None
    credited_on: date | None
    method: str | None
    account_id: UUID | None
    customer_id: UUID | None
    invoice_id: UUID | None
    instalment: int | None
    excess: Amount | None = Field(description="What nothing was owed for: a credit of the customer")
    found_by: str | None = Field(description="invoice, boleto or person")
    why: str | None = Field(description="A stable code: why nobody could place it")
    named: dict[str, Any] | None
    reversed_on: date | None
    reversal_reason: str | None
    listed_on: date
    told_at: datetime
    placed_at: datetime | None
    stale: Stale
    version: int


class SettlementPage(Shape):
    """A page of receipts."""

    settlements: list[SettlementShape]
    next: Cursor


@router.get("/settlements", tags=["settlements"], responses=refusals())
def list_settlements(
    services: ServicesOf,
    bearer: BearerOf,
    state: Annotated[list[State] | None, Query()] = None,
    start: Annotated[date | None, Query(description="Paid on this day or later")] = None,
    end: Annotated[date | None, Query(description="Paid on this day or before")] = None,
    search: Annotated[str, Query(max_length=100)] = "",
    limit: PageLimit = 50,
    cursor: CursorText = "",
) -> SettlementPage:
    """Receipts, the latest day first; `search` is a reference, an amount, a nosso número or a customer's."""
    if start is not None and end is not None:
        require_period(start, end)
    filter = SettlementFilter(
        companies=visible_companies(bearer.require(Scope.READ)),
        states=tuple(state or ()),
        start=start,
        end=end,
        text=plain_text(search),
    )
    values = opened(services, _SCOPE, cursor)
    key = None if values is None else (date.fromisoformat(values[0]), UUID(values[1]))
    found = settlements(services.database, filter, size=limit + 1, key=key)
    page = found[:limit]
    following = sealed(services, _SCOPE, page[-1].key) if found[limit:] else None
    return SettlementPage(settlements=[_shape(each) for each in page], next=following)


@router.get("/settlements/{settlement_id}", tags=["settlements"], responses=refusals(404))
def get_settlement(services: ServicesOf, bearer: BearerOf, settlement_id: UUID) -> SettlementShape:
    """One receipt."""
    principal = bearer.require(Scope.READ)
    found = settlement(services.database, settlement_id)
    if found is None or (found.company_id is None and visible_companies(principal) is not None):
        raise NotFoundError(id=settlement_id)
    principal.require(Permission.SEE_BILLING, found.company_id)
    return _shape(found)


def _shape(row: SettlementRow) -> SettlementShape:
    own = {name: getattr(row, name) for name in SettlementShape.model_fields if name != "stale"}
    return SettlementShape(**own, stale=bool(row.parked))
