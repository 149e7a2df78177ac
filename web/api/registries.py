"""Contracts, customers and billing runs by API, each within the token's companies."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from application.api_tokens import Scope
from application.app import NotFoundError
from domain.user.roles import Permission
from projections.billing_runs.query import BillingRun, billing_run, billing_runs
from projections.contracts.query import contract, contracts, schedule
from projections.customers.query import customer, customers, key_of
from projections.shown import customers_within
from web.api.paging import CursorText, PageLimit, opened, sealed
from web.api.problems import refusals
from web.api.shapes import (
    BillingRuns,
    BillingRunShape,
    Contracts,
    ContractShape,
    ContractWithSchedule,
    Customers,
    CustomerShape,
    PeriodShape,
)
from web.identity import BearerOf, ServicesOf
from web.listing import plain_text
from web.scope import visible_companies

router = APIRouter()

Search = Annotated[str, Query(max_length=100)]


@router.get("/contracts", tags=["contracts"], responses=refusals())
def list_contracts(
    services: ServicesOf,
    bearer: BearerOf,
    search: Search = "",
    limit: PageLimit = 50,
    cursor: CursorText = "",
) -> Contracts:
    """Contracts by code; `search` is the beginning of a code, part of the notes, or a customer's."""
    visible = visible_companies(bearer.require(Scope.READ))
    values = opened(services, "api-contracts", cursor)
    key = None if values is None else (values[0], UUID(values[1]))
    found = contracts(services.database, visible, text=plain_text(search), size=limit + 1, key=key)
    page = found[:limit]
    following = (
        sealed(services, "api-contracts", (page[-1].code, page[-1].contract_id)) if found[limit:] else None
    )
    return Contracts(contracts=[ContractShape.model_validate(each) for each in page], next=following)


@router.get("/contracts/{contract_id}", tags=["contracts"], responses=refusals(404))
def get_contract(services: ServicesOf, bearer: BearerOf, contract_id: UUID) -> ContractWithSchedule:
    """One contract with its schedule."""
    principal = bearer.require(Scope.READ)
    found = contract(services.database, contract_id)
    if found is None:
        raise NotFoundError(id=contract_id)
    principal.require(Permission.SEE_BILLING, found.company_id)
    periods = [PeriodShape.model_validate(each) for each in schedule(services.database, contract_id)]
    return ContractWithSchedule(**ContractShape.model_validate(found).model_dump(), schedule=periods)


@router.get("/customers", tags=["customers"], responses=refusals())
def list_customers(
    services: ServicesOf,
    bearer: BearerOf,
    search: Search = "",
    limit: PageLimit = 50,
    cursor: CursorText = "",
) -> Customers:
    """Customers by name. A token of some companies gets those who have an invoice there."""
    visible = visible_companies(bearer.require(Scope.READ))
    values = opened(services, "api-customers", cursor)
    key = None if values is None else (values[0], UUID(values[1]))
    found = customers(services.database, plain_text(search), size=limit + 1, key=key)
    page = found[:limit]
    seen = customers_within(services.database, [each.customer_id for each in page], visible)
    following = sealed(services, "api-customers", key_of(page[-1])) if found[limit:] else None
    return Customers(
        customers=[CustomerShape.model_validate(each) for each in page if each.customer_id in seen],
        next=following,
    )


@router.get("/customers/{customer_id}", tags=["customers"], responses=refusals(404))
def get_customer(services: ServicesOf, bearer: BearerOf, customer_id: UUID) -> CustomerShape:
    """One customer."""
    visible = visible_companies(bearer.require(Scope.READ))
    found = customer(services.database, customer_id)
    if found is None or not customers_within(services.database, [customer_id], visible):
        raise NotFoundError(id=customer_id)
    return CustomerShape.model_validate(found)


@router.get("/billing-runs", tags=["billing-runs"], responses=refusals())
def list_billing_runs(
    services: ServicesOf, bearer: BearerOf, limit: PageLimit = 50, cursor: CursorText = ""
) -> BillingRuns:
    """Billing runs, latest first; of a token of some companies, those that bill in these and no other."""
    visible = visible_companies(bearer.require(Scope.READ))
    values = opened(services, "api-runs", cursor)
    key = None if values is None else (datetime.fromisoformat(values[0]), UUID(values[1]))
    found = billing_runs(services.database, visible, size=limit + 1, key=key)
    page = found[:limit]
    following = (
        sealed(services, "api-runs", (page[-1].planned_at, page[-1].run_id)) if found[limit:] else None
    )
    return BillingRuns(billing_runs=[BillingRunShape.model_validate(each) for each in page], next=following)


@router.get("/billing-runs/{run_id}", tags=["billing-runs"], responses=refusals(404))
def get_billing_run(services: ServicesOf, bearer: BearerOf, run_id: UUID) -> BillingRunShape:
    """One billing run."""
    visible = visible_companies(bearer.require(Scope.READ))
    found = billing_run(services.database, run_id)
    if found is None or not _within(found, visible):
        raise NotFoundError(id=run_id)
    return BillingRunShape.model_validate(found)


def _within(run: BillingRun, visible: tuple[UUID, ...] | None) -> bool:
    return visible is None or set(run.companies) <= set(visible)
