"""The facts of an account where receipts happen: bank, cash, wallet or card."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from domain.kernel import DomainEvent, Frozen, Rate


class BoletoAgreement(Frozen):
    """What a bank needs to number boletos: branch, account, carteira, convênio, variation.

    Digits as text, without punctuation; leading zeros kept.
    """

    bank_code: Annotated[str, Field(pattern=r"^\d{3}$")]
    branch: str
    account_number: str
    account_digit: str | None
    portfolio: str
    agreement: str | None
    variation: str | None


class AccountRegistered(DomainEvent):
    """The account can receive. `code` is its short name in the company's words."""

    TOPIC: ClassVar[str] = "account.registered.v1"
    code: str
    name: str
    kind: Literal["bank", "cash", "wallet", "card"]


class AccountBoletoAgreementSet(DomainEvent):
    """The account issues boletos under this agreement (F146)."""

    TOPIC: ClassVar[str] = "account.boleto_agreement_set.v1"
    agreement: BoletoAgreement


class AccountPixKeySet(DomainEvent):
    """The account receives Pix at this key (F143, F146)."""

    TOPIC: ClassVar[str] = "account.pix_key_set.v1"
    pix_key: str


class AccountLateChargesSet(DomainEvent):
    """Default fine and interest, before the company's (F152)."""

    TOPIC: ClassVar[str] = "account.late_charges_set.v1"
    fine_percent: Rate
    interest_percent_month: Rate


class AccountClosed(DomainEvent):
    """The account takes no new charges."""

    TOPIC: ClassVar[str] = "account.closed.v1"


AccountEvent = (
    AccountRegistered | AccountBoletoAgreementSet | AccountPixKeySet | AccountLateChargesSet | AccountClosed
)
