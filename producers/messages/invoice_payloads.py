"""What subscribers are told of an invoice (fatura), from its birth to its last receipt."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from producers.messages.fields import (
    Document,
    Extensible,
    LateCharges,
    MoneyText,
    MonthText,
    Part,
    Payload,
    PaymentMethod,
    PositiveNumber,
    RateText,
    ValueType,
)

type ChangeReason = Annotated[Literal["asked", "contract_revised", "contract_adjusted"], Extensible()]


class InvoiceInstalment(Part):
    """One due amount of an invoice. `payable_until` is the last day without late charges."""

    number: PositiveNumber
    due_on: date
    payable_until: date
    amount: MoneyText


class LineSource(Part):
    """What a line charges; only the ids of its `type` are there."""

    type: Annotated[Literal["contract_period", "sale_item", "renegotiated_instalment"], Extensible()]
    contract_id: UUID | None = None
    ordinal: PositiveNumber | None = None
    attempt: PositiveNumber | None = None
    sale_id: UUID | None = None
    item: PositiveNumber | None = None
    invoice_id: UUID | None = None
    instalment: PositiveNumber | None = None


class InvoiceLine(Part):
    """One product or service charged: `amount` is quantity x unit price less discount, in cents."""

    number: PositiveNumber
    source: LineSource | None
    service_id: UUID | None
    description: str
    quantity: RateText
    unit_price: MoneyText
    discount: MoneyText
    amount: MoneyText


type Lines = Annotated[tuple[InvoiceLine, ...], Field(min_length=1)]
type Instalments = Annotated[tuple[InvoiceInstalment, ...], Field(min_length=1)]


class InvoicePayload(Payload):
    """Every message of an invoice names it."""

    invoice_id: UUID


class InvoiceOpenedMessage(InvoicePayload):
    """The invoice exists, not billed yet, with its lines, its instalments and the documents it wants.

    `amount` is the sum of the instalments, and of the lines. `value_pending`: the amount waits for its
    definitive value. `forecast`: the next price adjustment will move it.
    """

    customer_id: UUID
    account_id: UUID
    contract_id: UUID | None
    kind: Annotated[Literal["billing", "renegotiation"], Extensible()]
    origin: Annotated[Literal["contract", "sale", "manual", "renegotiation"], Extensible()]
    value_type: ValueType
    payment_method: PaymentMethod
    documents: tuple[Document, ...]
    competencia: MonthText
    department: str | None
    late_charges: LateCharges
    amount: MoneyText
    lines: Lines
    instalments: Instalments
    value_pending: bool
    forecast: bool


class InvoiceLineAddedMessage(InvoicePayload):
    """Sales joined the unbilled invoice: `lines` are the new ones, `instalments` and `amount` all of it."""

    lines: Lines
    instalments: Instalments
    amount: MoneyText


class DefinitiveValueSetMessage(InvoicePayload):
    """The amount of a variable period is known: `lines` and `instalments` replace the former ones."""

    lines: Lines
    instalments: Instalments
    amount: MoneyText


class InstallmentRescheduledMessage(InvoicePayload):
    """One instalment falls due on another day; its amount stays."""

    instalment: PositiveNumber
    was_due_on: date
    due_on: date
    payable_until: date
    reason: ChangeReason


class InstallmentRepricedMessage(InvoicePayload):
    """A revision or an index adjustment of the contract reached the unbilled invoice: `lines` and
    `instalments` replace the former ones, `amount` is the new total."""

    lines: Lines
    instalments: Instalments
    was_amount: MoneyText
    amount: MoneyText
    reason: ChangeReason
    value_pending: bool
    forecast: bool


class InvoicePaymentRevisedMessage(InvoicePayload):
    """Method, account, documents or late charges are these from now on."""

    payment_method: PaymentMethod
    account_id: UUID
    documents: tuple[Document, ...]
    late_charges: LateCharges
    reason: ChangeReason


class BillingRequestedMessage(InvoicePayload):
    """The invoice is being billed: these documents are to be made now. `run_id` names the batch, if one."""

    documents: tuple[Document, ...]
    requested_by: Annotated[Literal["person", "batch", "scheduler"], Extensible()]
    run_id: UUID | None


class BoletoIssuedMessage(InvoicePayload):
    """A boleto was numbered for one instalment. `barcode` has 44 digits, `linha_digitavel` 47 without dots.

    No bank has accepted it yet. Who pays is not told here: it is `customer_id`.
    """

    customer_id: UUID
    account_id: UUID
    instalment: PositiveNumber
    bank_code: Annotated[str, Field(pattern=r"^[0-9]{3}$")]
    portfolio: str
    nosso_numero: str
    nosso_numero_digit: str
    barcode: Annotated[str, Field(pattern=r"^[0-9]{44}$")]
    linha_digitavel: Annotated[str, Field(pattern=r"^[0-9]{47}$")]
    due_on: date
    amount: MoneyText
    late_charges: LateCharges


class BoletoFailedMessage(InvoicePayload):
    """A boleto could not be made; `reason` is a stable code of an open list."""

    instalment: PositiveNumber
    reason: str


class BoletoCancelledMessage(InvoicePayload):
    """The boleto must not be paid any more; the instalment stays owed unless the invoice is cancelled."""

    instalment: PositiveNumber
    nosso_numero: str


class PixChargeFailedMessage(InvoicePayload):
    """A Pix charge could not be made; `reason` is a stable code of an open list."""

    instalment: PositiveNumber
    reason: str


class NfseFailedMessage(InvoicePayload):
    """The nota could not be made; `service_id` is the service to correct, where there is one."""

    reason: str
    service_id: UUID | None


class DocumentsWaivedMessage(InvoicePayload):
    """These documents are no longer wanted; the debt stays."""

    documents: Annotated[tuple[Document, ...], Field(min_length=1)]


class InvoiceBilledMessage(InvoicePayload):
    """The billing ran to its end and no document failed."""

    billed_on: date


class InstallmentPaidMessage(InvoicePayload):
    """Money arrived for one instalment, in full or in part.

    `amount` = `principal` + `fine` + `interest` + `excess`. `discount` is principal forgiven on top.
    `settled_amount` = `principal` + `discount`: so much less is owed. `excess` is a credit of the customer.
    `payment_id` is the receipt's own identity; a reversal names it again.
    """

    instalment: PositiveNumber
    payment_id: UUID
    paid_on: date
    account_id: UUID
    amount: MoneyText
    principal: MoneyText
    fine: MoneyText
    interest: MoneyText
    excess: MoneyText
    discount: MoneyText
    settled_amount: MoneyText
    source: Annotated[Literal["manual", "bank_file", "settlement", "reconciliation"], Extensible()]


class PaymentReversedMessage(InvoicePayload):
    """The receipt was taken back: what it had settled is owed again."""

    instalment: PositiveNumber
    payment_id: UUID


class InvoiceCancelledMessage(InvoicePayload):
    """Nothing of it is owed any more. `frees_period`: its contract period may be billed again."""

    because: Annotated[Literal["asked", "contract_ended"], Extensible()]
    frees_period: bool
