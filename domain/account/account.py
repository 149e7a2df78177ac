"""Account: where receipts happen; it accepts the payment methods that it can serve (F146)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal, assert_never
from uuid import UUID

from domain.account.events import (
    AccountBoletoAgreementSet,
    AccountClosed,
    AccountEvent,
    AccountLateChargesSet,
    AccountPixKeySet,
    AccountRegistered,
    BoletoAgreement,
)
from domain.boleto.numbering import BoletoNumbering
from domain.kernel import Aggregate, DomainError, Rate, first, projector
from domain.values.late_rates import check_default_rates
from domain.values.payment import PaymentMethod
from domain.values.pix_key import parse_pix_key
from domain.values.text import CODE_LENGTH, required_text

type AccountKind = Literal["bank", "cash", "wallet", "card"]

_WITH_PIX = frozenset({"bank", "wallet"})


class Misfit(StrEnum):
    """Why an account cannot take a payment method; a stable code that `web/` words."""

    CLOSED = "account_closed"
    NOT_A_BANK = "account_not_a_bank"
    WITHOUT_AGREEMENT = "account_without_agreement"
    WITHOUT_PIX_KEY = "account_without_pix_key"


def misfit(
    method: PaymentMethod, *, closed: bool, is_bank: bool, has_agreement: bool, has_pix_key: bool
) -> Misfit | None:
    """Why such an account cannot take this method, None if it can (F143, F146)."""
    if closed:
        return Misfit.CLOSED
    if method is PaymentMethod.BOLETO and not has_agreement:
        return Misfit.WITHOUT_AGREEMENT if is_bank else Misfit.NOT_A_BANK
    if method is PaymentMethod.PIX and not has_pix_key:
        return Misfit.WITHOUT_PIX_KEY
    return None


class AccountClosedError(DomainError):
    """The account is closed. Choose another account."""


class AccountUnfitError(DomainError):
    """The account cannot take this payment method. Choose another account or method, or give the
    account what is missing. Details: `method`, and `reason` (a `Misfit`)."""


class BoletoAccountNotBankError(DomainError):
    """Only a bank account has a boleto agreement (carteira, convênio). Register the bank account."""


class PixAccountUnfitError(DomainError):
    """Only a bank account or a wallet has a Pix key. Register the account at the institution."""


class Account(Aggregate):
    """An account of one company. `fine_percent` and `interest_percent_month` are None until set."""

    code: str
    name: str
    kind: AccountKind
    agreement: BoletoAgreement | None = None
    pix_key: str | None = None
    fine_percent: Rate | None = None
    interest_percent_month: Rate | None = None
    closed: bool = False

    @staticmethod
    def register(
        id: UUID, company_id: UUID, code: str, name: str, kind: AccountKind, now: datetime
    ) -> AccountRegistered:
        """A new account of a company, which takes no boleto and no Pix yet."""
        return AccountRegistered(
            **first(id, now, company_id),
            code=required_text(code, "code", CODE_LENGTH),
            name=required_text(name, "name"),
            kind=kind,
        )

    def set_boleto_agreement(
        self, agreement: BoletoAgreement, now: datetime
    ) -> AccountBoletoAgreementSet | None:
        """Issue boletos under this agreement from now on.

        Raises BoletoAgreementInvalidError, with the field, for one that could not number a boleto.
        """
        self._require_open()
        if self.kind != "bank":
            raise BoletoAccountNotBankError(kind=self.kind)
        if agreement == self.agreement:
            return None
        BoletoNumbering.for_agreement(agreement)
        return AccountBoletoAgreementSet(**self.following(now), agreement=agreement)

    def set_pix_key(self, pix_key: str, now: datetime) -> AccountPixKeySet | None:
        """Receive Pix at this key, of any of the five kinds, from now on."""
        self._require_open()
        if self.kind not in _WITH_PIX:
            raise PixAccountUnfitError(kind=self.kind)
        key = parse_pix_key(pix_key).value
        if key == self.pix_key:
            return None
        return AccountPixKeySet(**self.following(now), pix_key=key)

    def set_late_charges(
        self, fine_percent: Decimal, interest_percent_month: Decimal, now: datetime
    ) -> AccountLateChargesSet | None:
        """Fine and monthly interest, in per cent, that go before the company's (F152)."""
        self._require_open()
        check_default_rates(fine_percent, interest_percent_month)
        if (fine_percent, interest_percent_month) == (self.fine_percent, self.interest_percent_month):
            return None
        return AccountLateChargesSet(
            **self.following(now),
            fine_percent=fine_percent,
            interest_percent_month=interest_percent_month,
        )

    def close(self, now: datetime) -> AccountClosed | None:
        """Take no new charges. What was charged already can still be paid into it."""
        return None if self.closed else AccountClosed(**self.following(now))

    def misfit(self, method: PaymentMethod) -> Misfit | None:
        """Why the account cannot take this method, None if it can (F146).

        Methods that make no document (F143) fit any account that is open.
        """
        return misfit(
            method,
            closed=self.closed,
            is_bank=self.kind == "bank",
            has_agreement=self.agreement is not None,
            has_pix_key=self.pix_key is not None,
        )

    def accepts(self, method: PaymentMethod) -> bool:
        """Whether the account can take this method; `misfit` says why not."""
        return self.misfit(method) is None

    def require_accepts(self, method: PaymentMethod) -> None:
        """Raise AccountUnfitError with the reason, unless the account can take this method."""
        reason = self.misfit(method)
        if reason is not None:
            raise AccountUnfitError(f"{method}: {reason}", method=method.value, reason=reason.value)

    def _require_open(self) -> None:
        if self.closed:
            raise AccountClosedError


def evolve(account: Account | None, event: AccountEvent) -> Account:
    """The state one fact later."""
    if isinstance(event, AccountRegistered):
        return _registered(event)
    assert account is not None
    match event:
        case AccountBoletoAgreementSet():
            return account.moved(event, agreement=event.agreement)
        case AccountPixKeySet():
            return account.moved(event, pix_key=event.pix_key)
        case AccountLateChargesSet():
            return account.moved(
                event,
                fine_percent=event.fine_percent,
                interest_percent_month=event.interest_percent_month,
            )
        case AccountClosed():
            return account.moved(event, closed=True)
        case _:
            assert_never(event)


def _registered(event: AccountRegistered) -> Account:
    return Account(
        id=event.originator_id,
        version=event.originator_version,
        company_id=event.company_id,
        code=event.code,
        name=event.name,
        kind=event.kind,
    )


project = projector(evolve)
