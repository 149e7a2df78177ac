"""What subscribers are told of a contract: its terms, the periods it generated, and what changed them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from producers.messages.fields import (
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

type Word = Annotated[
    Literal[
        "items",
        "gross_amount",
        "value_type",
        "variable",
        "periodicity",
        "starts_on",
        "ends_on",
        "instalment_count",
        "first_due_on",
        "due_day",
        "adjustment",
        "payment_method",
        "account_id",
        "nfse",
        "late_charges",
        "department",
    ],
    Extensible(),
]


class ContractItem(Part):
    """A product or service of the contract, per period; a discount in % or in amount, never both."""

    service_id: UUID | None
    description: str
    quantity: RateText
    unit_price: MoneyText
    discount_percent: RateText | None
    discount_amount: MoneyText | None


class ContractAdjustment(Part):
    """The index by which the price moves, and how often."""

    index: str
    every_months: PositiveNumber


class ContractTerms(Part):
    """What was agreed. Without `ends_on` and `instalment_count` the contract has no end.

    `value_type` split: the items are worth the whole contract, divided into its instalments; recurring: each
    period. `gross_amount` stands for a contract without items. `due_day` is null where weeks are counted.
    """

    items: tuple[ContractItem, ...]
    gross_amount: MoneyText | None
    value_type: ValueType
    variable: bool
    periodicity: Annotated[
        Literal["weekly", "fortnightly", "monthly", "bimonthly", "quarterly", "half_yearly", "yearly"],
        Extensible(),
    ]
    starts_on: date
    ends_on: date | None
    instalment_count: PositiveNumber | None
    first_due_on: date
    due_day: Annotated[int, Field(ge=1, le=31)] | None
    adjustment: ContractAdjustment | None
    payment_method: PaymentMethod
    account_id: UUID
    nfse: Annotated[Literal["per_instalment", "single", "none"], Extensible()]
    late_charges: LateCharges
    department: str | None


class ContractIndexPoint(Part):
    """One published month of a price index, in per cent."""

    month: MonthText
    percent: RateText


class ContractPayload(Payload):
    """Every message of a contract names it."""

    contract_id: UUID


class ContractSignedMessage(ContractPayload):
    """The contract exists. `code` is its number in the company's own words, unique within the company."""

    code: str
    customer_id: UUID
    terms: ContractTerms


class InstallmentGeneratedMessage(ContractPayload):
    """One period was generated and its invoice was born with it.

    `period_from` and `period_until` are both inclusive. `attempt` counts the period's invoices.
    """

    ordinal: PositiveNumber
    attempt: PositiveNumber
    invoice_id: UUID
    competencia: MonthText
    period_from: date
    period_until: date
    due_on: date
    amount: MoneyText
    value_pending: bool
    forecast: bool


class InstallmentReleasedMessage(ContractPayload):
    """The period's invoice was cancelled and the period may be billed again."""

    ordinal: PositiveNumber
    attempt: PositiveNumber
    invoice_id: UUID
    because: Annotated[Literal["asked", "contract_ended"], Extensible()]


class ContractRevisedMessage(ContractPayload):
    """The terms are these from the period `from_ordinal` on; `changed` names what differs.

    `changed` is empty where only what is not told here changed.
    """

    customer_id: UUID
    effective_on: date
    from_ordinal: PositiveNumber
    changed: tuple[Word, ...]
    terms: ContractTerms


class ContractAdjustedMessage(ContractPayload):
    """The index clause was applied, or could not be.

    `factor` is the exact product of `points`, as text, before a floor or rounding. Outcome `held`: the index
    is not published yet and the periods from `from_ordinal` on wait for it.
    """

    effective_on: date
    from_ordinal: PositiveNumber
    index: str
    points: tuple[ContractIndexPoint, ...]
    factor: Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$")]
    outcome: Annotated[Literal["applied", "floored", "held", "skipped", "last_known"], Extensible()]
    changed: tuple[Word, ...]
    terms: ContractTerms


class ContractExtendedMessage(ContractPayload):
    """The contract goes on: a later end, more instalments in all or, with neither, no end."""

    ends_on: date | None
    instalment_count: PositiveNumber | None


class ContractEndedMessage(ContractPayload):
    """No instalment falls due after `ends_on`."""

    ends_on: date
