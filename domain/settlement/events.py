"""The facts of a receipt (recebimento) told by another system: whose debt it paid, or that nobody knows."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import PositiveInt

from domain.kernel import DomainEvent, Frozen, Money, Personal
from domain.values.payment import PaymentMethod

type Unknown = Literal[
    "nothing_named",
    "invoice_unknown",
    "instalment_unknown",
    "boleto_invalid",
    "boleto_unknown",
    "boleto_ambiguous",
    "contradictory",
    "company_unknown",
    "account_unknown",
    "other_company",
    "value_pending",
]
"""Why nobody knows whose debt a receipt pays:

it names none; what it names is not there; its linha digitável or barcode has a wrong check digit; several
boletos bear its number; two things that it names lead to two debts; the company or account it names is not
there, or is not that of the debt; the debt waits for its definitive value and cannot be paid yet (V10).
"""


class Named(Frozen):
    """What a receipt says of the debt it pays, as it came: nothing of it is proved.

    `agreement` is the convênio, `company` a code or CNPJ, `account` a code within it.
    """

    invoice_id: UUID | None
    instalment: PositiveInt | None
    bank_code: str | None
    nosso_numero: str | None
    agreement: str | None
    linha_digitavel: str | None
    barcode: str | None
    company: str | None
    account: str | None


class PayerSaid(Frozen):
    """What is said of who paid: kept only while nobody knows whose debt it is, to find out."""

    name: str | None
    document: str | None
    text: str | None


class SettlementApplied(DomainEvent):
    """A receipt arrived and paid an instalment.

    Recorded with the invoice's own fact of `payment_id` in one transaction. One receipt of one `source`
    (`reference` is its id there) is one stream for ever. `account_id` is where the money is; `excess` is
    what nothing was owed for, as the invoice's fact says it. `paid_on` is when the customer paid,
    `credited_on` when the bank credits it, where that was told.
    """

    TOPIC: ClassVar[str] = "settlement.applied.v1"
    source: str
    reference: str
    amount: Money
    paid_on: date
    credited_on: date | None
    method: PaymentMethod | None
    named: Named
    payment_id: UUID
    invoice_id: UUID
    instalment: PositiveInt
    customer_id: UUID
    account_id: UUID
    excess: Money
    found_by: Literal["invoice", "boleto"]


class SettlementUnidentified(DomainEvent):
    """A receipt arrived and nobody knows whose debt it pays: it waits for a person or a later boleto.

    `company_id` and `account_id` are None where it does not say which of ours it reached. `payer` is under
    a key of the receipt's own, so that it can be destroyed before anybody knows who it was.
    """

    TOPIC: ClassVar[str] = "settlement.unidentified.v1"
    source: str
    reference: str
    amount: Money
    paid_on: date
    credited_on: date | None
    method: PaymentMethod | None
    named: Named
    account_id: UUID | None
    why: Unknown
    payer: Annotated[PayerSaid | None, Personal()]


class SettlementIdentified(DomainEvent):
    """Now it is known whose debt it is, and the instalment is paid: `payment_id` as in SettlementApplied.

    `by` is a person's choice, or what the receipt named and was not there before.
    """

    TOPIC: ClassVar[str] = "settlement.identified.v1"
    payment_id: UUID
    invoice_id: UUID
    instalment: PositiveInt
    customer_id: UUID
    account_id: UUID
    excess: Money
    by: Literal["person", "invoice", "boleto"]


class SettlementReleased(DomainEvent):
    """It was the wrong debt: the payment is reversed there, and the receipt waits to be identified again."""

    TOPIC: ClassVar[str] = "settlement.released.v1"
    payment_id: UUID
    invoice_id: UUID
    instalment: PositiveInt
    reason: str


class SettlementReversed(DomainEvent):
    """The money was taken back, whole: what it had paid is owed again, in the same transaction.

    It may be told before the receipt itself: then it is the first fact of the stream. `amount` is what the
    teller said of it, where he did; `reversed_on` likewise.
    """

    TOPIC: ClassVar[str] = "settlement.reversed.v1"
    source: str
    reference: str
    amount: Money | None
    reversed_on: date | None
    reason: str


class SettlementVoided(DomainEvent):
    """The receipt arrived after its own reversal: it is known, and pays nothing."""

    TOPIC: ClassVar[str] = "settlement.voided.v1"
    source: str
    reference: str
    amount: Money
    paid_on: date
    credited_on: date | None
    method: PaymentMethod | None
    named: Named
    account_id: UUID | None


SettlementEvent = (
    SettlementApplied
    | SettlementUnidentified
    | SettlementIdentified
    | SettlementReleased
    | SettlementReversed
    | SettlementVoided
)
