"""Reserves nosso números: a range belongs to one command, and what it does not use is a gap."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from application.app import Lastro
from domain.account.account import Account
from domain.account.account import project as project_account
from domain.account.events import BoletoAgreement
from domain.boleto.numbering import BoletoNumbering
from domain.kernel import DomainError
from domain.numbering.events import NumbersReserved
from domain.numbering.numbering import Numbering
from domain.numbering.numbering import project as project_numbering
from domain.values.ids import numbering_id

_KIND: Literal["nosso_numero"] = "nosso_numero"


def reserve(lastro: Lastro, counts: Mapping[UUID, int], now: datetime) -> list[NumbersReserved]:
    """The facts that reserve so many numbers of each account.

    Accounts that cannot number boletos, or have no such count left, are left out: their boletos fail
    one by one, with the reason. Recording may raise ConcurrencyError: reserve again.
    """
    accounts = lastro.load_many(project_account, list(counts))
    ids = {account.id: numbering_of(account) for account in accounts.values() if account.agreement}
    series = lastro.load_many(project_numbering, list(ids.values()))
    reserved = (
        _reserved(account, ids[account.id], series.get(ids[account.id]), counts[account.id], now)
        for account in accounts.values()
        if account.id in ids
    )
    return [fact for fact in reserved if fact is not None]


def numbering_of(account: Account) -> UUID:
    """The stream of the account's present series: a new agreement or carteira starts another."""
    assert account.agreement is not None
    return numbering_id(account.id, _KIND, _series(account.agreement))


def _series(agreement: BoletoAgreement) -> str:
    return "/".join((agreement.bank_code, agreement.portfolio, agreement.agreement or ""))


def _reserved(
    account: Account, id: UUID, numbering: Numbering | None, count: int, now: datetime
) -> NumbersReserved | None:
    assert account.agreement is not None
    assert account.company_id is not None
    try:
        maximum = BoletoNumbering.for_agreement(account.agreement).max_number
        if numbering is not None:
            return numbering.reserve(count, now, maximum=maximum)
        return Numbering.first_use(
            id, account.company_id, _KIND, account.id, _series(account.agreement), count, now, maximum=maximum
        )
    except DomainError:
        return None
