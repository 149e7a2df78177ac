"""Bills one chunk of a confirmed plan in one transaction: all of its good items, once, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Literal
from uuid import UUID

import psycopg
import structlog

from application.app import CommitUnknownError, ConcurrencyError, Context, Lastro
from application.billing import desk, plans
from application.billing.plans import Chunk, Db, ItemResult, PlanItem
from application.clock import Clock, sao_paulo_date
from domain.invoice.events import InvoiceEvent
from domain.kernel import DomainError

log = structlog.get_logger()

MOVED = "moved"
UNEXPECTED = "unexpected"
_RETRIES = 8
_ITEM_ERRORS = (DomainError, psycopg.DataError, ValueError, TypeError)


class _ChunkDoneError(Exception):
    """The chunk was worked off by another worker, or by us before an answer was lost."""


class _ProbeError(Exception):
    """Undoes the transaction in which one item's facts were tried."""


@dataclass(frozen=True, slots=True)
class RunInputs:
    """What every chunk of a run shares, read once per worker."""

    run_id: UUID
    context: Context
    requested_by: Literal["batch", "scheduler"]
    rests: Mapping[UUID, int]
    numbers: Mapping[UUID, int]


@dataclass
class _Work:
    """The items of one chunk, sorted into facts to write and results to tell."""

    facts: dict[int, list[InvoiceEvent]] = field(default_factory=dict)
    results: list[ItemResult] = field(default_factory=list)

    def tell(
        self, item: PlanItem, outcome: plans.ItemOutcome, reason: str, detail: str, stream: UUID | None
    ) -> None:
        self.results.append(ItemResult(item.ordinal, outcome, reason, detail[:500], stream))


def bill_chunk(lastro: Lastro, clock: Clock, run: RunInputs, chunk: Chunk) -> Chunk:
    """Bill what has not moved since the plan; returns the chunk with its tally.

    Repeating it is harmless: a done chunk is left alone. Raises what the database raises; then
    nothing of the chunk was billed, or all of it, and calling again finds out.
    """
    for _ in range(_RETRIES):
        try:
            return _bill(lastro, clock(), run, chunk)
        except (ConcurrencyError, CommitUnknownError):  # an invoice moved meanwhile: look again
            continue
        except _ChunkDoneError:
            return _current(lastro, run.run_id, chunk)
    raise ConcurrencyError(f"chunk {chunk.chunk} of {run.run_id} could not be written")


def _bill(lastro: Lastro, now: datetime, run: RunInputs, chunk: Chunk) -> Chunk:
    with lastro.database.connection() as db:
        items = plans.items(db, run.run_id, chunk.first_ordinal, chunk.last_ordinal)
    work = _decided(lastro, now, run, items)
    try:
        return _written(lastro, run, chunk, items, work)
    except ConcurrencyError:
        raise
    except _ITEM_ERRORS:
        _drop_unsound(lastro, run, items, work)
        return _written(lastro, run, chunk, items, work)


def _decided(lastro: Lastro, now: datetime, run: RunInputs, items: Sequence[PlanItem]) -> _Work:
    loaded = desk.load(lastro, [item.invoice_id for item in items])
    request = desk.Request(run.requested_by, run.run_id, now, sao_paulo_date(now))
    work = _Work()
    for item in items:
        moved = _moved(loaded, run, item)
        if moved is None:
            _decide(loaded, request, run, item, work)
        else:
            work.tell(item, "refused", MOVED, "", moved)
    return work


def _moved(loaded: desk.Loaded, run: RunInputs, item: PlanItem) -> UUID | None:
    """The first stream under the item that has another version than the plan saw."""
    invoice = loaded.invoices.get(item.invoice_id)
    if invoice is None or invoice.version != item.version:
        return item.invoice_id
    if loaded.payers[invoice.customer_id].version != item.customer_version:
        return item.customer_id
    for stream_id, version in loaded.shared_rests(invoice):
        if run.rests.get(stream_id) != version:
            return stream_id
    return None


def _decide(loaded: desk.Loaded, request: desk.Request, run: RunInputs, item: PlanItem, work: _Work) -> None:
    try:
        facts = desk.decide(loaded, loaded.invoices[item.invoice_id], _numbers(run, item), request)
    except DomainError as refusal:
        work.tell(item, "refused", refusal.code, str(refusal), item.invoice_id)
    except Exception as error:
        log.exception("billing_item_failed", invoice_id=str(item.invoice_id), run_id=str(run.run_id))
        work.tell(item, "failed", UNEXPECTED, type(error).__name__, item.invoice_id)
    else:
        work.facts[item.ordinal] = facts
        failure = desk.failure_in(facts)
        if failure is not None:
            work.tell(item, "with_failures", failure.reason, failure.detail, item.invoice_id)


def _numbers(run: RunInputs, item: PlanItem) -> Sequence[int]:
    first = run.numbers.get(item.account_id)
    if first is None:
        return ()
    return range(first + item.number_offset, first + item.number_offset + item.boletos)


def _written(lastro: Lastro, run: RunInputs, chunk: Chunk, items: Sequence[PlanItem], work: _Work) -> Chunk:
    done = _tallied(chunk, items, work)
    also = partial(_finish, run_id=run.run_id, chunk=done, results=work.results)
    facts = [fact for item in items for fact in work.facts.get(item.ordinal, ())]
    if facts:
        lastro.record_batch(run.context, facts, also)
    else:
        with lastro.database.connection() as db:
            also(db)
    return done


def _finish(db: Db, run_id: UUID, chunk: Chunk, results: Sequence[ItemResult]) -> None:
    if not plans.finish_chunk(db, run_id, chunk, results):
        raise _ChunkDoneError


def _tallied(chunk: Chunk, items: Sequence[PlanItem], work: _Work) -> Chunk:
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


def _drop_unsound(lastro: Lastro, run: RunInputs, items: Sequence[PlanItem], work: _Work) -> None:
    """Find the items whose facts the store refuses, by writing each alone and undoing it."""
    for item in items:
        facts = work.facts.get(item.ordinal)
        if facts is None:
            continue
        try:
            lastro.record_batch(run.context, facts, _undo)
        except _ProbeError:
            continue
        except ConcurrencyError:
            raise
        except _ITEM_ERRORS as error:
            log.exception("billing_item_failed", invoice_id=str(item.invoice_id), run_id=str(run.run_id))
            del work.facts[item.ordinal]
            work.results = [result for result in work.results if result.ordinal != item.ordinal]
            work.tell(item, "failed", UNEXPECTED, type(error).__name__, item.invoice_id)


def _undo(_: Db) -> None:
    raise _ProbeError


def _current(lastro: Lastro, run_id: UUID, chunk: Chunk) -> Chunk:
    with lastro.database.connection() as db:
        return plans.chunks(db, run_id)[chunk.chunk - 1]
