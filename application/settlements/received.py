"""What another system tells of a receipt, as the consumer hands it over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from domain.values.payment import PaymentMethod


class SettlementReceived(NamedTuple):
    """Money arrived. `settlement_id` is its id in the system `source`: told twice it is one receipt.

    The debt is named by `invoice_id` (without `instalment`: the first that is open), by `bank_code` and
    `nosso_numero` (where several accounts of the bank number alike: with `agreement`, the convênio, or with
    `account`), or by `linha_digitavel` or `barcode`. Several names must mean one debt. `company` is a code
    or CNPJ, `account` its code; without account the money is in that of the boleto, or of the invoice.
    `credited_on` is when the bank credits it. What is said of the payer is kept only of a receipt that
    nobody can place, under a key of its own.
    """

    source: str
    settlement_id: str
    amount: Decimal
    paid_on: date
    credited_on: date | None = None
    method: PaymentMethod | None = None
    invoice_id: UUID | None = None
    instalment: int | None = None
    bank_code: str | None = None
    nosso_numero: str | None = None
    agreement: str | None = None
    linha_digitavel: str | None = None
    barcode: str | None = None
    company: str | None = None
    account: str | None = None
    payer_name: str | None = None
    payer_document: str | None = None
    payer_text: str | None = None


@dataclass(frozen=True, slots=True)
class SettlementTakenBack:
    """The money of a receipt was taken back, whole; it may be told before the receipt.

    `amount` is compared with the receipt's where it is given. `reason` is kept for ever and names nobody.
    """

    source: str
    settlement_id: str
    reason: str
    reversed_on: date | None = None
    amount: Decimal | None = None


type Incoming = SettlementReceived | SettlementTakenBack
