"""payments.settlements.v1: money that arrived for our invoices, and money that was taken back."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError

from consumers.contracts.fields import (
    IncomingEnvelope,
    IncomingPayload,
    Name,
    Number,
    PositiveMoney,
    SourceName,
)
from domain.values.payment import PaymentMethod

TOPIC = "payments.settlements.v1"
GROUP = "lastro.settlements"
RECEIVED = "payments.settlement_received.v1"
REVERSED = "payments.settlement_reversed.v1"


class Payer(IncomingPayload):
    """What is said of who paid. Kept, under a key of its own, only while nobody knows whose debt it is."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    document: Name | None = None
    text: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None


class SettlementReceivedMessage(IncomingPayload):
    """Money arrived. `settlement_id` is the receipt's number in the system `source`; the same number again is
    the same receipt, and changes nothing.

    What it pays is named by `invoice_id` (and `instalment`; absent, the first open), by `bank_code` and
    `nosso_numero` (and `agreement`, the convenio, where several share the number), by `linha_digitavel`, or
    by `barcode`. A receipt that names nothing, or nothing that we know, waits for a person, who has `payer`
    to find out. `account_code` is where the money arrived; absent, the account of the invoice. `amount` is
    all the money, late charges included. `paid_on` is when the customer paid, today at the latest,
    `credited_on` when the bank credits it.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "dependentRequired": {
                "bank_code": ["nosso_numero"],
                "nosso_numero": ["bank_code"],
                "agreement": ["nosso_numero"],
                "instalment": ["invoice_id"],
            }
        }
    )

    source: SourceName
    settlement_id: Number
    amount: PositiveMoney
    paid_on: date
    credited_on: date | None = None
    payment_method: PaymentMethod | None = None
    company_code: Name | None = None
    company_cnpj: Name | None = None
    account_code: Name | None = None
    invoice_id: UUID | None = None
    instalment: Annotated[int, Field(ge=1)] | None = None
    bank_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")] | None = None
    nosso_numero: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")] | None = None
    agreement: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")] | None = None
    linha_digitavel: Annotated[str, StringConstraints(pattern=r"^[0-9]{47}$")] | None = None
    barcode: Annotated[str, StringConstraints(pattern=r"^[0-9]{44}$")] | None = None
    payer: Payer | None = None

    @model_validator(mode="after")
    def _names_whole(self) -> Self:
        """A number of a boleto is one only within its bank."""
        if (self.nosso_numero is None) != (self.bank_code is None):
            raise PydanticCustomError("boleto_half_named", "bank_code and nosso_numero belong together")
        if self.agreement is not None and self.nosso_numero is None:
            raise PydanticCustomError("agreement_alone", "agreement is that of a nosso_numero")
        if self.instalment is not None and self.invoice_id is None:
            raise PydanticCustomError("instalment_alone", "instalment is one of an invoice_id")
        return self


class SettlementReversedMessage(IncomingPayload):
    """The receipt was taken back (a cheque returned, a Pix given back). It may come before the receipt,
    which is void then. It is taken back whole: `amount`, where given, is the receipt's. `reason` is kept in
    clear for ever."""

    source: SourceName
    settlement_id: Number
    amount: PositiveMoney | None = None
    reversed_on: date | None = None
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class SettlementReceivedEvent(IncomingEnvelope):
    """The whole message."""

    type: Literal["payments.settlement_received.v1"]
    data: SettlementReceivedMessage


class SettlementReversedEvent(IncomingEnvelope):
    """The whole message."""

    type: Literal["payments.settlement_reversed.v1"]
    data: SettlementReversedMessage


type SettlementEvent = Annotated[
    SettlementReceivedEvent | SettlementReversedEvent, Field(discriminator="type")
]

SETTLEMENT_EVENTS: TypeAdapter[SettlementReceivedEvent | SettlementReversedEvent] = TypeAdapter(
    SettlementEvent
)
"""Reads a message's value with `validate_json`; ValidationError is a poison message."""
