"""The facts of a contract: its terms, the periods it generated, and what changed them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, PositiveInt

from domain.kernel import DomainEvent, Frozen, Money, PersonalText, Rate
from domain.values.competencia import Competencia
from domain.values.payment import DueShift, PaymentMethod, ValueType


class Periodicity(StrEnum):
    """F123. Weekly and fortnightly count days from the first due date (V17), the others months."""

    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"
    BIMONTHLY = "bimonthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    YEARLY = "yearly"


class Item(Frozen):
    """A product or service of the contract (F105-F110); a discount in % or in amount, never both."""

    service_id: UUID | None
    description: str
    quantity: Rate
    unit_price: Money
    discount_percent: Rate | None
    discount_amount: Money | None


class SplitPart(Frozen):
    """One instalment of an uneven split (F130): a percentage or an amount."""

    percent: Rate | None
    amount: Money | None


class AdjustmentClause(Frozen):
    """Index clause (F124-F127, V5, V5b)."""

    index: str
    every_months: PositiveInt
    when_unpublished: Literal["hold", "last_known", "skip"]
    when_negative: Literal["floor", "apply"]
    rounded_percent: bool
    outside_law: bool


class Terms(Frozen):
    """What was agreed. `due_day` is None for weekly and fortnightly contracts (V17).

    `value_type` split: the items' total is the contract's, divided by `split` or evenly (V1, V2).
    `retroactive` says from where past periods are billed (V14). `nfse` says how notas are issued
    (F129, F140). Both `ends_on` and `instalment_count` None: open-ended, with a rolling horizon.
    `gross_amount` is only for a contract without items (F132).
    """

    items: tuple[Item, ...]
    gross_amount: Money | None
    value_type: ValueType
    variable: bool
    periodicity: Periodicity
    starts_on: date
    ends_on: date | None
    instalment_count: PositiveInt | None
    first_due_on: date
    due_day: Annotated[int, Field(ge=1, le=31)] | None
    due_shift: DueShift
    pro_rata_from: date | None
    split: tuple[SplitPart, ...]
    retroactive: Literal["every_period", "from_today", "from_next_month"]
    adjustment: AdjustmentClause | None
    payment_method: PaymentMethod
    account_id: UUID
    nfse: Literal["per_instalment", "single", "none"]
    send_email: bool
    fine_percent: Rate
    interest_percent_month: Rate
    consumer: bool
    competencia_offset_months: int
    department: str | None


class ContractSigned(DomainEvent):
    """The contract exists. `code` is its number in the company's own words, unique per company.

    `adjusts_from`: the day from which the first index adjustment is counted (F104, F127). `notes`
    (F131) are words about the customer, so they are sealed with the customer's key.
    """

    TOPIC: ClassVar[str] = "contract.signed.v1"
    SUBJECT: ClassVar[str] = "customer_id"
    code: str
    customer_id: UUID
    terms: Terms
    notes: PersonalText
    adjusts_from: date


class InstallmentGenerated(DomainEvent):
    """One period was generated and its invoice born in the same transaction (design: Boundaries).

    `invoice_id` = uuid5(contract, ordinal, attempt); the instalments of a *Parcelado* with a single
    nota share that of ordinal 1. `forecast`: beyond the next adjustment (V6).
    `period_from` and `period_until` bound the service period, both inclusive.
    """

    TOPIC: ClassVar[str] = "contract.installment_generated.v1"
    ordinal: PositiveInt
    attempt: PositiveInt
    invoice_id: UUID
    competencia: Competencia
    period_from: date
    period_until: date
    due_on: date
    amount: Money
    value_pending: bool
    forecast: bool


class InstallmentReleased(DomainEvent):
    """The period's invoice was cancelled and the period may be billed again (V19).

    `because` is what led to it: a person who cancelled the invoice, or the contract's end.
    """

    TOPIC: ClassVar[str] = "contract.installment_released.v1"
    ordinal: PositiveInt
    attempt: PositiveInt
    invoice_id: UUID
    because: Literal["asked", "contract_ended"]


class ContractRevised(DomainEvent):
    """Price, method, account, due day or notes changed from a date on (V7).

    `changed` names the fields of `terms` that differ, and `notes` if those did; the period
    `from_ordinal` is the first they reach. `notes` are the new ones, None where they were removed or
    did not change. `adjusts_from`: the day from which the next index adjustment is counted, which a
    new price moves (Lei 10.192/2001 art. 2 par. 2).
    """

    TOPIC: ClassVar[str] = "contract.revised.v1"
    SUBJECT: ClassVar[str] = "customer_id"
    customer_id: UUID
    effective_on: date
    from_ordinal: PositiveInt
    changed: tuple[str, ...] = Field(min_length=1)
    terms: Terms
    notes: PersonalText
    adjusts_from: date


class IndexPoint(Frozen):
    """One published month of a price index, in per cent."""

    month: Competencia
    percent: Rate


class ContractAdjusted(DomainEvent):
    """The index clause was applied, or could not be (V5, V6).

    `factor` is the exact product of `points`, as text: what was measured, before floor or rounding.
    `held`: the index is not published, the periods from `from_ordinal` on wait as *Valor Pendente*.
    `changed` names the fields of `terms` that the factor moved.
    """

    TOPIC: ClassVar[str] = "contract.adjusted.v1"
    effective_on: date
    from_ordinal: PositiveInt
    index: str
    points: tuple[IndexPoint, ...]
    factor: str
    outcome: Literal["applied", "floored", "held", "skipped", "last_known"]
    changed: tuple[str, ...]
    terms: Terms


class ContractExtended(DomainEvent):
    """The contract goes on (F120): a later end, more instalments in all, or, with neither, no end."""

    TOPIC: ClassVar[str] = "contract.extended.v1"
    ends_on: date | None
    instalment_count: PositiveInt | None


class ContractEnded(DomainEvent):
    """No instalment falls due after `ends_on` (F115, F171)."""

    TOPIC: ClassVar[str] = "contract.ended.v1"
    ends_on: date
    reason: str


ContractEvent = (
    ContractSigned
    | InstallmentGenerated
    | InstallmentReleased
    | ContractRevised
    | ContractAdjusted
    | ContractExtended
    | ContractEnded
)
