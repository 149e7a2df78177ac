"""*Faturar agora*: bills given invoices at once, with an outcome for each (F90-F93)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Literal
from uuid import UUID

import structlog

from application.access import Principal
from application.app import ConcurrencyError, Context, Lastro, NotFoundError
from application.billing import desk, numbers
from application.clock import Clock, sao_paulo_date
from application.unit_of_work import context_of, retried
from domain.account.account import Account
from domain.invoice.events import InvoiceEvent
from domain.invoice.invoice import Invoice
from domain.kernel import DomainError
from domain.user.roles import Permission

log = structlog.get_logger()

UNEXPECTED = "unexpected"
_PAGE = 500


@dataclass(frozen=True, slots=True)
class BilledNow:
    """What became of one invoice. `failed`: it was billed and a document failed; `refused`: nothing was done.

    `reason` is a stable code, of a failure or of a refusal; `position` is what a page waits for.
    """

    invoice_id: UUID
    outcome: Literal["billed", "failed", "refused"]
    reason: str = ""
    detail: str = ""
    position: int | None = None


def bill_now(
    lastro: Lastro, clock: Clock, principal: Principal, invoice_ids: Sequence[UUID]
) -> list[BilledNow]:
    """See `Invoices.bill_now`. Some hundreds of invoices a transaction."""
    distinct = list(dict.fromkeys(invoice_ids))
    outcomes: dict[UUID, BilledNow] = {}
    for page in batched(distinct, _PAGE):
        outcomes |= {each.invoice_id: each for each in _bill_page(lastro, clock, principal, page)}
    return [outcomes[invoice_id] for invoice_id in invoice_ids]


def _bill_page(lastro: Lastro, clock: Clock, principal: Principal, page: Sequence[UUID]) -> list[BilledNow]:
    try:
        return retried(lambda: _attempt(lastro, clock, principal, page))
    except ConcurrencyError as conflict:
        return [BilledNow(each, "refused", conflict.code, str(conflict)) for each in page]


def _attempt(lastro: Lastro, clock: Clock, principal: Principal, page: Sequence[UUID]) -> list[BilledNow]:
    now = clock()
    request = desk.Request("person", None, now, sao_paulo_date(now))
    loaded = desk.load(lastro, page)
    allowed = {each.id: each for each in loaded.invoices.values() if _refusal(principal, each) is None}
    context = context_of(principal)
    stock = _Numbers(lastro, clock, context, allowed, loaded.accounts)
    facts: list[InvoiceEvent] = []
    outcomes: list[BilledNow] = []
    for invoice_id in page:
        outcome, decided = _decide(loaded, principal, invoice_id, stock, request)
        outcomes.append(outcome)
        facts += decided
    position = lastro.record_batch(context, facts) if facts else None
    return [_placed(outcome, position) for outcome in outcomes]


class _Numbers:
    """Numbers for the invoices of one attempt, reserved in a transaction of their own (gaps are allowed)."""

    def __init__(
        self,
        lastro: Lastro,
        clock: Clock,
        context: Context,
        invoices: Mapping[UUID, Invoice],
        accounts: Mapping[UUID, Account],
    ) -> None:
        counts: Counter[UUID] = Counter()
        for invoice in invoices.values():
            counts[invoice.account_id] += len(invoice.boletos_needed())
        self._left = retried(lambda: _reserved(lastro, clock, context, accounts, +counts))

    def take(self, invoice: Invoice) -> list[int]:
        """As many as the invoice needs, or as there are."""
        left = self._left.get(invoice.account_id, iter(()))
        return [number for _, number in zip(invoice.boletos_needed(), left, strict=False)]


def _reserved(
    lastro: Lastro,
    clock: Clock,
    context: Context,
    accounts: Mapping[UUID, Account],
    counts: Mapping[UUID, int],
) -> dict[UUID, Iterator[int]]:
    reserved = numbers.reserve(lastro, accounts, counts, clock()) if counts else []
    if reserved:
        lastro.record(context, *reserved)
    return {fact.owner_id: iter(range(fact.first, fact.last + 1)) for fact in reserved}


def _refusal(principal: Principal, invoice: Invoice) -> DomainError | None:
    try:
        principal.require(Permission.BILL_NOW, invoice.company_id)
    except DomainError as refusal:
        return refusal
    return None


def _decide(
    loaded: desk.Loaded, principal: Principal, invoice_id: UUID, stock: _Numbers, request: desk.Request
) -> tuple[BilledNow, list[InvoiceEvent]]:
    invoice = loaded.invoices.get(invoice_id)
    if invoice is None:
        return BilledNow(invoice_id, "refused", "not_found"), []
    refusal = _refusal(principal, invoice)
    if refusal is not None:
        # What is out of sight is told in the very words of what does not exist.
        detail = "" if isinstance(refusal, NotFoundError) else str(refusal)
        return BilledNow(invoice_id, "refused", refusal.code, detail), []
    try:
        facts = desk.decide(loaded, invoice, stock.take(invoice), request)
    except DomainError as refused:
        return BilledNow(invoice_id, "refused", refused.code, str(refused)), []
    except Exception:  # one unsound item never fails the others of the same click
        log.exception("billing_item_failed", invoice=str(invoice_id))
        return BilledNow(invoice_id, "refused", UNEXPECTED), []
    failure = desk.failure_in(facts)
    if failure is None:
        return BilledNow(invoice_id, "billed"), facts
    return BilledNow(invoice_id, "failed", failure.reason, failure.detail), facts


def _placed(outcome: BilledNow, position: int | None) -> BilledNow:
    if outcome.outcome == "refused":
        return outcome
    return BilledNow(outcome.invoice_id, outcome.outcome, outcome.reason, outcome.detail, position)
