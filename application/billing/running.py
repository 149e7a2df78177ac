"""Works off a confirmed plan: hands chunks to workers, reports each on the run's stream, closes the run.

What a crash leaves behind is found in the working tables: chunks that are not done are billed, chunks
that are done but not reported are reported. Nothing else is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from application.access import Principal
from application.app import ConcurrencyError, Context, Lastro
from application.billing import numbers, plans
from application.billing.chunks import MOVED, RunInputs, bill_chunk
from application.billing.plan_hash import hash_of
from application.billing.plan_rows import Chunk, RunRow
from application.clock import Clock, sao_paulo_date
from application.database import Database
from application.leading import held
from application.stopping import Proceed, go_on
from application.unit_of_work import context_of, retried
from domain.account.account import project as project_account
from domain.billing_run.billing_run import BillingRun, RunNotRunningError, RunState, evolve, project
from domain.billing_run.events import BillingRunEvent, NotBilled
from domain.kernel import DomainError

type Mode = Literal["contractual", "due"]

REQUESTED_BY: dict[Mode, Literal["batch", "scheduler"]] = {"contractual": "batch", "due": "scheduler"}
"""Who asks for a billing, by the mode of the run."""


class PlanAlteredError(DomainError):
    """The plan that is kept is not the one that its hash names: somebody wrote to the database by hand.
    Make a new plan, and find out who."""


class RunBusyError(DomainError):
    """Another process is working this run off. Wait for it, or stop the run first."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come, in items."""

    done: int
    total: int


class ChunkWorkers(Protocol):
    """Who bills chunks, one or several at a time.

    `run` yields each chunk when it is committed, in any order, and takes the next chunk only when a
    worker is free; not asking for more stops it. Raises what a worker raised: the others' chunks are
    committed or not, which the working tables tell.
    """

    def run(self, inputs: RunInputs, chunks: Iterable[Chunk]) -> Iterator[Chunk]: ...


class InThisProcess:
    """One chunk after the other."""

    def __init__(self, lastro: Lastro, clock: Clock) -> None:
        self._lastro = lastro
        self._clock = clock

    def run(self, inputs: RunInputs, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """See `ChunkWorkers.run`."""
        for chunk in chunks:
            yield bill_chunk(self._lastro, self._clock, inputs, chunk)


@contextmanager
def coordinating(database: Database, run_id: UUID) -> Iterator[None]:
    """Be the one coordinator of a run; raises `RunBusyError`."""
    with held(database, "billing run", str(run_id)) as alone:
        if not alone:
            raise RunBusyError(run_id=run_id)
        yield


class Runner:
    """The coordinator of confirmed runs."""

    def __init__(self, lastro: Lastro, clock: Clock, workers: ChunkWorkers) -> None:
        self._lastro = lastro
        self._clock = clock
        self._workers = workers

    def confirm(self, principal: Principal, run: RunRow) -> None:
        """Confirm the plan, reserve its nosso números and cut it into chunks, in one transaction."""

        def record() -> None:
            confirmed = self._state(run).confirm(run.plan_hash, self._clock())
            if hash_of(self._lastro.database, run.run_id, run.planned.filter) != run.plan_hash:
                raise PlanAlteredError(run_id=run.run_id)
            with self._lastro.database.connection() as db:
                counts = plans.boletos_by_account(db, run.run_id)
            accounts = self._lastro.load_many(project_account, counts)
            reserved = numbers.reserve(self._lastro, accounts, counts, self._clock())

            def also(db: plans.Db) -> None:
                plans.open_run(db, run.run_id)
                plans.add_numbers(db, run.run_id, {r.owner_id: (r.first, r.last) for r in reserved})
                plans.add_chunks(db, run.run_id, run.chunk_size)

            self._lastro.record(context_of(principal, run.run_id), *reserved, confirmed, also=also)

        retried(record)

    def resume(self, principal: Principal, run: RunRow) -> None:
        """Let a stopped run go on; one that was killed goes on by itself. Raises for a mere plan."""

        def record() -> None:
            state = self._state(run)
            if state.state is RunState.PLANNED:
                raise RunNotRunningError(state=state.state)
            if state.state is RunState.STOPPED:
                self._lastro.record(context_of(principal, run.run_id), state.resume(self._clock()))

        retried(record)

    def work(
        self,
        principal: Principal,
        run: RunRow,
        progress: Callable[[Progress], None] | None = None,
        proceed: Proceed = go_on,
    ) -> None:
        """Bill the chunks that are left, until none is, somebody stops the run, or `proceed` raises."""
        with self._lastro.database.connection() as db:
            context = context_of(principal, run.run_id, plans.confirmation(db, run.run_id))
            chunks = plans.chunks(db, run.run_id)
            inputs = RunInputs(
                run_id=run.run_id,
                planned_on=sao_paulo_date(run.planned.occurred_at),
                context=context,
                requested_by=REQUESTED_BY[run.planned.mode],
                rests=plans.rests(db, run.run_id),
                numbers=plans.numbers(db, run.run_id),
            )
        report = _Report(self._lastro, self._clock, context, run, progress)
        for chunk in chunks:
            if chunk.done and not chunk.reported:
                report.done(chunk)
        left = _each([chunk for chunk in chunks if not chunk.done], proceed)
        for chunk in self._workers.run(inputs, report.while_running(left)):
            report.done(chunk)
        report.close()

    def _state(self, run: RunRow) -> BillingRun:
        return self._lastro.load(project, run.run_id)


def _each(chunks: Iterable[Chunk], proceed: Proceed) -> Iterator[Chunk]:
    for chunk in chunks:
        proceed()
        yield chunk


class _Report:
    """Writes the run's stream. Only a stop comes from elsewhere, and shows as a conflict here."""

    def __init__(
        self,
        lastro: Lastro,
        clock: Clock,
        context: Context,
        run: RunRow,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self._lastro = lastro
        self._clock = clock
        self._run = run
        self._context = context
        self._progress = progress
        self._state: BillingRun = lastro.load(project, run.run_id)

    def while_running(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """The chunks, until the run is seen to be stopped."""
        for chunk in chunks:
            if self._state.state is not RunState.RUNNING:
                return
            yield chunk

    def done(self, chunk: Chunk) -> None:
        """Account for a chunk on the run's stream, once."""
        not_billed = self._not_billed(chunk)

        def decide(state: BillingRun) -> BillingRunEvent | None:
            return state.chunk_done(
                chunk.chunk,
                billed=chunk.billed,
                with_failures=chunk.with_failures,
                not_billed=not_billed,
                amount=chunk.amount,
                now=self._clock(),
            )

        self._append(decide, lambda db: plans.mark_reported(db, self._run.run_id, chunk.chunk))
        if self._progress is not None:
            self._progress(Progress(self._state.done, self._state.invoices))

    def close(self) -> None:
        """End the run, unless it was stopped."""

        def decide(state: BillingRun) -> BillingRunEvent | None:
            return state.close(self._clock()) if state.state is RunState.RUNNING else None

        self._append(decide, lambda db: plans.close_run(db, self._run.run_id))

    def _not_billed(self, chunk: Chunk) -> list[NotBilled]:
        """The working tables forget one day; what became of each item is told by the chunk's fact."""
        if not chunk.refused and not chunk.failed:
            return []
        with self._lastro.database.connection() as db:
            reports = plans.reports(
                db, self._run.run_id, chunk.first_ordinal - 1, chunk.last_ordinal - chunk.first_ordinal + 1
            )
        return [
            NotBilled(
                invoice_id=each.invoice_id,
                outcome=each.outcome,
                reason=each.reason,
                moved_stream=each.stream_id if each.reason == MOVED else None,
            )
            for each in reports
            if each.outcome != "with_failures" and each.ordinal <= chunk.last_ordinal
        ]

    def _append(
        self, decide: Callable[[BillingRun], BillingRunEvent | None], also: Callable[[plans.Db], None]
    ) -> None:
        def record() -> None:
            try:
                self._record(decide(self._state), also)
            except ConcurrencyError:
                self._state = self._lastro.load(project, self._run.run_id)
                raise

        retried(record)

    def _record(self, fact: BillingRunEvent | None, also: Callable[[plans.Db], None]) -> None:
        if fact is not None:
            self._lastro.record(self._context, fact, also=also)
            self._state = evolve(self._state, fact)
