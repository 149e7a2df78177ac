"""Reserves nosso números: a range belongs to one command, and what it does not use is a gap.

The stream is the bank's own series, whichever accounts and companies share it: two boletos of one
convênio with one number would be one boleto to the bank.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from application.app import Lastro
from domain.account.account import Account
from domain.boleto.numbering import BoletoNumbering
from domain.invoice.billing import FailureReason, Obstacle
from domain.kernel import DomainError
from domain.numbering.events import NumberingAdvanced, NumbersReserved
from domain.numbering.numbering import Numbering, NumbersExhaustedError, evolve, project
from domain.values.ids import numbering_id

ACCOUNT_CLOSED = "account_closed"

_KIND: Literal["nosso_numero"] = "nosso_numero"


def numbering_of(account: Account) -> BoletoNumbering | Obstacle:
    """How an account numbers its boletos, or why it cannot."""
    if account.closed:
        return Obstacle(ACCOUNT_CLOSED, account.code)
    if account.agreement is None:
        return Obstacle(FailureReason.ACCOUNT_WITHOUT_AGREEMENT.value, account.code)
    try:
        return BoletoNumbering.for_agreement(account.agreement)
    except DomainError as error:
        return Obstacle(error.code, f"{account.code}: {error.details.get('field', '')}")


def reserve(
    lastro: Lastro, accounts: Mapping[UUID, Account], counts: Mapping[UUID, int], now: datetime
) -> list[NumbersReserved]:
    """The facts that reserve so many numbers for each account, in the order of their streams.

    `accounts` are the states that the boletos will be numbered under: loaded again, they might have
    another agreement. Accounts that cannot number boletos, or have no such count left, are left out:
    their boletos fail one by one, with the reason. Recording may raise ConcurrencyError: reserve again.
    """
    numberings = {each: numbering_of(accounts[each]) for each in sorted(counts) if each in accounts}
    able = {each: found for each, found in numberings.items() if isinstance(found, BoletoNumbering)}
    streams = lastro.load_last(project, {_stream(each) for each in able.values()})
    facts: list[NumbersReserved] = []
    for account_id, numbering in able.items():
        id = _stream(numbering)
        try:
            fact = _reserved(streams.get(id), numbering, account_id, counts[account_id], now)
        except NumbersExhaustedError:
            continue
        streams[id] = evolve(streams.get(id), fact)
        facts.append(fact)
    return facts


def next_number(lastro: Lastro, numbering: BoletoNumbering) -> int:
    """The number that the next boleto of this series gets."""
    state = _last(lastro, numbering)
    return state.next_number if state else 1


def advanced(
    lastro: Lastro, numbering: BoletoNumbering, account_id: UUID, number: int, now: datetime
) -> NumberingAdvanced | None:
    """The fact that lets the series go on from `number`; None if it does. Raises NextNumberInvalidError."""
    state, maximum = _last(lastro, numbering), numbering.max_number
    if state is not None:
        return state.advance(account_id, number, now, maximum=maximum)
    id = _stream(numbering)
    return Numbering.begin(id, _KIND, numbering.series, account_id, number, now, maximum=maximum)


def _last(lastro: Lastro, numbering: BoletoNumbering) -> Numbering | None:
    id = _stream(numbering)
    return lastro.load_last(project, [id]).get(id)


def _stream(numbering: BoletoNumbering) -> UUID:
    return numbering_id(_KIND, numbering.series)


def _reserved(
    state: Numbering | None, numbering: BoletoNumbering, account_id: UUID, count: int, now: datetime
) -> NumbersReserved:
    if state is not None:
        return state.reserve(account_id, count, now, maximum=numbering.max_number)
    id = _stream(numbering)
    return Numbering.first_use(
        id, _KIND, numbering.series, account_id, count, now, maximum=numbering.max_number
    )
