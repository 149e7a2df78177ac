"""Bills one chunk of a confirmed plan in one transaction: all of its good items, once, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Literal
from uuid import UUID

import structlog

from application.app import CommitUnknownError, ConcurrencyError, Context, Lastro, StoredFact
from application.billing import desk, numbers, plans, prepared
from application.billing.plan_rows import Chunk, DueItem, ItemOutcome, ItemResult, is_altered
from application.billing.plans import Db
from application.billing.sold import SaleRest, Sold, decided_again, rests_of
from application.clock import Clock, sao_paulo_date
from domain.account.account import project as project_account
from domain.boleto.numbering import BoletoNumbering
from domain.invoice.invoice import Invoice
from domain.invoice.invoice import project as project_invoice
from domain.kernel import DomainError

log = structlog.get_logger()

BILLED = "billed"
MOVED = "moved"
UNEXPECTED = "unexpected"
ALTERED = "altered"
_RETRIES = 8


class _ChunkDoneError(Exception):
    """The chunk was worked off by another worker, or by us before an answer was lost."""


@dataclass(frozen=True, slots=True)
class RunInputs:
    """What every chunk of a run shares. `rests` are the registries' versions that the plan saw."""

    run_id: UUID
    planned_on: date
    context: Context
    requested_by: Literal["batch", "scheduler"]
    rests: Mapping[UUID, int]
    numbers: Mapping[UUID, int]


@dataclass
class _Work:
    """The items of one chunk, sorted into facts to write and results to tell."""

    facts: dict[int, list[StoredFact]] = field(default_factory=dict)
    results: list[ItemResult] = field(default_factory=list)

    def tell(self, item: DueItem, outcome: ItemOutcome, reason: str, detail: str, stream: UUID) -> None:
        self.results.append(ItemResult(item.ordinal, outcome, reason, detail[:500], stream))


def bill_chunk(lastro: Lastro, clock: Clock, run: RunInputs, chunk: Chunk) -> Chunk:
    """Bill what has not moved since the plan; returns the chunk with its tally.

    Repeating it is harmless: a done chunk is left alone. Raises what the database raises; then
    nothing of the chunk was billed, or all of it, and calling again finds out.
    """
    for attempt in range(_RETRIES):
        try:
            # Nearly always no invoice has moved: only a conflict is worth a look at each of them.
            return _bill(lastro, clock(), run, chunk, look=attempt > 0)
        except (ConcurrencyError, CommitUnknownError):  # an invoice moved meanwhile: look again
            continue
        except _ChunkDoneError:
            return _current(lastro, run.run_id, chunk)
    raise ConcurrencyError(f"chunk {chunk.chunk} of {run.run_id} could not be written")


def _bill(lastro: Lastro, now: datetime, run: RunInputs, chunk: Chunk, *, look: bool) -> Chunk:
    with lastro.database.connection() as db:
        items = plans.due_items(db, run.run_id, chunk.first_ordinal, chunk.last_ordinal, look=look)
        sold = rests_of(db, run.run_id, chunk.first_ordinal, chunk.last_ordinal)
        at_rest = plans.versions(db, run.rests) == run.rests
    work = _Work()
    unmoved = [
        item
        for item in items
        if not (_altered(item, run, work) or _moved(item, sold.get(item.ordinal, ()), work))
    ]
    numberings = _numberings(lastro, run, unmoved) if at_rest else None
    if numberings is None or sao_paulo_date(now) != run.planned_on:
        _decide_again(lastro, now, run, unmoved, sold, work)
    else:
        _as_planned(now, run, unmoved, numberings, work)
    return _written(lastro, run, chunk, items, work)


def _altered(item: DueItem, run: RunInputs, work: _Work) -> bool:
    """Whether the item is not the one that the confirmed hash covers: then it is not billed."""
    if not is_altered(item):
        return False
    log.error("billing_item_altered", invoice=str(item.invoice_id), run=str(run.run_id))
    work.tell(item, "failed", ALTERED, "", item.invoice_id)
    return True


def _moved(item: DueItem, sold: Sequence[SaleRest], work: _Work) -> bool:
    for sale in sold:
        if sale.now != sale.version:
            work.tell(item, "refused", MOVED, "", sale.sale_id)
            return True
    if item.version == item.invoice_now and item.customer_version == item.customer_now:
        return False
    for stream, planned, current in (
        (item.invoice_id, item.version, item.invoice_now),
        (item.customer_id, item.customer_version, item.customer_now),
    ):
        if planned != current:
            work.tell(item, "refused", MOVED, "", stream)
            return True
    return False


def _numberings(
    lastro: Lastro, run: RunInputs, items: Sequence[DueItem]
) -> dict[UUID, BoletoNumbering] | None:
    """How each account numbers; None if one cannot any more, so that its items are decided again."""
    ids = {item.account_id.int: item.account_id for item in items if item.boletos}
    numberings = {}
    for account in lastro.load_many(project_account, ids.values()).values():
        if account.version != run.rests.get(account.id):  # it moved since the versions were compared
            return None
        numbering = numbers.numbering_of(account)
        if not isinstance(numbering, BoletoNumbering):
            continue
        if account.id not in run.numbers:
            return None
        numberings[account.id] = numbering
    return numberings


def _as_planned(
    now: datetime,
    run: RunInputs,
    items: Sequence[DueItem],
    numberings: Mapping[UUID, BoletoNumbering],
    work: _Work,
) -> None:
    """Every stream is where the plan saw it, and so is the day: what was decided is what is recorded."""
    # By the number of the id, which a dictionary finds far sooner than the id itself.
    companies: dict[int, UUID] = {}
    series = {each.int: (numbering, run.numbers[each]) for each, numbering in numberings.items()}
    for item in items:
        company_id = companies.setdefault(item.company_id.int, item.company_id)
        numbering, first = series.get(item.account_id.int, (None, 0))
        number = first + item.number_offset
        try:
            work.facts[item.ordinal] = prepared.unpack(item, company_id, numbering, number, now)
        except Exception as error:
            _fail(run, item, work, error)
            continue
        if item.expected != BILLED:
            work.tell(item, "with_failures", item.expected, item.expected_detail, item.invoice_id)


def _decide_again(
    lastro: Lastro,
    now: datetime,
    run: RunInputs,
    items: Sequence[DueItem],
    sold: Mapping[int, Sequence[SaleRest]],
    work: _Work,
) -> None:
    again = decided_again(lastro, items, sold, run.rests, now)
    loaded = desk.around(lastro, _invoices(lastro, items, again))
    request = desk.Request(run.requested_by, run.run_id, now, sao_paulo_date(now))
    for item in items:
        found = again.get(item.ordinal)
        stream = found if isinstance(found, UUID) else _moved_rest(loaded, run, item, found)
        if stream is not None:
            work.tell(item, "refused", MOVED, "", stream)
            continue
        _decide(lastro, loaded, request, run, item, found if isinstance(found, Sold) else None, work)


def _invoices(
    lastro: Lastro, items: Sequence[DueItem], again: Mapping[int, Sold | UUID]
) -> Mapping[UUID, Invoice]:
    invoices = lastro.load_many(project_invoice, [item.invoice_id for item in items])
    with_sales = [each.invoice for each in again.values() if isinstance(each, Sold)]
    return {**invoices, **{each.id: each for each in with_sales}}


def _moved_rest(loaded: desk.Loaded, run: RunInputs, item: DueItem, sold: Sold | None) -> UUID | None:
    """The first stream under the item that has another version than the plan saw."""
    invoice = loaded.invoices[item.invoice_id]
    if sold is None and invoice.version != item.version:
        return item.invoice_id
    if loaded.payers[invoice.customer_id].version != item.customer_version:
        return item.customer_id
    shared = loaded.shared_rests(invoice)
    return next((stream for stream, version in shared if run.rests.get(stream) != version), None)


def _decide(
    lastro: Lastro,
    loaded: desk.Loaded,
    request: desk.Request,
    run: RunInputs,
    item: DueItem,
    sold: Sold | None,
    work: _Work,
) -> None:
    try:
        facts = desk.decide(loaded, loaded.invoices[item.invoice_id], _numbers(run, item), request)
        before = sold.before if sold else ()
        work.facts[item.ordinal] = lastro.prepared([*before, *facts])
    except DomainError as refusal:
        work.tell(item, "refused", refusal.code, str(refusal), item.invoice_id)
    except Exception as error:
        _fail(run, item, work, error)
    else:
        failure = desk.failure_in(facts)
        if failure is not None:
            work.tell(item, "with_failures", failure.reason, failure.detail, item.invoice_id)


def _numbers(run: RunInputs, item: DueItem) -> Sequence[int]:
    first = run.numbers.get(item.account_id)
    if first is None:
        return ()
    return range(first + item.number_offset, first + item.number_offset + item.boletos)


def _fail(run: RunInputs, item: DueItem, work: _Work, error: Exception) -> None:
    log.error("billing_item_failed", invoice=str(item.invoice_id), run=str(run.run_id), exc_info=error)
    work.facts.pop(item.ordinal, None)
    work.results = [result for result in work.results if result.ordinal != item.ordinal]
    work.tell(item, "failed", UNEXPECTED, type(error).__name__, item.invoice_id)


def _written(lastro: Lastro, run: RunInputs, chunk: Chunk, items: Sequence[DueItem], work: _Work) -> Chunk:
    done = _tallied(chunk, items, work)
    also = partial(_finish, run_id=run.run_id, chunk=done, items=items, work=work)
    facts = [fact for item in items for fact in work.facts.get(item.ordinal, ())]
    if facts:
        lastro.record_prepared(run.context, facts, also)
    else:
        with lastro.database.connection() as db:
            also(db)
    return done


def _finish(db: Db, run_id: UUID, chunk: Chunk, items: Sequence[DueItem], work: _Work) -> None:
    if not plans.finish_chunk(db, run_id, chunk, work.results):
        raise _ChunkDoneError
    # Facts that were prepared say words that no key may open any more by now; an erasure waits for us here.
    gone = plans.forgotten_payers(db, run_id, chunk.first_ordinal, chunk.last_ordinal)
    if gone:
        billed = [item for item in items if item.ordinal in work.facts and item.customer_id in gone]
        payers = {item.customer_id: item.customer_version for item in billed}
        if plans.versions(db, payers) != payers:
            raise ConcurrencyError("a payer was forgotten meanwhile")


def _tallied(chunk: Chunk, items: Sequence[DueItem], work: _Work) -> Chunk:
    outcomes = [result.outcome for result in work.results]
    with_failures = outcomes.count("with_failures")
    return replace(
        chunk,
        done=True,
        billed=len(work.facts) - with_failures,
        with_failures=with_failures,
        refused=outcomes.count("refused"),
        failed=outcomes.count("failed"),
        amount=sum((item.amount for item in items if item.ordinal in work.facts), Decimal("0.00")),
    )


def _current(lastro: Lastro, run_id: UUID, chunk: Chunk) -> Chunk:
    with lastro.database.connection() as db:
        return plans.chunks(db, run_id)[chunk.chunk - 1]
