"""The JSON forms of the API. Money is a string with two places, dates are ISO, names may be null."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, computed_field

from domain.invoice.situacao import Situacao
from domain.values.payment import DocumentState

Amount = Annotated[
    Decimal,
    PlainSerializer(lambda value: f"{value:.2f}", return_type=str),
    Field(description="Reais with two places, as text", examples=["150.00"]),
]
Cursor = Annotated[
    str | None, Field(description="Ask with `cursor` = this for the next page; null on the last one")
]


Stale = Annotated[
    bool, Field(description="Something of it could not be shown yet: do not take it for the last word")
]


class Shape(BaseModel):
    """Read from a row's attributes."""

    model_config = ConfigDict(from_attributes=True)


class Documents(Shape):
    """The state of each document of an invoice."""

    boleto: DocumentState
    pix: DocumentState
    nfse: DocumentState
    pdf: DocumentState
    email: DocumentState


class Failure(Shape):
    """Why the invoice is in error. `reason` is stable."""

    document: str
    reason: str
    detail: str
    service_id: UUID | None


class InvoiceShape(Shape):
    """One invoice as the listing knows it."""

    invoice_id: UUID
    company_id: UUID
    company_code: str | None
    customer_id: UUID
    customer_name: str | None
    customer_document: str | None
    account_id: UUID
    contract_id: UUID | None
    contract_code: str | None
    kind: str
    origin: str
    value_type: str
    payment_method: str
    department: str | None
    competencia: str
    created_on: date
    due_on: date
    forecast_on: date
    billed_on: date | None
    sent_on: date | None
    situacao: Situacao
    instalments_total: int
    instalments_paid: int
    next_open_due_on: date | None
    next_open_payable_until: date | None
    amount: Amount
    paid_amount: Amount
    nosso_numero: str | None
    linha_digitavel: str | None
    documents: Documents
    failure: Failure | None
    stale: Stale
    version: int
    position: int

    @computed_field(description="Whether the customer was forgotten: name and document are null for good")
    def customer_forgotten(self) -> bool:
        return self.customer_name is None


class Invoices(Shape):
    """A page of invoices."""

    invoices: list[InvoiceShape]
    next: Cursor


class InvoiceFact(Shape):
    """One fact of an invoice. `facts` is what it says; its form belongs to the topic."""

    version: int
    position: int
    topic: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    correlation_id: UUID
    facts: dict[str, Any]


class InvoiceHistory(BaseModel):
    """The facts of an invoice in their order."""

    facts: list[InvoiceFact]


class BillNow(BaseModel):
    """The invoices to bill now, whatever their date."""

    model_config = ConfigDict(extra="forbid")
    invoice_ids: list[UUID] = Field(min_length=1, max_length=1000)


class BilledNowShape(Shape):
    """`failed`: billed, and a document could not be made. `refused`: nothing was done."""

    invoice_id: UUID
    outcome: str = Field(examples=["billed", "failed", "refused"])
    reason: str
    detail: str


class BillNowOutcome(BaseModel):
    """One outcome for each invoice, in the order asked. `position` is that of the last fact recorded."""

    outcomes: list[BilledNowShape]
    position: int | None


class ContractShape(Shape):
    """A contract with the terms last agreed."""

    contract_id: UUID
    company_id: UUID
    customer_id: UUID
    customer_name: str | None
    account_id: UUID
    code: str
    signed_on: date
    starts_on: date
    ends_on: date | None
    ended_on: date | None
    instalment_count: int | None
    value_type: str
    variable: bool
    periodicity: str
    due_day: int | None
    payment_method: str
    department: str | None
    terms: dict[str, Any]
    version: int
    stale: Stale

    @computed_field(description="Whether the customer was forgotten: the name is null for good")
    def customer_forgotten(self) -> bool:
        return self.customer_name is None


class PeriodShape(Shape):
    """One period of a contract and its instalment of an invoice as it stands.

    `payable_until` is the last day without charges. `state`: open, partly_paid, paid or cancelled.
    """

    ordinal: int
    attempt: int
    invoice_id: UUID
    competencia: str
    period_from: date
    period_until: date
    generated_due_on: date
    generated_amount: Amount
    released: bool
    situacao: Situacao | None
    instalment: int | None
    due_on: date | None
    payable_until: date | None
    amount: Amount | None
    paid_amount: Amount | None
    open_amount: Amount | None
    state: str | None
    stale: Stale
    boleto_state: str | None
    nosso_numero: str | None
    linha_digitavel: str | None


class ContractWithSchedule(ContractShape):
    """A contract and its periods."""

    schedule: list[PeriodShape]


class Contracts(BaseModel):
    """A page of contracts."""

    contracts: list[ContractShape]
    next: Cursor


class CustomerShape(Shape):
    """A customer. What was forgotten is null."""

    customer_id: UUID
    code: str | None
    kind: str
    name: str | None
    trade_name: str | None
    document: str | None
    collection_email: str | None
    registered_on: date
    version: int
    stale: Stale

    @computed_field(description="Whether the person was forgotten: all that is personal is null for good")
    def forgotten(self) -> bool:
        return self.name is None


class Customers(BaseModel):
    """A page of customers. It may be shorter than asked and not be the last one."""

    customers: list[CustomerShape]
    next: Cursor


class BillingRunShape(Shape):
    """A billing run and how far it has come."""

    run_id: UUID
    mode: str
    status: str
    companies: list[UUID]
    plan_hash: str
    log_position: int
    invoices: int
    amount: Amount
    planned_at: datetime
    confirmed_at: datetime | None
    closed_at: datetime | None
    billed: int
    with_failures: int
    refused: int
    failed: int
    billed_amount: Amount


class BillingRuns(BaseModel):
    """A page of billing runs, latest first."""

    billing_runs: list[BillingRunShape]
    next: Cursor
