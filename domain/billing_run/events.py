"""The facts of a billing run: a plan made, confirmed, worked off in chunks, closed."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, NonNegativeInt, PositiveInt

from domain.kernel import DomainEvent, Frozen, Money


class PlanFilter(Frozen):
    """What a plan looks for: the cut-off interval (F178), companies, one due date (F179)."""

    companies: tuple[UUID, ...]
    due_from: date
    due_until: date
    due_on: date | None


class CompanyTotal(Frozen):
    """How much a plan bills in one company."""

    company_id: UUID
    invoices: NonNegativeInt
    amount: Money


class ExclusionCount(Frozen):
    """How many candidates a plan leaves out for one reason."""

    reason: str
    invoices: NonNegativeInt


class BillingPlanned(DomainEvent):
    """A dry run by the code that commits (W2). `plan_hash` is the SHA-256 over items and versions."""

    TOPIC: ClassVar[str] = "billing_run.planned.v1"
    mode: Literal["contractual", "due"]
    filter: PlanFilter
    log_position: NonNegativeInt
    invoices: NonNegativeInt
    totals: tuple[CompanyTotal, ...]
    exclusions: tuple[ExclusionCount, ...]
    plan_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


type SalesChoice = Literal["join", "own", "leave_out"]
"""V16: open sales join an invoice of their customer, open one of their own, or wait."""


class BillingSalesPlanned(DomainEvent):
    """What the plan does with open sales, where it has any or was asked for other than to let them join.

    `joining` sales become lines of invoices that are billed anyway, `opening` ones of invoices that are
    opened for them.
    """

    TOPIC: ClassVar[str] = "billing_run.sales_planned.v1"
    choice: Literal["join", "own", "leave_out"]
    joining: NonNegativeInt
    opening: NonNegativeInt
    amount: Money


class BillingConfirmed(DomainEvent):
    """Exactly this plan is to be billed."""

    TOPIC: ClassVar[str] = "billing_run.confirmed.v1"
    plan_hash: str


class NotBilled(Frozen):
    """An item of the plan that was left unbilled: a rule refused it, or it failed unexpectedly.

    `reason` is a stable code. `moved_stream` names the stream that had moved since the plan, if one had.
    """

    invoice_id: UUID
    outcome: Literal["refused", "failed"]
    reason: str
    moved_stream: UUID | None


class BillingChunkDone(DomainEvent):
    """A chunk of the plan's items was worked off.

    What was billed is told by the invoices' own facts; what was not, `not_billed` tells item by item.
    """

    TOPIC: ClassVar[str] = "billing_run.chunk_done.v1"
    chunk: PositiveInt
    billed: NonNegativeInt
    with_failures: NonNegativeInt
    refused: NonNegativeInt
    failed: NonNegativeInt
    not_billed: tuple[NotBilled, ...]
    amount: Money


class BillingRunStopped(DomainEvent):
    """Someone stopped the run; what is billed stays billed."""

    TOPIC: ClassVar[str] = "billing_run.stopped.v1"


class BillingRunResumed(DomainEvent):
    """The run goes on with the items that are left."""

    TOPIC: ClassVar[str] = "billing_run.resumed.v1"


class BillingRunClosed(DomainEvent):
    """No item is left."""

    TOPIC: ClassVar[str] = "billing_run.closed.v1"
    billed: NonNegativeInt
    with_failures: NonNegativeInt
    refused: NonNegativeInt
    failed: NonNegativeInt
    amount: Money


BillingRunEvent = (
    BillingPlanned
    | BillingSalesPlanned
    | BillingConfirmed
    | BillingChunkDone
    | BillingRunStopped
    | BillingRunResumed
    | BillingRunClosed
)
