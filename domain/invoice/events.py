"""The facts of an invoice (fatura), from its birth as Pendente to its last receipt."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, PositiveInt

from domain.kernel import DomainEvent, Frozen, Money, Personal, Rate
from domain.values.competencia import Competencia
from domain.values.payment import Document, PaymentMethod, ValueType


class Instalment(Frozen):
    """One due amount of an invoice. `payable_until` is the last day without charges (V8)."""

    number: PositiveInt
    due_on: date
    payable_until: date
    amount: Money


class ContractPeriod(Frozen):
    """The source of a line: one period of a contract, by its ordinal."""

    contract_id: UUID
    ordinal: PositiveInt
    attempt: PositiveInt


class SaleItem(Frozen):
    """The source of a line: one item of a sale."""

    sale_id: UUID
    item: PositiveInt


class RenegotiatedInstalment(Frozen):
    """The source of a line: one instalment of another invoice, whose debt moved here."""

    invoice_id: UUID
    instalment: PositiveInt


class Line(Frozen):
    """One product or service charged. `amount` = quantity × unit_price − discount, in cents."""

    number: PositiveInt
    source: ContractPeriod | SaleItem | RenegotiatedInstalment | None
    service_id: UUID | None
    description: str
    quantity: Rate
    unit_price: Money
    discount: Money
    amount: Money


class LateCharges(Frozen):
    """Multa, once, and juros per 30-day month, both percentages; as printed on the boleto."""

    fine_percent: Rate
    interest_percent_month: Rate


class Payer(Frozen):
    """Who pays, as the tax documents and the boleto say it (Circular BCB 3.656/2013)."""

    name: str
    document: str | None
    address: str | None


class InvoiceOpened(DomainEvent):
    """The invoice exists, Pendente, with its lines, its instalments and the documents it wants.

    `value_pending`: the amount waits for its definitive value (F50). `forecast`: the due date lies
    beyond the next price adjustment (V6). `calendar` is the version of the bank-day calendar.
    """

    TOPIC: ClassVar[str] = "invoice.opened.v1"
    SUBJECT: ClassVar[str] = "customer_id"
    customer_id: UUID
    account_id: UUID
    kind: Literal["billing", "renegotiation"]
    origin: Literal["contract", "sale", "manual", "renegotiation"]
    contract_id: UUID | None
    value_type: ValueType
    payment_method: PaymentMethod
    documents: tuple[Document, ...]
    competencia: Competencia
    department: str | None
    late_charges: LateCharges
    lines: tuple[Line, ...] = Field(min_length=1)
    instalments: tuple[Instalment, ...] = Field(min_length=1)
    value_pending: bool
    forecast: bool
    calendar: PositiveInt


class InvoiceLineAdded(DomainEvent):
    """A sale joined this pending invoice (V16); the instalments carry the new total."""

    TOPIC: ClassVar[str] = "invoice.line_added.v1"
    lines: tuple[Line, ...] = Field(min_length=1)
    instalments: tuple[Instalment, ...] = Field(min_length=1)


class DefinitiveValueSet(DomainEvent):
    """The real amount of a variable period is known (F113, V10)."""

    TOPIC: ClassVar[str] = "invoice.definitive_value_set.v1"
    lines: tuple[Line, ...] = Field(min_length=1)
    instalments: tuple[Instalment, ...] = Field(min_length=1)


class InstallmentRescheduled(DomainEvent):
    """One instalment falls due on another day; the contract's others do not move (F158).

    `payable_until` was computed by this version of the bank-day calendar.
    """

    TOPIC: ClassVar[str] = "invoice.installment_rescheduled.v1"
    instalment: PositiveInt
    was_due_on: date
    due_on: date
    payable_until: date
    calendar: PositiveInt
    reason: Literal["asked", "contract_revised"]


class InstallmentRepriced(DomainEvent):
    """A revision or an index adjustment of the contract reached this unbilled invoice (V6, V7)."""

    TOPIC: ClassVar[str] = "invoice.installment_repriced.v1"
    lines: tuple[Line, ...] = Field(min_length=1)
    instalments: tuple[Instalment, ...] = Field(min_length=1)
    was_amount: Money
    amount: Money
    reason: Literal["contract_revised", "contract_adjusted"]
    value_pending: bool
    forecast: bool


class InvoicePaymentRevised(DomainEvent):
    """Method, account or charges changed before billing (F144, F147, V7)."""

    TOPIC: ClassVar[str] = "invoice.payment_revised.v1"
    payment_method: PaymentMethod
    account_id: UUID
    documents: tuple[Document, ...]
    late_charges: LateCharges
    reason: Literal["asked", "contract_revised"]


class BillingRequested(DomainEvent):
    """Someone or something asked to bill: the documents to make now, those done left alone (V12)."""

    TOPIC: ClassVar[str] = "invoice.billing_requested.v1"
    documents: tuple[Document, ...]
    requested_by: Literal["person", "batch", "scheduler"]
    run_id: UUID | None


class BoletoIssued(DomainEvent):
    """A boleto was numbered by us: the intent, before any bank knows of it.

    `account_version` is that of the account whose agreement numbered it. `barcode` has 44 digits,
    `linha_digitavel` 47 without dots. `payer` is the snapshot that tax and banking law make us keep,
    under the customer's fiscal key.
    """

    TOPIC: ClassVar[str] = "invoice.boleto_issued.v1"
    SUBJECT: ClassVar[str] = "customer_id"
    customer_id: UUID
    account_id: UUID
    account_version: PositiveInt
    instalment: PositiveInt
    bank_code: Annotated[str, Field(pattern=r"^\d{3}$")]
    portfolio: str
    nosso_numero: str
    nosso_numero_digit: str
    barcode: Annotated[str, Field(pattern=r"^\d{44}$")]
    linha_digitavel: Annotated[str, Field(pattern=r"^\d{47}$")]
    due_on: date
    amount: Money
    late_charges: LateCharges
    payer: Annotated[Payer | None, Personal("fiscal")]


class BoletoFailed(DomainEvent):
    """A boleto could not be made. `reason` is a stable code, `detail` names what to correct."""

    TOPIC: ClassVar[str] = "invoice.boleto_failed.v1"
    instalment: PositiveInt
    reason: str
    detail: str


class BoletoCancelled(DomainEvent):
    """The boleto is no longer valid; the instalment stays owed (F87)."""

    TOPIC: ClassVar[str] = "invoice.boleto_cancelled.v1"
    instalment: PositiveInt
    nosso_numero: str
    reason: str


class PixChargeFailed(DomainEvent):
    """A Pix charge could not be asked for. `reason` and `detail` as in BoletoFailed."""

    TOPIC: ClassVar[str] = "invoice.pix_charge_failed.v1"
    instalment: PositiveInt
    reason: str
    detail: str


class NfseFailed(DomainEvent):
    """The nota could not be asked for or was refused. `reason` is a stable code.

    `service_id` names the registry entry to correct, where there is one.
    """

    TOPIC: ClassVar[str] = "invoice.nfse_failed.v1"
    reason: str
    detail: str
    service_id: UUID | None


class DocumentsWaived(DomainEvent):
    """*Não gerar*: these documents are no longer wanted (F76-F80)."""

    TOPIC: ClassVar[str] = "invoice.documents_waived.v1"
    documents: tuple[Document, ...] = Field(min_length=1)


class InvoiceBilled(DomainEvent):
    """The billing ran to its end and no document of ours failed (V18)."""

    TOPIC: ClassVar[str] = "invoice.billed.v1"
    billed_on: date


class InstallmentPaid(DomainEvent):
    """Money arrived for one instalment, in full or in part (V3), with its share of charges (V8).

    `amount` = `principal` + `fine` + `interest` + `excess`. `discount` is forgiven principal on top
    of it. `excess` is what nothing was owed for: a credit of the customer, to be returned or used.
    `payment_id` is the receipt's own identity: the same receipt twice is one fact. `source` says how
    we know of it; `on_principal`, that the principal was served before the charges.
    """

    TOPIC: ClassVar[str] = "invoice.installment_paid.v1"
    instalment: PositiveInt
    payment_id: UUID
    paid_on: date
    account_id: UUID
    amount: Money
    principal: Money
    fine: Money
    interest: Money
    excess: Money
    discount: Money
    source: Literal["manual", "bank_file", "settlement", "reconciliation"]
    on_principal: bool


class PaymentReversed(DomainEvent):
    """A receipt was taken back: the amount is owed again."""

    TOPIC: ClassVar[str] = "invoice.payment_reversed.v1"
    instalment: PositiveInt
    payment_id: UUID
    reason: str


class InvoiceCancelled(DomainEvent):
    """No longer owed. `frees_period`: its contract period may be billed again (V19).

    `because` is what led to it, `reason` what a person wrote.
    """

    TOPIC: ClassVar[str] = "invoice.cancelled.v1"
    because: Literal["asked", "contract_ended"]
    reason: str
    frees_period: bool


InvoiceEvent = (
    InvoiceOpened
    | InvoiceLineAdded
    | DefinitiveValueSet
    | InstallmentRescheduled
    | InstallmentRepriced
    | InvoicePaymentRevised
    | BillingRequested
    | BoletoIssued
    | BoletoFailed
    | BoletoCancelled
    | PixChargeFailed
    | NfseFailed
    | DocumentsWaived
    | InvoiceBilled
    | InstallmentPaid
    | PaymentReversed
    | InvoiceCancelled
)
