"""Automatic billing (F187-F191): adjusts, tops up horizons, bills what is due, catches up on missed days.

Idempotent: a second call finds nothing left. Several schedulers may tick; one of them works.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import UUID

import structlog

from application.access import SYSTEM, Principal
from application.app import Lastro
from application.billing.batch import BillingBatch, PlanSummary
from application.clock import Clock, sao_paulo_date
from application.contracts import Contracts
from application.leading import held
from application.ports import AutomaticCompanies, ReadModelBehindError
from domain.price_index.events import IndexPointCorrected, IndexPointPublished
from domain.user.roles import Permission

log = structlog.get_logger()

_POINTS = (IndexPointPublished.TOPIC, IndexPointCorrected.TOPIC)


class DueBilling:
    """What `lastro bill due` and the scheduler call."""

    def __init__(self, batch: BillingBatch, companies: AutomaticCompanies) -> None:
        self._batch = batch
        self._companies = companies

    def bill_due(
        self, principal: Principal, until: date, companies: Sequence[UUID] | None = None
    ) -> list[PlanSummary]:
        """Bill every open invoice due up to a day, company by company; one summary per company with any.

        Without companies: those with automatic billing switched on (F191). An invoice that would
        only fail as it failed before is left alone until something is corrected.
        """
        chosen = self.automatic(principal) if companies is None else companies
        self.finish(principal)
        runs = (self.bill_company(principal, company, until) for company in chosen)
        return [run for run in runs if run is not None]

    def automatic(self, principal: Principal) -> Sequence[UUID]:
        """The companies with automatic billing switched on."""
        principal.require(Permission.BILL_NOW)
        return self._companies.automatic()

    def finish(self, principal: Principal) -> int:
        """Finish the automatic runs that a crash interrupted; answers how many invoices they billed."""
        return sum(_billed(run) for run in self._batch.resume_due(principal))

    def bill_company(self, principal: Principal, company_id: UUID, until: date) -> PlanSummary | None:
        """`bill_due` for one company; None if nothing is due."""
        plan = self._batch.plan_due(principal, company_id, until)
        return None if plan is None else self._batch.confirm(principal, plan.plan_hash)


def _billed(run: PlanSummary) -> int:
    return run.run.billed + run.run.with_failures


@dataclass(frozen=True, slots=True)
class Tick:
    """How many invoices, periods and adjustments one tick made. `led` False: another process has the lead."""

    led: bool
    billed: int = 0
    topped_up: int = 0
    adjusted: int = 0


class _Waiting:
    """The contracts that wait for an index: looked at again on another day, or once points are published."""

    def __init__(self, lastro: Lastro) -> None:
        self._lastro = lastro
        self._ids: set[UUID] = set()
        self._day: date | None = None
        self._position = 0

    def on(self, today: date) -> frozenset[UUID]:
        """Those that need no look now."""
        position = self._lastro.safe_position()
        if today != self._day or self._lastro.read(self._position, 1, _POINTS):
            self._ids.clear()
        self._day, self._position = today, position
        return frozenset(self._ids)

    def add(self, ids: set[UUID]) -> None:
        """These were looked at."""
        self._ids |= ids


class BillingScheduler:
    """Called again and again by the worker. A tick blocks for as long as its billing takes.

    Raises nothing that concerns one part of its work alone: that is logged, the other parts are done,
    and the tick that follows catches up.
    """

    def __init__(self, lastro: Lastro, clock: Clock, due: DueBilling, contracts: Contracts) -> None:
        self._lastro = lastro
        self._clock = clock
        self._due = due
        self._contracts = contracts
        self._topped_up_on: date | None = None
        self._waiting = _Waiting(lastro)

    def tick(self, principal: Principal = SYSTEM) -> Tick:
        """Adjust what an index clause reaches (F127), once a day top up the horizons (F119), then bill."""
        with held(self._lastro.database, "billing", "scheduler") as led:
            if not led:
                return Tick(led=False)
            today = sao_paulo_date(self._clock())
            adjusted = self._tried(lambda: self._adjust(principal, today), part="adjustments")
            topped_up = self._tried(lambda: self._top_up(principal, today), part="horizons")
            billed = self._tried(lambda: self._due.finish(principal), part="unfinished runs")
            for company_id in self._due.automatic(principal):
                billed += self._tried(partial(self._bill, principal, company_id, today), part=str(company_id))
            return Tick(led=True, billed=billed, topped_up=topped_up, adjusted=adjusted)

    def _adjust(self, principal: Principal, today: date) -> int:
        adjusted = self._contracts.adjust_all(principal, self._waiting.on(today))
        self._waiting.add(adjusted.waiting)
        return adjusted.moved

    def _top_up(self, principal: Principal, today: date) -> int:
        if self._topped_up_on == today:
            return 0
        periods = self._contracts.top_up_all(principal)
        self._topped_up_on = today
        return periods

    def _bill(self, principal: Principal, company_id: UUID, today: date) -> int:
        run = self._due.bill_company(principal, company_id, today)
        return 0 if run is None else _billed(run)

    @staticmethod
    def _tried(work: Callable[[], int], part: str) -> int:
        try:
            return work()
        except ReadModelBehindError:
            log.warning("billing_postponed", part=part, reason="read model behind")
        except Exception:
            log.exception("billing_postponed", part=part)
        return 0
