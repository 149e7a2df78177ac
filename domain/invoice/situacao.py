"""Situação and its kin: what a row of the listing says of itself, derived and never stored as a fact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.values.payment import DocumentState


class Situacao(StrEnum):
    """F20, F46-F50."""

    PENDING = "pending"
    BILLED = "billed"
    CANCELLED = "cancelled"
    ERROR = "error"
    VALUE_PENDING = "value_pending"


class InstalmentStatus(StrEnum):
    """*Situação Parcela* (F21). As filters these are predicates and several may hold at once (V3)."""

    OVERDUE = "overdue"
    PAID = "paid"
    PARTLY_PAID = "partly_paid"
    DUE = "due"
    UNPAID = "unpaid"


def situacao(
    *, cancelled: bool, value_pending: bool, billed: bool, documents: Iterable[DocumentState]
) -> Situacao:
    """V18, total: any failed document makes Erro, a document that waits does not hold the row back."""
    if cancelled:
        return Situacao.CANCELLED
    if DocumentState.FAILED in documents:
        return Situacao.ERROR
    if value_pending:
        return Situacao.VALUE_PENDING
    return Situacao.BILLED if billed else Situacao.PENDING


@dataclass(frozen=True, slots=True)
class Standing:
    """How one instalment stands: what is still open of its amount, and until when it is not late."""

    amount: Decimal
    open: Decimal
    payable_until: date


def instalment_statuses(instalments: Iterable[Standing], today: date) -> frozenset[InstalmentStatus]:
    """Every predicate of V3 that holds on a São Paulo day, of an invoice that is not cancelled.

    Late means past the day payable without charges (V8). A part received of one instalment counts
    as a payment: the row is then *Parcialmente Pago* and no longer *Sem Pagamento*.
    """
    standings = tuple(instalments)
    some_open = any(each.open > 0 for each in standings)
    some_paid = any(each.open < each.amount for each in standings)
    late = any(each.open > 0 and each.payable_until < today for each in standings)
    holds = {
        InstalmentStatus.OVERDUE: late,
        InstalmentStatus.PAID: not some_open,
        InstalmentStatus.PARTLY_PAID: some_paid and some_open,
        InstalmentStatus.DUE: some_open and not late,
        InstalmentStatus.UNPAID: not some_paid and not late,
    }
    return frozenset(status for status, held in holds.items() if held)


def instalment_badge(statuses: frozenset[InstalmentStatus]) -> InstalmentStatus | None:
    """The one status that the badge shows: the first that holds, in the order of V3."""
    order = (
        InstalmentStatus.OVERDUE,
        InstalmentStatus.PAID,
        InstalmentStatus.PARTLY_PAID,
        InstalmentStatus.DUE,
    )
    return next((status for status in order if status in statuses), None)
