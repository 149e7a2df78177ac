"""Accounts where receipts happen, each of one company (F145-F152)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from application.access import Principal
from application.app import Project
from application.lookups import Key, Lookup, scoped
from application.registry import Done, Registry, Step
from domain.account.account import Account, AccountKind, project
from domain.account.events import BoletoAgreement
from domain.kernel import DomainEvent, Frozen, Rate
from domain.user.roles import Permission


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
