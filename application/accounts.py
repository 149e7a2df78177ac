"""Accounts where receipts happen, each of one company (F145-F152)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import PositiveInt

from application.access import Principal
from application.app import Project
from application.billing import numbers
from application.lookups import Key, Lookup, scoped
from application.registry import Change, Done, Outcome, Registry, Step
from application.unit_of_work import context_of, retried
from domain.account.account import Account, AccountKind, project
from domain.account.events import BoletoAgreement
from domain.boleto.numbering import BoletoNumbering
from domain.kernel import DomainError, DomainEvent, Frozen, Rate
from domain.user.roles import Permission
from domain.values.payment import PaymentMethod


class AccountForm(Frozen):
    """What a person says of an account. None in an option leaves it as it is."""

    company_id: UUID
    code: str
    name: str
    kind: AccountKind
    agreement: BoletoAgreement | None = None
    pix_key: str | None = None
    fine_percent: Rate | None = None
    interest_percent_month: Rate | None = None
    next_number: PositiveInt | None = None
    """The next nosso número, where another system numbered before; no step back where it is ahead."""


class Accounts(Registry[AccountForm, Account]):
    """Takes KEEP_REGISTRIES in the account's company."""

    KEPT: ClassVar[tuple[str, ...]] = ("name", "kind")

    def set_boleto_agreement(
        self, principal: Principal, account_id: UUID, agreement: BoletoAgreement
    ) -> Done:
        """Issue boletos under this agreement from now on (F146)."""
        return self._set(
            principal, account_id, lambda account: account.set_boleto_agreement(agreement, self._clock())
        )

    def set_pix_key(self, principal: Principal, account_id: UUID, pix_key: str) -> Done:
        """Receive Pix at this key from now on (F143)."""
        return self._set(principal, account_id, lambda account: account.set_pix_key(pix_key, self._clock()))

    def set_late_charges(
        self, principal: Principal, account_id: UUID, fine_percent: Rate, interest_percent_month: Rate
    ) -> Done:
        """Fine and interest that go before the company's in contracts signed from now on (F152)."""
        return self._set(
            principal,
            account_id,
            lambda account: account.set_late_charges(fine_percent, interest_percent_month, self._clock()),
        )

    def close(self, principal: Principal, account_id: UUID) -> Done:
        """Take no new charges."""
        return self._set(principal, account_id, lambda account: account.close(self._clock()))

    def next_number(self, principal: Principal, account_id: UUID) -> int:
        """The nosso número that the account's next boleto gets. Raises as `number_from`."""
        account = self._load(principal, account_id)
        principal.require(Permission.SEE_BILLING, account.company_id)
        return numbers.next_number(self._lastro, _numbering(account))

    def number_from(self, principal: Principal, account_id: UUID, number: int) -> Done:
        """Go on from this nosso número: those below are in use outside (a former system, the bank).

        Holds for every account of the same agreement. Raises NextNumberInvalidError for a number that
        was handed out, AccountUnfitError without an agreement.
        """
        return self._number_from(principal, account_id, number, ahead_is_fine=False)

    def _number_from(
        self, principal: Principal, account_id: UUID, number: int, *, ahead_is_fine: bool
    ) -> Done:
        def command() -> Done:
            account = self._load(principal, account_id)
            principal.require(Permission.KEEP_REGISTRIES, account.company_id)
            numbering = _numbering(account)
            if ahead_is_fine and numbers.next_number(self._lastro, numbering) >= number:
                return Done(account_id, Change.SAME)
            fact = numbers.advanced(self._lastro, numbering, account_id, number, self._clock())
            if fact is None:
                return Done(account_id, Change.SAME)
            return Done(account_id, Change.CORRECTED, self._lastro.record(context_of(principal), fact))

        return retried(command)

    def _attempt(self, principal: Principal, forms: Sequence[AccountForm], *, strict: bool) -> list[Outcome]:
        outcomes = super()._attempt(principal, forms, strict=strict)
        return [
            self._numbered(principal, form, outcome) for form, outcome in zip(forms, outcomes, strict=True)
        ]

    def _numbered(self, principal: Principal, form: AccountForm, outcome: Outcome) -> Outcome:
        """The numbering is another stream, shared by accounts: said again, it is found as it is."""
        if isinstance(outcome, DomainError) or form.next_number is None:
            return outcome
        try:
            done = self._number_from(principal, outcome.id, form.next_number, ahead_is_fine=True)
        except DomainError as refusal:
            return refusal
        change = done.change if outcome.change is Change.SAME else outcome.change
        return Done(outcome.id, change, done.position or outcome.position)

    def find(self, company_id: UUID, code: str) -> UUID | None:
        """The company's account with this code."""
        return self._lookups.find(Lookup.ACCOUNT_CODE, scoped(company_id, code))

    def find_many(self, codes: set[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
        """The accounts with these codes in these companies; unknown ones are left out."""
        return self._lookups.find_scoped(Lookup.ACCOUNT_CODE, codes)

    def _set(self, principal: Principal, account_id: UUID, decide: Step[Account]) -> Done:
        return self._correct(principal, Permission.KEEP_REGISTRIES, account_id, decide)

    def _project(self) -> Project[Account]:
        return project

    def _permit(self, principal: Principal, form: AccountForm) -> None:
        principal.require(Permission.KEEP_REGISTRIES, form.company_id)

    def _keys(self, form: AccountForm) -> list[Key]:
        return [(Lookup.ACCOUNT_CODE, scoped(form.company_id, form.code))]

    def _first_fact(self, id: UUID, form: AccountForm, now: datetime) -> DomainEvent:
        return Account.register(id, form.company_id, form.code, form.name, form.kind, now)

    def _steps(self, form: AccountForm, now: datetime) -> Iterator[Step[Account]]:
        agreement, pix_key = form.agreement, form.pix_key
        fine, interest = form.fine_percent, form.interest_percent_month
        if agreement is not None:
            yield lambda account: account.set_boleto_agreement(agreement, now)
        if pix_key is not None:
            yield lambda account: account.set_pix_key(pix_key, now)
        if fine is not None and interest is not None:
            yield lambda account: account.set_late_charges(fine, interest, now)


def _numbering(account: Account) -> BoletoNumbering:
    account.require_accepts(PaymentMethod.BOLETO)
    assert account.agreement is not None
    return BoletoNumbering.for_agreement(account.agreement)
